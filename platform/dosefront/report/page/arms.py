"""The arms that the page can show in full: policies on the front, and conventional care."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from dosefront.evaluate import CourseRecords
from dosefront.records import PatientResults


@dataclass(frozen=True)
class Arm:
    """A policy or a comparator, and what became of every held-out patient under it."""

    id: str
    title: str
    colour: str
    """The same in every figure, as CSS."""
    results: PatientResults | None
    """None where the run holds none."""
    courses: CourseRecords | None
    """None where the environment's episodes are not courses of treatment."""


@dataclass(frozen=True)
class Arms:
    """All arms of a page, and whom they are read against."""

    shown: tuple[Arm, ...]
    reference: Arm | None
    """Conventional care; None where the environment offers none."""
    subgroups: Mapping[str, Bool[np.ndarray, " patients"]]
    """Which patients belong to which group."""

    @property
    def with_courses(self) -> tuple[tuple[Arm, CourseRecords], ...]:
        """The arms whose courses are known."""
        return tuple((arm, arm.courses) for arm in self.shown if arm.courses is not None)
