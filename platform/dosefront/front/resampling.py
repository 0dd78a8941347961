"""What else might have been found with other patients of the same kind: fronts resampled."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError
from dosefront.front.dominance import nondominated
from dosefront.front.intervals import resamples


def resampled_values(
    returns: Float[np.ndarray, "points patients objectives"], *, seed: int = 0
) -> Iterator[Float[np.ndarray, "points objectives"]]:
    """Value vectors of all points on each resample of the patients.

    Every point sees the same patients in a resample, so what patients share cancels between points.
    """
    points, patients, objectives = returns.shape
    if patients == 0:
        raise FrontError("resampling needs patients; got none. Judge the policies on a cohort.")
    columns = np.moveaxis(returns, 1, 0).reshape(patients, points * objectives)
    for counts in resamples(patients, seed):
        yield from (counts @ columns / patients).reshape(len(counts), points, objectives)


def probability_nondominated(
    returns: Float[np.ndarray, "points patients objectives"], *, seed: int = 0
) -> Float[np.ndarray, " points"]:
    """Share of the resamples in which no other point dominates each point."""
    shares: Float[np.ndarray, " points"] = np.mean(
        [nondominated(values) for values in resampled_values(returns, seed=seed)], axis=0
    )
    return shares
