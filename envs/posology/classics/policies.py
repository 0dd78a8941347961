"""Policies that the classics are compared with, and how far a policy gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Shaped


@runtime_checkable
class Policy(Protocol):
    """A policy over a batch of observations."""

    def actions(
        self, observations: Float32[np.ndarray, "patients features"]
    ) -> Shaped[np.ndarray, "patients ..."]:
        """One action a patient."""
        ...


@dataclass(frozen=True)
class ConstantAction:
    """The same action at every step: a number for discrete ones, a tuple for continuous ones."""

    action: int | tuple[float, ...]

    def actions(
        self, observations: Float32[np.ndarray, "patients features"]
    ) -> Shaped[np.ndarray, "patients ..."]:
        """One action a patient."""
        return np.array([self.action] * len(observations))


@dataclass(frozen=True)
class Comparator:
    """A named policy that every front is shown against."""

    name: str
    title: str
    policy: Policy
    options: Mapping[str, bool] = field(default_factory=dict)
    """Constructor arguments of the environment that takes the policy's actions."""


def return_vectors(
    env: Any, policy: Policy, *, discount: float = 1.0, options: Mapping[str, Any] | None = None
) -> Float[np.ndarray, "patients objectives"]:
    """Return vector of each slot's first course, with the k-th reward times ``discount**k``.

    ``env`` is a batch environment; ``options`` are those of its ``reset``.
    """
    observations, _ = env.reset(options=options)
    returns = np.zeros((env.num_envs, env.reward_dim))
    running = np.ones(env.num_envs, np.bool_)
    factor = 1.0
    while running.any():
        actions = policy.actions(observations)
        observations, rewards, terminated, truncated, _ = env.step(actions)
        returns[running] += factor * rewards[running]
        running &= ~(terminated | truncated)
        factor *= discount
    return returns
