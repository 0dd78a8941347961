"""Twins: environments that treat the same patients with the same noise, so that luck cancels."""

import numpy as np
from jaxtyping import Float, Int


def beyond_twins(
    advantages: Float[np.ndarray, "rows channels"], occasions: Int[np.ndarray, " rows"]
) -> Float[np.ndarray, "rows channels"]:
    """Each advantage less the mean of the twins' on the same occasion.

    Most of an advantage is the patient's luck, which twins share. What the others did says nothing
    about one's own action, so subtracting it leaves the expected policy gradient unchanged. A row
    without twins stays as it is.
    """
    _, occasion, counts = np.unique(occasions, return_inverse=True, return_counts=True)
    twins = counts[occasion] - 1
    sums = np.stack([np.bincount(occasion, weights=channel) for channel in advantages.T], axis=1)
    return advantages - (sums[occasion] - advantages) / np.maximum(twins, 1)[:, None]
