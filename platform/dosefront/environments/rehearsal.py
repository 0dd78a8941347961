"""One reset and one step, to see what an environment pays and tells."""

from dataclasses import dataclass
from typing import Any, Literal

import gymnasium
import numpy as np
from jaxtyping import Bool

from dosefront.environments.actions import first_action, number_of_choices, taken_action
from dosefront.environments.observations import flat_observation, observation_box
from dosefront.errors import UsageError

MaskSource = Literal["method", "info"]
MASK = "action_mask"
"""Key of ``info`` that holds which actions are permitted."""


@dataclass(frozen=True)
class Rehearsal:
    """What a step showed."""

    rewards: int
    """Numbers in its reward; a scalar is one."""
    info: tuple[str, ...]
    """Keys of its info."""
    masks: MaskSource | None
    """Where permitted actions are told: by a method `action_masks()`, by `info`, or nowhere."""


def rehearse(env: gymnasium.Env[Any, Any], name: str) -> Rehearsal:
    """Reset the environment and take its first permitted action.

    Raises:
        UsageError: it raised, or its observation or mask is not what its spaces say.
    """
    try:
        observation, info = env.reset(seed=0)
        source = _mask_source(env, info)
        mask = None if source is None else action_mask(env, info, source)
        action = first_action(env.action_space, mask)
        _, reward, _, _, info = env.step(taken_action(env.action_space, action))
        seen = flat_observation(env.observation_space, observation)
    except Exception as error:  # a stranger's step may raise anything
        raise UsageError(
            f"{name} must reset and step; reset(seed=0) and its first action raised "
            f"{type(error).__name__}: {str(error).rstrip('.')}. Mend it, or correct its options."
        ) from error
    expected = observation_box(env.observation_space).shape
    if seen.shape != expected:
        raise UsageError(
            f"{name} must observe what its space says, {expected[0]} numbers when flattened; "
            f"reset gave {seen.size}. Mend the environment."
        )
    return Rehearsal(np.asarray(reward).size, tuple(info), source)


def action_mask(
    env: gymnasium.Env[Any, Any], info: dict[str, Any], source: MaskSource
) -> Bool[np.ndarray, " choices"]:
    """Which actions are permitted now; for several dimensions one after the other."""
    told = env.get_wrapper_attr("action_masks")() if source == "method" else info[MASK]
    mask = np.asarray(told, bool).ravel()
    choices = number_of_choices(env.action_space)
    if mask.size != choices:
        raise UsageError(
            f"a mask must hold one entry for each choice ({choices}); got {mask.size}. "
            "Mend the environment."
        )
    return mask


def _mask_source(env: gymnasium.Env[Any, Any], info: dict[str, Any]) -> MaskSource | None:
    if number_of_choices(env.action_space) is None:
        return None
    if env.has_wrapper_attr("action_masks"):
        return "method"
    return "info" if MASK in info else None
