"""Pareto dominance between value vectors, every objective maximised."""

import moocore
import numpy as np
from jaxtyping import Bool, Float, Int

from dosefront.errors import FrontError


def dominates(
    first: Float[np.ndarray, " objectives"], second: Float[np.ndarray, " objectives"]
) -> bool:
    """Whether `first` is nowhere worse than `second` and somewhere better.

    >>> dominates(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    True
    """
    return bool(np.all(first >= second) and np.any(first > second))


def nondominated(values: Float[np.ndarray, "points objectives"]) -> Bool[np.ndarray, " points"]:
    """Which points no other point dominates; equal points are all kept.

    >>> nondominated(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]])).tolist()
    [True, True, False]
    """
    if not np.all(np.isfinite(values)):
        raise FrontError(
            "value vectors must be finite to be compared; got NaN or infinity. "
            "Leave the failed policies out."
        )
    mask: Bool[np.ndarray, " points"] = moocore.is_nondominated(
        values, maximise=True, keep_weakly=True
    )
    return mask


def ranks(values: Float[np.ndarray, "points objectives"]) -> Int[np.ndarray, " points"]:
    """Layer of each point: 0 nondominated, 1 so without the first layer, and so on.

    Goldberg (1989); the sorting of Deb et al. (2002), doi:10.1109/4235.996017.

    >>> ranks(np.array([[1.0, 1.0], [0.0, 2.0], [0.5, 0.5]])).tolist()
    [0, 0, 1]
    """
    layers: Int[np.ndarray, " points"] = moocore.pareto_rank(values, maximise=True)
    return layers


def share_dominated(
    points: Float[np.ndarray, "points objectives"],
    comparators: Float[np.ndarray, "comparators objectives"],
) -> float:
    """Share of the comparators that at least one point dominates; 0 without comparators."""
    if len(comparators) == 0:
        return 0.0
    return sum(
        any(dominates(point, comparator) for point in points) for comparator in comparators
    ) / len(comparators)
