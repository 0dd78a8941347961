"""The clipped surrogate objective of PPO. Schulman et al. (2017), arXiv:1707.06347."""

import torch
from jaxtyping import Float
from torch import Tensor


def clipped_surrogate(
    log_ratio: Float[Tensor, " rows"], advantages: Float[Tensor, " rows"], *, clip: float
) -> Float[Tensor, " rows"]:
    """``min(ratio * A, clamp(ratio, 1 - clip, 1 + clip) * A)``, to be maximised (eq. 7).

    ``log_ratio`` is the log probability of an action now less that when it was taken.
    """
    ratio = log_ratio.exp()
    return torch.minimum(ratio * advantages, ratio.clamp(1.0 - clip, 1.0 + clip) * advantages)
