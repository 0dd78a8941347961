"""Policies that do not look at the patient: constant actions, chance, and one switch in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import gymnasium as gym
import numpy as np

Action = np.ndarray[Any, np.dtype[Any]]


class AuditPolicy(Protocol):
    """Anything that gives a batch of actions."""

    @property
    def label(self) -> str:
        """What reports call it."""
        ...

    def actions(
        self, step: int, observations: Any, *, slots: int, generator: np.random.Generator
    ) -> Action:
        """One action for each slot at this step of the episode."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same action at every step."""

    label: str
    action: Action

    def actions(
        self, step: int, observations: Any, *, slots: int, generator: np.random.Generator
    ) -> Action:
        """The action, for each slot."""
        return np.repeat(self.action[None], slots, axis=0)


@dataclass(frozen=True)
class Switch:
    """One constant action for a while, then another for good."""

    first: Constant
    then: Constant
    after: int
    """Steps of the first action."""
    label: str = field(init=False)

    def __post_init__(self) -> None:
        label = f"{self.first.label} for {self.after} steps, then {self.then.label}"
        object.__setattr__(self, "label", label)

    def actions(
        self, step: int, observations: Any, *, slots: int, generator: np.random.Generator
    ) -> Action:
        """The action of this step, for each slot."""
        now = self.first if step < self.after else self.then
        return now.actions(step, observations, slots=slots, generator=generator)


@dataclass(frozen=True)
class Chance:
    """A uniformly random action at every step."""

    space: gym.Space[Any]
    label: str = "random"

    def actions(
        self, step: int, observations: Any, *, slots: int, generator: np.random.Generator
    ) -> Action:
        """Independent draws for each slot."""
        match self.space:
            case gym.spaces.Discrete():
                first, count = int(self.space.start), int(self.space.n)
                return generator.integers(first, first + count, size=slots)
            case gym.spaces.Box():
                low, high = finite_bounds(self.space)
                drawn = generator.uniform(low, high, (slots, *self.space.shape))
                return drawn.astype(self.space.dtype)
            case _:
                sizes = axis_sizes(self.space)
                return generator.integers(sizes, size=(slots, *sizes.shape))


@dataclass(frozen=True)
class Watching:
    """A policy of the environment's own, which looks at the observations."""

    label: str
    policy: Any

    def actions(
        self, step: int, observations: Any, *, slots: int, generator: np.random.Generator
    ) -> Action:
        """The policy's own actions."""
        return np.asarray(self.policy.actions(observations))


def finite_bounds(space: gym.spaces.Box) -> tuple[Action, Action]:
    """The bounds of a Box, with -1 and 1 in the place of infinite ones."""
    low = np.where(np.isfinite(space.low), space.low, np.minimum(-1.0, space.high))
    high = np.where(np.isfinite(space.high), space.high, np.maximum(1.0, low))
    return low.astype(np.float64), high.astype(np.float64)


def axis_sizes(space: gym.Space[Any]) -> Action:
    """How many levels each axis of a MultiDiscrete or MultiBinary has."""
    match space:
        case gym.spaces.MultiDiscrete() if not np.any(space.start):
            return np.asarray(space.nvec)
        case gym.spaces.MultiBinary():
            return np.full(space.shape, 2)
        case _:
            raise ValueError(
                "an audit plays Discrete, MultiDiscrete (from zero), MultiBinary and Box actions; "
                f"got {space}. Wrap the environment so that it takes one of these."
            )
