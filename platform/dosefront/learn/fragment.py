"""What the learner sees of one sampling: a stretch of steps of every environment, as columns."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int, Shaped


class Fragment(NamedTuple):
    """Steps of each environment, and one observation more than steps: the one after the last."""

    observations: Float32[np.ndarray, "envs instants features"]
    actions: Shaped[np.ndarray, "envs steps ..."]
    rewards: Float32[np.ndarray, "envs steps channels"]
    """One channel for each objective, or one alone: the scalarized reward."""
    mixes: Float32[np.ndarray, "envs steps channels"]
    """What each channel's advantage counts: the preference, or 1 where there is one channel."""
    terminated: Bool[np.ndarray, "envs steps"]
    truncated: Bool[np.ndarray, "envs steps"]
    decided: Bool[np.ndarray, "envs steps"]
    """False in the step that resets a finished course: its action is ignored, its reward zero."""
    occasions: Int[np.ndarray, "envs steps"]
    """Equal where twins decide on the same patient, in the same course, the same number of steps
    into it; unique otherwise."""


def joined(fragments: list[Fragment]) -> Fragment:
    """The environments of several samplers in one fragment."""
    return Fragment(*(np.concatenate(column) for column in zip(*fragments, strict=True)))
