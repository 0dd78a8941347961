"""Any observation as a vector of float32."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.spaces.utils import flatten, flatten_space
from jaxtyping import Float32

from dosefront.errors import UsageError


def observation_box(space: gymnasium.Space[Any]) -> Box:
    """The space of flat observations: numbers as they are, one of n choices as n zeros and a one.

    Raises:
        UsageError: observations of varying size.
    """
    try:
        flat: gymnasium.Space[Any] = flatten_space(space)
    except NotImplementedError:
        flat = space
    if not isinstance(flat, Box) or len(flat.shape) != 1:
        raise UsageError(
            f"observations must be of one size to be flattened; found {space}. Box, Discrete, "
            "MultiDiscrete, MultiBinary, and Dict and Tuple of them are taken: wrap the others."
        )
    low, high = (np.asarray(bound, np.float32) for bound in (flat.low, flat.high))
    return Box(low, high, flat.shape, np.float32)


def flat_observation(
    space: gymnasium.Space[Any], observation: Any
) -> Float32[np.ndarray, " features"]:
    """An observation as the space of flat observations has it."""
    if isinstance(space, Box):  # flatten() would look up the kind of space at every step
        return np.asarray(observation, np.float32).ravel()
    return np.asarray(flatten(space, observation), np.float32)
