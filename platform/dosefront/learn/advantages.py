"""Generalised advantage estimation. Schulman et al. (2016), arXiv:1506.02438."""

import numpy as np
from jaxtyping import Float

from dosefront.learn.fragment import Fragment


def generalised_advantages(
    fragment: Fragment,
    values: Float[np.ndarray, "envs instants channels"],
    *,
    discount: float,
    gae_lambda: float,
) -> Float[np.ndarray, "envs steps channels"]:
    """Exponentially weighted sum of temporal-difference errors, cut where a course ends.

    ``A_t = d_t + discount * gae_lambda * A_{t+1}`` with
    ``d_t = r_t + discount * V(s_{t+1}) - V(s_t)``, channel by channel; a terminated course has no
    value after it, a truncated one has that of its last observation. Entries of resetting steps
    mean nothing.
    """
    goes_on = (1.0 - fragment.terminated)[..., None]
    same_course = (1.0 - (fragment.terminated | fragment.truncated))[..., None]
    errors = fragment.rewards + discount * values[:, 1:] * goes_on - values[:, :-1]
    advantages = np.zeros_like(errors)
    following = np.zeros_like(errors[:, 0])
    for step in reversed(range(errors.shape[1])):
        following = errors[:, step] + discount * gae_lambda * same_course[:, step] * following
        advantages[:, step] = following
    return advantages
