"""What a batch of actions must be."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Shaped

ROUNDING = 1e-6
"""Beyond the bounds of continuous actions, for what single precision makes of them."""


def checked_actions(actions: Any, space: gym.Space[Any]) -> Shaped[np.ndarray, "patients ..."]:
    """Actions as an array of integers or floats.

    Raises:
        ValueError: not one action a patient, or not in the space.
    """
    found = np.asarray(actions)
    if isinstance(space, gym.spaces.Box):
        low, high = float(space.low.min()), float(space.high.max())
        asked, kinds = "finite numbers", "fiu"
    else:
        low, high = 0.0, float(np.max(getattr(space, "nvec", 1))) - 1.0
        asked, kinds = "integers", "iu"
    if found.shape != space.shape or found.dtype.kind not in kinds:
        raise ValueError(
            f"actions must be {asked} of shape {space.shape}; got {found.dtype} of shape "
            f"{found.shape}. Give each patient one action."
        )
    valid = (found >= low - ROUNDING) & (found <= high + ROUNDING)
    if not valid.all():
        raise ValueError(
            f"actions must be {asked} from {low:g} to {high:g}; got {found[~valid][0]:g}. "
            "Choose within the action space."
        )
    return found.astype(np.float64 if "f" in kinds else np.int64)
