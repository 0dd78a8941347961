"""What the axes of the front may show and what readers may limit: objectives and endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from dosefront.front import Estimate, Objective
from dosefront.records import FrontSummary
from dosefront.report.plane import Point, axis_title, points_of

ENDPOINTS: Final[Mapping[str, Literal["maximise", "minimise"]]] = {
    "confirmed response": "maximise",
    "progression-free days": "maximise",
    "serious adverse event": "minimise",
    "death by toxicity": "minimise",
}
"""Endpoints that clinics decide by, and which way is better."""
RATES: Final = frozenset(ENDPOINTS) - {"progression-free days"}


@dataclass(frozen=True)
class Quantity:
    """Something that every policy and every comparator has an estimate of."""

    name: str
    title: str
    """Of an axis: name, unit, and which way is better."""
    sense: Literal["maximise", "minimise"]
    is_rate: bool
    """Shown in per cent."""
    box: tuple[float, float] | None
    """Reference and ideal value, of an objective."""

    def of(self, point: Point, objectives: tuple[Objective, ...]) -> Estimate:
        """The point's estimate."""
        names = [objective.name for objective in objectives]
        return (
            point.value_vector[names.index(self.name)] if self.box else point.endpoints[self.name]
        )


def quantities(summary: FrontSummary) -> tuple[Quantity, ...]:
    """The objectives, then the endpoints that every point has."""
    shared = [
        name for name in ENDPOINTS if all(name in point.endpoints for point in points_of(summary))
    ]
    return (
        *(
            Quantity(each.name, axis_title(each), each.sense, False, (each.reference, each.ideal))
            for each in summary.objectives
        ),
        *(_endpoint(name) for name in shared),
    )


def _endpoint(name: str) -> Quantity:
    sense = ENDPOINTS[name]
    unit = " [% of patients]" if name in RATES else ""
    better = "higher" if sense == "maximise" else "lower"
    return Quantity(name, f"{name}{unit}, {better} is better", sense, name in RATES, None)
