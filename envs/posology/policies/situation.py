"""What a policy is shown beside the environment's own observation, in training as in evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv
from jaxtyping import Bool, Float, Float32


@runtime_checkable
class Scaled(Protocol):
    """An objective as far as its reference box goes, in clinical units."""

    @property
    def sense(self) -> str:
        """maximise or minimise."""
        ...

    @property
    def reference(self) -> float:
        """Where the scale is 0."""
        ...

    @property
    def ideal(self) -> float:
        """Where the scale is 1."""
        ...


@dataclass(frozen=True)
class View:
    """How many observations are shown, and what is put behind them, in this order."""

    history: int = 1
    """The newest observation and those before it; a course's first stands in for what is not."""
    accrued: bool = False
    """The return vector so far, on the reference box's scale; and the discount reached, if any."""
    discount: float = 1.0
    """Of what accrues."""
    preference: tuple[float, ...] | None = None
    """The weights that the policy is asked to serve; None where it serves one preference only."""
    masks: bool = False
    """Which discrete actions would be given as asked; not an input of a network, but its limits."""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "View":
        """The view whose fields JSON holds; fields that it lacks are as in a plain view.

        Raises:
            ValueError: it holds a field that this version does not know.
        """
        unknown = mapping.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(
                f"the policy is shown {', '.join(sorted(unknown))}, which this posology does not "
                "know, and without it would act otherwise than it learned. Install a newer one."
            )
        preference = mapping.get("preference")
        return cls(**{**mapping, "preference": preference and tuple(preference)})


class Situation:
    """The slots of a vector environment: what has accrued in each, and what is shown of it.

    Args:
        env: reward vectors come from it.
        objectives: those of the experiment, and where they lie in the reward vector.
        columns: see objectives.
        view: what is shown; the preference of every slot, which may be changed.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        *,
        objectives: Sequence[Scaled],
        columns: Sequence[int],
        view: View,
    ) -> None:
        self._env = env
        self._columns = list(columns)
        self._extents = np.array([abs(each.ideal - each.reference) for each in objectives])
        signs = np.array([1.0 if each.sense == "maximise" else -1.0 for each in objectives])
        references = signs * [each.reference for each in objectives]
        self._zero = (0.0 - references) / self._extents
        self._view = view
        self._past: Float32[np.ndarray, "slots past"] | None = None
        self._is_new = np.ones(env.num_envs, bool)
        self.accrued: Float[np.ndarray, "slots objectives"] = np.tile(self._zero, (env.num_envs, 1))
        self.decay: Float[np.ndarray, " slots"] = np.ones(env.num_envs)
        shown = np.zeros(len(objectives)) if view.preference is None else view.preference
        self.preferences: Float[np.ndarray, "slots objectives"] = np.tile(
            np.asarray(shown, np.float64), (env.num_envs, 1)
        )

    def space(self) -> gymnasium.spaces.Box:
        """The space of what is shown in one slot."""
        own: Any = self._env.single_observation_space
        objectives = len(self._columns)
        accrued = objectives + (self._view.discount < 1.0) if self._view.accrued else 0
        preference = 0 if self._view.preference is None else objectives
        actions = int(self._env.single_action_space.n) if self._view.masks else 0  # type: ignore[attr-defined]  # masks are of Discrete actions only
        beside = np.full(accrued + preference + actions, np.inf, np.float32)
        low, high = (np.tile(bound, self._view.history) for bound in (own.low, own.high))
        return gymnasium.spaces.Box(
            np.append(low, -beside), np.append(high, beside), dtype=np.float32
        )

    def begin(self, slots: Bool[np.ndarray, " slots"]) -> None:
        """A course begins in these slots: nothing has accrued."""
        self.accrued[slots] = self._zero
        self.decay[slots] = 1.0
        self._is_new |= slots

    def accrue(self, rewards: Any) -> Float[np.ndarray, "slots objectives"]:
        """Add a step's reward vectors; returns them on the box's scale, not discounted."""
        vectors = np.asarray(rewards, np.float64)[:, self._columns] / self._extents
        self.accrued += self.decay[:, None] * vectors
        self.decay *= self._view.discount
        return vectors

    def shown(
        self, observations: Float32[np.ndarray, "slots features"]
    ) -> Float32[np.ndarray, "slots shown"]:
        """The observations with what the view adds; to be called once for each step."""
        if self._view.history > 1:
            observations = self._stacked(observations)
        parts: list[np.ndarray] = [observations]
        if self._view.accrued:
            parts.append(self.accrued)
            if self._view.discount < 1.0:
                parts.append(self.decay[:, None])
        if self._view.preference is not None:
            parts.append(self.preferences)
        if self._view.masks:
            masks = self._env.unwrapped.action_masks()
            parts.append(masks | ~masks.any(axis=1, keepdims=True))
        if len(parts) == 1:
            return observations
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def _stacked(
        self, observations: Float32[np.ndarray, "slots features"]
    ) -> Float32[np.ndarray, "slots stacked"]:
        """The newest first, then those before it."""
        before = self._view.history - 1
        if self._past is None:
            self._past = np.tile(observations, before)
        self._past[self._is_new] = np.tile(observations[self._is_new], before)
        self._is_new[:] = False
        stacked = np.concatenate([observations, self._past], axis=1)
        self._past = stacked[:, : self._past.shape[1]].copy()
        return stacked


def offers_masks(env: VectorEnv[Any, Any, Any]) -> bool:
    """Whether the environment says which of its discrete actions are open."""
    is_discrete = isinstance(env.single_action_space, gymnasium.spaces.Discrete)
    return is_discrete and hasattr(env.unwrapped, "action_masks")
