"""Courses made by hand, whose figures can be worked out on paper."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dosefront.evaluate import CourseRecords

TERMS = ("neutropenia", "diarrhoea", "mucositis")


def _made(patients: int = 4, weeks: int = 6, **fields: Any) -> CourseRecords:
    """Courses of two drugs in which nothing happens, but for the ``fields`` given."""
    of_week = {
        "due": bool,
        "cycle": np.int16,
        "neutrophils": np.float32,
        "platelets": np.float32,
        "size": np.float32,
        "scanned": np.float32,
        "on_treatment": bool,
        "grade": np.int16,
    }
    of_patient = {
        "regimen": np.int16,
        "confirmed": bool,
        "best_change": np.float32,
        "weeks_on_treatment": np.int16,
        "weeks_followed": np.int16,
        "progression_week": np.int16,
        "death_week": np.int16,
        "refusals": np.int16,
        "delays": np.int16,
    }
    empty = CourseRecords(
        drugs=("docetaxel", "cisplatin"),
        terms=TERMS,
        fractions=np.zeros((patients, weeks, 2), np.float32),
        worst_grades=np.zeros((patients, len(TERMS)), np.int16),
        **{name: np.zeros((patients, weeks), kind) for name, kind in of_week.items()},
        **{name: np.zeros(patients, kind) for name, kind in of_patient.items()},
    )
    typed = {
        name: np.asarray(values, getattr(empty, name).dtype) for name, values in fields.items()
    }
    return replace(empty, **typed)


@pytest.fixture(scope="session")
def made_courses() -> Callable[..., CourseRecords]:
    """Makes courses of two drugs in which nothing happens, but for the fields given."""
    return _made
