"""The plane that both pictures show: the second objective across, the first upwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from dosefront.front import Objective, nondominated
from dosefront.records import ComparatorPoint, FrontPoint, FrontSummary

Point = FrontPoint | ComparatorPoint

DISCLAIMER: Final = "In silico, for research use only; not for patient care."
MARGIN: Final = 0.06
"""Room around the points, as a share of their extent."""


@dataclass(frozen=True)
class Plane:
    """Axes in clinical units, and how far they reach."""

    x: Objective
    y: Objective
    left: float
    bottom: float
    right: float
    top: float


def plane_of(summary: FrontSummary) -> Plane:
    """The plane that holds every point with its intervals."""
    y, x = summary.objectives[:2]
    boxes = np.array([box(point) for point in points_of(summary)])
    lows, highs = boxes.min(axis=0)[:2], boxes.max(axis=0)[2:]
    margins = MARGIN * np.where(highs > lows, highs - lows, 1.0)
    (left, bottom), (right, top) = (lows - margins).tolist(), (highs + margins).tolist()
    return Plane(x, y, left, bottom, right, top)


def points_of(summary: FrontSummary) -> tuple[Point, ...]:
    """The policies, then the comparators."""
    return (*summary.points, *summary.comparators)


def box(point: Point) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the point's intervals."""
    y, x = point.value_vector[:2]
    return x.low, y.low, x.high, y.high


def attained_corners(points: Sequence[FrontPoint], plane: Plane) -> Float[np.ndarray, "corners 2"]:
    """The staircase over everything that the front dominates, from one edge to the other.

    The front is chosen on other patients, so that a policy on it may lie under the staircase here.
    """
    values = np.array(
        [
            [plane.x.maximised(across.value), plane.y.maximised(upwards.value)]
            for upwards, across in (point.value_vector[:2] for point in points if point.on_front)
        ]
    )
    steps = values[nondominated(values)]
    steps = steps[np.argsort(steps[:, 0])]  # and so the heights descend
    worst_x = min(plane.x.maximised(plane.left), plane.x.maximised(plane.right))
    worst_y = min(plane.y.maximised(plane.bottom), plane.y.maximised(plane.top))
    across = np.repeat([worst_x, *steps[:, 0]], 2)[1:]
    upwards = np.repeat([*steps[:, 1], worst_y], 2)[:-1]
    return np.stack([plane.x.clinical(across), plane.y.clinical(upwards)], axis=1)


def axis_title(objective: Objective) -> str:
    """Name, unit and direction of an axis."""
    better = "higher" if objective.sense == "maximise" else "lower"
    return f"{objective.title}, {better} is better"


def hypervolume_sentence(summary: FrontSummary) -> str:
    """The front's hypervolume, and conventional care's where the environment offers it."""
    ours = f"hypervolume {summary.hypervolume:.3f} of the reference box"
    if not summary.comparators:
        return ours
    return f"{ours}; conventional care {summary.comparators_hypervolume:.3f}"
