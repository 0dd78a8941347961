"""Hypervolume of value vectors, normalised to the objectives' reference box."""

from collections.abc import Sequence

import moocore
import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError
from dosefront.front.objective import Objective


def normalise(
    values: Float[np.ndarray, "points objectives"], objectives: Sequence[Objective]
) -> Float[np.ndarray, "points objectives"]:
    """Values on the scale where each objective's reference is 0 and its ideal is 1.

    Values outside the box lie below 0 or above 1.
    """
    reference = np.array([each.maximised(each.reference) for each in objectives])
    if values.shape[1:] != (len(objectives),) or not np.all(np.isfinite(values)):
        raise FrontError(
            f"value vectors must hold one finite number for each of {len(objectives)} objectives; "
            f"got shape {values.shape}, {int(np.sum(~np.isfinite(values)))} not finite. "
            "Leave the failed policies out."
        )
    normalised: Float[np.ndarray, "points objectives"] = (values - reference) / extents(objectives)
    return normalised


def extents(objectives: Sequence[Objective]) -> Float[np.ndarray, " objectives"]:
    """How far each objective's ideal lies from its reference, in its own unit."""
    return np.array([abs(each.ideal - each.reference) for each in objectives])


def hypervolume(
    values: Float[np.ndarray, "points objectives"], objectives: Sequence[Objective]
) -> float:
    """Hypervolume between the reference point and the values, as a share of the box.

    Points beyond the reference count zero. A point at the ideal alone gives 1; it exceeds 1 only
    where points exceed the ideal.
    """
    normalised = normalise(values, objectives)
    inside = normalised[np.all(normalised > 0.0, axis=1)]
    return float(moocore.hypervolume(inside, ref=np.zeros(len(objectives)), maximise=True))


def contributions(
    values: Float[np.ndarray, "points objectives"], objectives: Sequence[Objective]
) -> Float[np.ndarray, " points"]:
    """Hypervolume that each point alone adds, as a share of the box."""
    inside = np.maximum(normalise(values, objectives), 0.0)
    added: Float[np.ndarray, " points"] = moocore.hv_contributions(
        inside, ref=np.zeros(len(objectives)), maximise=True, ignore_dominated=False
    )
    return added


def points_beyond_reference(
    values: Float[np.ndarray, "points objectives"], objectives: Sequence[Objective]
) -> int:
    """How many points are worse than the reference in some objective; their hypervolume is zero."""
    return int(np.sum(np.any(normalise(values, objectives) < 0.0, axis=1)))
