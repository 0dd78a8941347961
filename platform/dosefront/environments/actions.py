"""Actions as learners give them, counted from 0, and as an environment takes them."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from jaxtyping import Bool

from dosefront.errors import UsageError

TAKEN = (Discrete, MultiDiscrete, Box)


def action_space(space: gymnasium.Space[Any]) -> gymnasium.Space[Any]:
    """The space of actions that are counted from 0.

    Raises:
        UsageError: of another kind.
    """
    match space:
        case Discrete():
            return Discrete(int(space.n))
        case MultiDiscrete():
            return MultiDiscrete(space.nvec)
        case Box():
            return space
    raise UsageError(
        f"actions must be {', '.join(each.__name__ for each in TAKEN)}; found {space}. Wrap the "
        "environment so that it takes one of them."
    )


def taken_action(space: gymnasium.Space[Any], action: Any) -> Any:
    """An action counted from 0, as an environment with this space takes it."""
    match space:
        case Discrete():
            return int(space.start) + int(action)
        case MultiDiscrete():
            return np.asarray(space.start + action, space.dtype)
    return np.asarray(action, space.dtype)


def first_action(space: gymnasium.Space[Any], mask: Bool[np.ndarray, " actions"] | None) -> Any:
    """The first permitted action, counted from 0; the middle of a Box, or its finite end."""
    match space:
        case Discrete():
            return 0 if mask is None else int(mask.argmax())
        case MultiDiscrete():
            if mask is None:
                return np.zeros_like(space.nvec)
            parts = np.split(mask, np.cumsum(space.nvec.ravel())[:-1])
            return np.array([part.argmax() for part in parts]).reshape(space.nvec.shape)
        case Box():
            return np.clip(0.0, space.low, space.high)
    raise UsageError(f"no first action in {space}. Name one of {TAKEN}.")


def number_of_choices(space: gymnasium.Space[Any]) -> int | None:
    """How many entries a mask has: over all dimensions; None where actions are numbers."""
    match space:
        case Discrete():
            return int(space.n)
        case MultiDiscrete():
            return int(space.nvec.sum())
    return None
