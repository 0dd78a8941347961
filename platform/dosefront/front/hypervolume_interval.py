"""How far a front's hypervolume might move with other patients."""

from collections.abc import Sequence
from typing import Final

import moocore
import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError
from dosefront.front.dominance import nondominated
from dosefront.front.hypervolume import extents, hypervolume, normalise
from dosefront.front.intervals import Estimate, mean_interval
from dosefront.front.objective import Objective

STEP: Final = 1e-4
"""By which a mean is moved to see what the hypervolume gains, as a share of the box."""


def hypervolume_interval(
    returns: Float[np.ndarray, "points patients objectives"], objectives: Sequence[Objective]
) -> Estimate:
    """The hypervolume of the points' means with its 95 % interval over patients.

    The points are given, chosen on other patients: choosing them on these would flatter the front.
    """
    return mean_interval(patients_shares(returns, objectives))


def patients_shares(
    returns: Float[np.ndarray, "points patients objectives"], objectives: Sequence[Objective]
) -> Float[np.ndarray, " patients"]:
    """Each patient's share in the hypervolume of the points' means, to first order.

    ``HV + sum_pk dHV/dv_pk (x_ipk - v_pk)``: their mean is the hypervolume, and their spread what
    other patients would have made of it, what policies share included. Hampel (1974),
    doi:10.1080/01621459.1974.10482962. So hypervolumes are compared as means are.
    """
    if returns.shape[1] == 0:
        raise FrontError("an interval over patients needs patients; got none. Judge on a cohort.")
    means = returns.mean(axis=1)
    slopes = _slopes(normalise(means, objectives)) / extents(objectives)
    deviations = np.einsum("pnk,pk->n", returns - means[:, None], slopes)
    return hypervolume(means, objectives) + deviations


def _slopes(
    values: Float[np.ndarray, "points objectives"],
) -> Float[np.ndarray, "points objectives"]:
    """What the hypervolume above nought gains with each value; nothing for a dominated point."""
    slopes = np.zeros_like(values)
    counts = np.flatnonzero(np.all(values > 0.0, axis=1))
    counts = counts[nondominated(values[counts])]
    front = values[counts]

    def moved(point: int, objective: int, by: float) -> float:
        other = front.copy()
        other[point, objective] += by
        return float(moocore.hypervolume(other, ref=np.zeros(other.shape[1]), maximise=True))

    for (point, objective), value in np.ndenumerate(front):
        step = min(STEP, value)
        gain = moved(point, objective, step) - moved(point, objective, -step)
        slopes[counts[point], objective] = gain / (2.0 * step)
    return slopes
