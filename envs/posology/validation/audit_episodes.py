"""Episodes of a policy on fixed seeds, and what went wrong in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from jaxtyping import Bool, Float, Int

from posology.validation.audit_policies import AuditPolicy
from posology.validation.audit_subject import Environment, env_action


@dataclass(frozen=True)
class Settings:
    """How much an audit plays."""

    episodes: int = 64
    """Of each policy; at least 8."""
    seed: int = 0
    max_steps: int = 1000
    """Longer episodes are cut here."""

    def __post_init__(self) -> None:
        if self.episodes < 8 or self.max_steps < 1:
            raise ValueError(
                f"an audit needs at least 8 episodes and 1 step; got {self.episodes} episodes and "
                f"{self.max_steps} steps. Intervals over fewer would say nothing."
            )


@dataclass(frozen=True)
class Health:
    """Steps whose numbers are not what they should be."""

    steps: int = 0
    """Calls of reset and step looked at."""
    rewards_not_finite: int = 0
    observations_not_finite: int = 0
    observations_outside: int = 0
    example: str = ""
    """What of the first observation outside its space is not in it."""
    raised: str = ""
    """The first exception that ended a policy's episodes, and the policy."""

    def __add__(self, other: Health) -> Health:
        return Health(
            self.steps + other.steps,
            self.rewards_not_finite + other.rewards_not_finite,
            self.observations_not_finite + other.observations_not_finite,
            self.observations_outside + other.observations_outside,
            self.example or other.example,
            self.raised or other.raised,
        )


@dataclass(frozen=True)
class Episodes:
    """Episodes of one policy; the k-th of two policies starts from the same seed."""

    label: str
    returns: Float[np.ndarray, "episodes objectives"]
    """Undiscounted, maximised."""
    lengths: Int[np.ndarray, " episodes"]
    """Steps."""
    terminated: Bool[np.ndarray, " episodes"]
    """Ended by the environment itself."""
    cut: Bool[np.ndarray, " episodes"]
    """Still running at ``max_steps``."""
    health: Health

    @property
    def value_vector(self) -> Float[np.ndarray, " objectives"]:
        """Mean return per objective."""
        return self.returns.mean(axis=0)

    @property
    def mean_length(self) -> float:
        """Mean number of steps."""
        return float(self.lengths.mean())

    def repeated(self, times: int) -> Episodes:
        """One episode of an environment without chance, standing for all of its repetitions."""
        return Episodes(
            self.label,
            np.repeat(self.returns, times, axis=0),
            np.repeat(self.lengths, times),
            np.repeat(self.terminated, times),
            np.repeat(self.cut, times),
            self.health,
        )


def unplayable(label: str, error: Exception, *, episodes: int, objectives: int) -> Episodes:
    """What stands for the episodes of a policy whose steps raise: returns that are no numbers."""
    return Episodes(
        label,
        np.full((episodes, objectives), np.nan),
        np.zeros(episodes, np.int64),
        np.zeros(episodes, np.bool_),
        np.zeros(episodes, np.bool_),
        Health(raised=f"{label}: {type(error).__name__}: {error}"),
    )


def play(
    env: Environment, policy: AuditPolicy, settings: Settings, *, episodes: int | None = None
) -> Episodes:
    """The first episode of every slot, or one episode after another in a single environment."""
    if isinstance(env, VectorEnv):
        return _play_together(env, policy, settings)
    count = episodes or settings.episodes
    parts = [_play_one(env, policy, settings, index=k) for k in range(count)]
    return Episodes(
        policy.label,
        np.concatenate([part.returns for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.terminated for part in parts]),
        np.concatenate([part.cut for part in parts]),
        sum((part.health for part in parts), Health()),
    )


