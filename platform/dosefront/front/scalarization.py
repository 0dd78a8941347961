"""Scalarization: (value vector, preference) to a number."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from dosefront.front.objective import Objective


def linear(
    values: Float[np.ndarray, "*points objectives"], weights: Float[np.ndarray, " objectives"]
) -> Float[np.ndarray, "*points"]:
    """The weighted sum of each value vector."""
    sums: Float[np.ndarray, "*points"] = values @ weights
    return sums


def linear_weights_per_unit(
    objectives: Sequence[Objective], weights: Sequence[float]
) -> Float[np.ndarray, " objectives"]:
    """Weights for values in their own units that weigh the objectives on the reference box's scale.

    `linear` with these differs from `linear` on normalised values by a constant only, so it ranks
    policies equally and can be paid out step by step.
    """
    extents = [abs(each.ideal - each.reference) for each in objectives]
    return np.divide(weights, extents)
