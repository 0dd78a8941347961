"""Single environments as one vector environment, with the contract that posology's have."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float32

from dosefront.environments.actions import action_space, number_of_choices, taken_action
from dosefront.environments.episodes import EpisodeCohort
from dosefront.environments.observations import flat_observation, observation_box
from dosefront.environments.rehearsal import MaskSource, action_mask
from dosefront.environments.rewards import RewardComponent, reward_vector


class AdaptedVectorEnv(VectorEnv[Any, Any, Any]):
    """Steps environments one after the other; flat observations in, reward vectors out.

    A finished slot starts its next episode at the following step (NEXT_STEP); that step's action is
    ignored and its reward is zero. Every episode has a seed of its own, see
    :class:`dosefront.environments.episodes.EpisodeCohort`.

    ``action_masks()``, of shape (envs, choices), exists where the environments tell permitted
    actions: by a method of that name, or as ``info["action_mask"]``.

    Args:
        envs: one a slot.
        components: what is paid.
        cohort: which episodes.
        time_limit: steps after which an episode is truncated; None leaves it to the environment.
        masks: where permitted actions are told.
    """

    metadata: dict[str, Any]
    action_masks: Callable[[], Bool[np.ndarray, "envs choices"]]

    def __init__(
        self,
        envs: Sequence[gymnasium.Env[Any, Any]],
        *,
        components: Sequence[RewardComponent],
        cohort: EpisodeCohort,
        time_limit: int | None = None,
        masks: MaskSource | None = None,
    ) -> None:
        self.envs = tuple(envs)
        self.num_envs = len(self.envs)
        self.twins = cohort.twins
        self.reward_dim = len(components)
        self.reward_space = gymnasium.spaces.Box(-np.inf, np.inf, (self.reward_dim,), np.float32)
        self.metadata = {
            "autoreset_mode": AutoresetMode.NEXT_STEP,
            "version": version_of(self.envs[0]),
            "objectives": [each.objective.to_mapping() for each in components],
        }
        self._observed, self._acted = self.envs[0].observation_space, self.envs[0].action_space
        self.single_observation_space = observation_box(self._observed)
        self.single_action_space = action_space(self._acted)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._components, self._cohort, self._time_limit = components, cohort, time_limit
        self._key = cohort.seed
        self._courses = np.zeros(self.num_envs, np.int64)
        self._lengths = np.zeros(self.num_envs, np.int64)
        self._ended = np.zeros(self.num_envs, np.bool_)
        self._observations = np.zeros(self.observation_space.shape or (), np.float32)
        self._infos: list[dict[str, Any]] = [{} for _ in self.envs]
        if masks is not None:
            self._mask_source: MaskSource = masks
            self.action_masks = self._action_masks

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "envs features"], dict[str, Any]]:
        """Start every slot anew; ``seed`` says which episodes follow.

        ``options={"patients": indices}`` names the first ones instead: an index is the same episode
        under every policy and in any company, so that policies can be compared in pairs.
        """
        if seed is not None:
            self._key = seed
            self._courses[:] = 0
        if options and "patients" in options:
            chosen = self._cohort.checked(options["patients"], self.num_envs)
            for slot, index in enumerate(chosen):
                self._begin(slot, self._cohort.patient_seed(index))
        else:
            for slot in range(self.num_envs):
                self._begin_next(slot)
        self._ended[:] = False
        return self._observations.copy(), {}

    def step(
        self, actions: Any
    ) -> tuple[
        Float32[np.ndarray, "envs features"],
        Float32[np.ndarray, "envs objectives"],
        Bool[np.ndarray, " envs"],
        Bool[np.ndarray, " envs"],
        dict[str, Any],
    ]:
        """One step of every slot, or the next episode's start where one has ended."""
        rewards = np.zeros((self.num_envs, self.reward_dim), np.float32)
        terminated, truncated = np.zeros((2, self.num_envs), np.bool_)
        for slot, action in enumerate(np.asarray(actions)):
            if self._ended[slot]:
                self._begin_next(slot)
            else:
                rewards[slot], terminated[slot], truncated[slot] = self._advance(slot, action)
        self._ended = terminated | truncated
        return self._observations.copy(), rewards, terminated, truncated, {}

    def close_extras(self, **kwargs: Any) -> None:
        """Close every environment."""
        for env in self.envs:
            env.close()  # type: ignore[no-untyped-call]  # Gymnasium leaves it untyped

    def _advance(self, slot: int, action: Any) -> tuple[Any, bool, bool]:
        env = self.envs[slot]
        observation, reward, terminated, truncated, info = env.step(
            taken_action(self._acted, action)
        )
        self._notice(slot, observation, info)
        self._lengths[slot] += 1
        is_late = self._time_limit is not None and self._lengths[slot] >= self._time_limit
        paid = reward_vector(self._components, reward, info)
        return paid, bool(terminated), bool(truncated or (is_late and not terminated))

    def _begin_next(self, slot: int) -> None:
        self._courses[slot] += 1
        course = int(self._courses[slot])
        self._begin(slot, self._cohort.training_seed(self._key, slot=slot, course=course))

    def _begin(self, slot: int, seed: int) -> None:
        observation, info = self.envs[slot].reset(seed=seed)
        self._lengths[slot] = 0
        self._notice(slot, observation, info)

    def _notice(self, slot: int, observation: Any, info: dict[str, Any]) -> None:
        self._observations[slot] = flat_observation(self._observed, observation)
        self._infos[slot] = info

    def _action_masks(self) -> Bool[np.ndarray, "envs choices"]:
        """Which actions are permitted now; all where an episode has ended."""
        masks = np.ones((self.num_envs, number_of_choices(self._acted) or 0), np.bool_)
        for slot in np.flatnonzero(~self._ended):
            masks[slot] = action_mask(self.envs[slot], self._infos[slot], self._mask_source)
        return masks


def version_of(env: gymnasium.Env[Any, Any]) -> str:
    """The environment's own version, or else that of its package."""
    if "version" in env.metadata:
        return str(env.metadata["version"])
    package = type(env.unwrapped).__module__.partition(".")[0]
    version = getattr(sys.modules.get(package), "__version__", None)
    return "unversioned" if version is None else f"{package} {version}"