def _play_together(
    env: VectorEnv[Any, Any, Any], policy: AuditPolicy, settings: Settings
) -> Episodes:
    n = env.num_envs
    generator = np.random.default_rng([settings.seed, 0])
    observations, _ = env.reset(seed=settings.seed)
    health = _health(env.observation_space, observations, None)
    returns: Any = 0.0
    lengths, ended_itself = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    running = np.ones(n, np.bool_)
    for step in range(settings.max_steps):
        actions = policy.actions(step, observations, slots=n, generator=generator)
        observations, rewards, terminated, truncated, _ = env.step(actions)
        rewards = np.asarray(rewards, np.float64).reshape(n, -1)
        health += _health(env.observation_space, observations, rewards[running])
        returns = returns + np.where(running[:, None], rewards, 0.0)
        lengths += running
        ended_itself |= running & np.asarray(terminated)
        running = running & ~(np.asarray(terminated) | np.asarray(truncated))
        if not running.any():
            break
    return Episodes(policy.label, returns, lengths, ended_itself, running, health)


def _play_one(
    env: gym.Env[Any, Any], policy: AuditPolicy, settings: Settings, *, index: int
) -> Episodes:
    generator = np.random.default_rng([settings.seed, index])
    observation, _ = env.reset(seed=settings.seed + index)
    health = _health(env.observation_space, observation, None)
    returns: Any = 0.0
    ended, length, terminated = False, 0, False
    while not ended and length < settings.max_steps:
        batch = (
            {k: v[None] for k, v in observation.items()}
            if isinstance(observation, dict)
            else np.asarray(observation)[None]
        )
        actions = policy.actions(length, batch, slots=1, generator=generator)
        observation, reward, terminated, truncated, _ = env.step(env_action(env, actions))
        vector = np.asarray(reward, np.float64).reshape(1, -1)
        health += _health(env.observation_space, observation, vector)
        returns = returns + vector
        length += 1
        ended = bool(terminated or truncated)
    return Episodes(
        policy.label,
        returns,
        np.array([length]),
        np.array([bool(terminated)]),
        np.array([not ended]),
        health,
    )


def numbers_of(observation: Any) -> Iterator[np.ndarray[Any, np.dtype[Any]]]:
    """The arrays that an observation is made of, however nested."""
    if isinstance(observation, Mapping):
        parts: Iterable[Any] = (observation[key] for key in sorted(observation, key=str))
    elif isinstance(observation, tuple | list):
        parts = observation
    else:
        yield np.asarray(observation)
        return
    for part in parts:
        yield from numbers_of(part)


def is_finite(observation: Any) -> bool:
    """Whether no number of an observation is NaN or infinite."""
    return all(
        bool(np.isfinite(array).all())
        for array in numbers_of(observation)
        if np.issubdtype(array.dtype, np.floating)
    )


def _health(
    space: gym.Space[Any], observation: Any, rewards: Float[np.ndarray, "_ objectives"] | None
) -> Health:
    finite = is_finite(observation)
    inside = finite and space.contains(observation)
    return Health(
        steps=1,
        rewards_not_finite=int(rewards is not None and not np.isfinite(rewards).all()),
        observations_not_finite=int(not finite),
        observations_outside=int(finite and not inside),
        example="" if inside or not finite else _stray(space, observation),
    )


def _stray(space: gym.Space[Any], observation: Any) -> str:
    """What of an observation is not in its space."""
    if isinstance(space, gym.spaces.Dict) and isinstance(observation, Mapping):
        for key, part in space.spaces.items():
            if key not in observation:
                return f'without "{key}"'
            if not part.contains(observation[key]):
                return f'"{key}": {_stray(part, observation[key])}'
    if not isinstance(space, gym.spaces.Box):
        return f"{observation!r:.60}, not in {space}"
    array = np.asarray(observation)
    if array.shape != space.shape or not np.can_cast(array.dtype, np.dtype(space.dtype)):
        return (
            f"{array.dtype} of shape {array.shape}, declared {space.dtype} of shape {space.shape}"
        )
    place = tuple(map(int, np.argwhere((array < space.low) | (array > space.high))[0]))
    bounds = f"[{space.low[place]:g}, {space.high[place]:g}]"
    return f"{array[place]:g} at {list(place)}, outside {bounds}"
