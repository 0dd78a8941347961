"""The plane that both pictures show: the second objective across, the first upwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from dosefront.front import Objective, nondominated
from dosefront.records import AlgorithmHypervolume, ComparatorPoint, FrontPoint, FrontSummary

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


def point_title(point: Point) -> str:
    """What readers see of a policy or a comparator."""
    if isinstance(point, ComparatorPoint):
        return point.title
    return f"{point.algorithm} {point.preference} s{point.seed}"


def box(point: Point) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the point's intervals."""
    y, x = point.value_vector[:2]
    return x.low, y.low, x.high, y.high


def attained_corners(points: Sequence[FrontPoint], plane: Plane) -> Float[np.ndarray, "corners 2"]:
    """The staircase over everything that the front dominates, from one edge to the other.

    The front is chosen on other patients, so that a policy on it may lie under the staircase here.
    """
    vectors = [point.value_vector[:2] for point in points if point.on_front]
    return staircase(
        np.array([[across.value, upwards.value] for upwards, across in vectors]), plane
    )


def staircase(
    points: Float[np.ndarray, "points 2"], plane: Plane
) -> Float[np.ndarray, "corners 2"]:
    """The edge of everything that points dominate, from one edge of the plane to the other.

    Both are in clinical units, across and upwards.
    """
    values = np.stack([plane.x.maximised(points[:, 0]), plane.y.maximised(points[:, 1])], axis=1)
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
    """What each algorithm reaches with a seed, conventional care, and all of them together.

    All together comes last: it equals the luckiest seed and says little of what to expect.
    """
    reached = [_reached(each, summary) for each in summary.hypervolume_by_algorithm]
    parts = [f"hypervolume as a share of the reference box: {', '.join(reached)}"]
    if summary.comparators:
        parts.append(f"conventional care {summary.comparators_hypervolume:.3f}")
    if len(summary.hypervolume_per_seed) > 1:
        ends = _ends(summary.hypervolume_low, summary.hypervolume_high)
        parts.append(f"all policies together {summary.hypervolume:.3f}{ends}")
    return "; ".join(parts)


def _reached(algorithm: AlgorithmHypervolume, summary: FrontSummary) -> str:
    """Its interval is over seeds; with one seed there is none, and it is over patients."""
    low, high, over = algorithm.low, algorithm.high, f"{algorithm.seeds} seeds"
    if algorithm.seeds == 1:
        (own,) = (
            each for each in summary.hypervolume_per_seed if each.algorithm == algorithm.algorithm
        )
        low, high = own.low, own.high
        over = "1 seed" if low is None else "1 seed, interval over patients"
    return f"{algorithm.algorithm} {algorithm.interquartile_mean:.3f}{_ends(low, high)} ({over})"


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
