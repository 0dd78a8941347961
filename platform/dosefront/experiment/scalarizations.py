"""How a preference turns objectives into one number, as an experiment writes it."""

import itertools
from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dosefront.experiment.values import Number, Positive, Section, Text
from dosefront.front import AUGMENTATION

Preference = tuple[dict[str, Any], tuple[float, ...] | None]
"""A scalarization of a trial, and its weights; None stands for the weights of the experiment."""


class LinearSection(Section):
    """The weighted sum."""

    name: Literal["linear"] = "linear"

    def preferences(self, objectives: tuple[str, ...]) -> Iterator[Preference]:
        """One, for all the experiment's weights."""
        yield self.model_dump(), None


class ChebyshevSection(Section):
    """The distance from the ideal; it reaches what no weighted sum does."""

    name: Literal["chebyshev"]
    rho: Positive = AUGMENTATION
    """What is added of the plain sum."""

    def preferences(self, objectives: tuple[str, ...]) -> Iterator[Preference]:
        """One, for all the experiment's weights."""
        yield self.model_dump(), None


def _listed(bounds: Any) -> Any:
    """A mapping whose plain numbers stand for lists of one."""
    if not isinstance(bounds, dict):
        return bounds
    return {
        name: [bound] if isinstance(bound, int | float) else bound for name, bound in bounds.items()
    }


Bounds = Annotated[
    dict[Text, Annotated[tuple[Number, ...], Field(min_length=1)]],
    Field(min_length=1),
    BeforeValidator(_listed),
]
"""By objective, one bound or several, in clinical units; each combination is a trial."""


class BoundedSection(Section):
    """One objective, as good as it can be while others keep to bounds."""

    maximise: Text

    def preferences(self, objectives: tuple[str, ...]) -> Iterator[Preference]:
        """One for each combination of bounds."""
        written = self.model_dump()
        (place,) = written.keys() - {"name", "maximise"}
        weights = tuple(float(self.maximise == each) for each in objectives)
        for chosen in itertools.product(*self.bounds.values()):
            yield {**written, place: dict(zip(self.bounds, chosen, strict=True))}, weights

    @property
    @abstractmethod
    def bounds(self) -> dict[str, tuple[float, ...]]:
        """The bounds of each objective that has any."""


class EpsilonConstraintSection(BoundedSection):
    """Bounds on the mean over patients."""

    name: Literal["epsilon-constraint"]
    limits: Bounds

    @property
    def bounds(self) -> dict[str, tuple[float, ...]]:
        """The limits."""
        return self.limits


class LexicographicSection(BoundedSection):
    """Bounds in each course, the first in rank first."""

    name: Literal["lexicographic"]
    thresholds: Bounds

    @property
    def bounds(self) -> dict[str, tuple[float, ...]]:
        """The thresholds."""
        return self.thresholds


ScalarizationSection = Annotated[
    LinearSection | ChebyshevSection | EpsilonConstraintSection | LexicographicSection,
    Field(discriminator="name"),
]
