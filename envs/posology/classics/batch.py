"""What every classic shares: slots, seeds, autoreset, and the view of one patient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple, SupportsFloat, TypedDict

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float, Float32, Int, Shaped

from posology.classics.actions import checked_actions
from posology.classics.draws import course_uniforms
from posology.classics.policies import Comparator
from posology.patients import SPLITS, stream_key

Objectives = tuple[Mapping[str, str | float], ...]


class CohortOptions(TypedDict, total=False):
    """Which patients are met."""

    cohort_seed: int
    split: str
    """train, select or held-out: disjoint sets of patients."""
    patients: int
    """Size of the cohort."""
    twins: int
    """Neighbouring slots that start each course with the same patient and noise."""


class Transition(NamedTuple):
    """What a step of the batch gave."""

    rewards: Float[np.ndarray, "patients objectives"]
    terminated: Bool[np.ndarray, " patients"]
    truncated: Bool[np.ndarray, " patients"]


def metadata(objectives: Objectives) -> dict[str, Any]:
    """The metadata of an environment with these objectives."""
    return {
        "render_modes": [],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "objectives": objectives,
        "version": "0",
    }


class BatchEnv(gym.vector.VectorEnv[Any, Any, Any], ABC):
    """``num_envs`` patients stepped together; a classic adds its science in five methods.

    ``step`` returns reward vectors of shape (num_envs, objectives). The last step of a course
    carries ``infos["endpoints"]``, arrays by name that are valid where the course has ended. A
    finished slot takes its next patient at the following step (NEXT_STEP); that step's action is
    ignored and its reward is zero. Patients are drawn from the cohort at random, unless ``reset``
    names them; patient k of a (seed, split) is the same in any batch.
    """

    def __init__(
        self,
        num_envs: int,
        *,
        observation_space: gym.spaces.Box,
        action_space: gym.Space[Any],
        cohort_seed: int = 0,
        split: str = "train",
        patients: int = 4096,
        twins: int = 1,
    ) -> None:
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}.")
        if patients < 1:
            raise ValueError(f"a cohort needs at least one patient; got patients={patients}.")
        if twins < 1 or num_envs % twins:
            raise ValueError(f"{num_envs} slots cannot be families of {twins}. Give a divisor.")
        self.num_envs = num_envs
        self.twins = twins
        self.split = split
        self.cohort_size = patients
        self.cohort_key = stream_key(cohort_seed, f"classics/patients/{split}")
        self.noise_key = stream_key(cohort_seed, f"classics/noise/{split}")
        self.single_observation_space = observation_space
        self.single_action_space = action_space
        self.observation_space = batch_space(observation_space, num_envs)
        self.action_space = batch_space(action_space, num_envs)
        self.reward_dim = len(self.metadata["objectives"])
        self.reward_space = gym.spaces.Box(-np.inf, np.inf, (self.reward_dim,), np.float32)
        self.patient = np.zeros(num_envs, np.int64)
        self.course = np.zeros(num_envs, np.int64)
        self.steps = np.zeros(num_envs, np.int64)
        """Steps of the course, the present one included."""
        self._admission_key = stream_key(cohort_seed, f"classics/courses/{split}")
        self._started = np.zeros(num_envs, np.int64)
        self._ended: Bool[np.ndarray, " patients"] | None = None

    @abstractmethod
    def _begin(self, slots: Int[np.ndarray, " some"]) -> None:
        """Put the patients ``self.patient[slots]`` at the start of ``self.course[slots]``."""

    @abstractmethod
    def _advance(self, actions: Shaped[np.ndarray, "patients ..."]) -> Transition:
        """Take every patient a step on, those of finished courses too."""

    @abstractmethod
    def _observe(self) -> Float[np.ndarray, "patients features"]:
        """What is seen of each patient."""

    @abstractmethod
    def _endpoints(self) -> dict[str, Shaped[np.ndarray, " patients"]]:
        """Clinical endpoints of the courses so far: booleans and numbers."""

    @abstractmethod
    def comparators(self) -> tuple[Comparator, ...]:
        """Known policies, each with the constructor arguments that its actions are for."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "patients features"], dict[str, Any]]:
        """Start every slot anew; ``seed`` says which patients are drawn.

        ``options={"patients": indices}`` names them instead. A named patient meets the same noise
        under every policy and in any company, so that policies can be compared in pairs.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._admission_key = stream_key(seed, f"classics/courses/{self.split}")
            self._started[:] = 0
        slots = np.arange(self.num_envs)
        if options and "patients" in options:
            self._place(slots, self._named(options["patients"]), np.zeros_like(slots))
        else:
            self._admit(slots)
        self._ended = np.zeros(self.num_envs, np.bool_)
        return self._seen(), {}

    def step(
        self, actions: Any
    ) -> tuple[
        Float32[np.ndarray, "patients features"],
        Float32[np.ndarray, "patients objectives"],
        Bool[np.ndarray, " patients"],
        Bool[np.ndarray, " patients"],
        dict[str, Any],
    ]:
        """Act on every patient and advance to the next decision."""
        if self._ended is None:
            raise RuntimeError("step needs patients; none have been admitted. Call reset first.")
        chosen = checked_actions(actions, self.action_space)
        fresh = self._ended
        self.steps += 1
        rewards, terminated, truncated = self._advance(chosen)
        rewards, terminated, truncated = (
            np.where(fresh[:, None], 0.0, rewards),
            terminated & ~fresh,
            truncated & ~fresh & ~terminated,
        )
        if fresh.any():
            self._admit(np.flatnonzero(fresh))
        self._ended = terminated | truncated
        infos = {"endpoints": self._endpoints()} if self._ended.any() else {}
        return self._seen(), rewards.astype(np.float32), terminated, truncated, infos

    def _admit(self, slots: Int[np.ndarray, " some"]) -> None:
        """Put a random patient into each of ``slots``, from its family's own stream."""
        self._started[slots] += 1
        started = self._started[slots]
        drawn = course_uniforms(self._admission_key, slots // self.twins, started, count=1)[0]
        self._place(slots, (drawn * self.cohort_size).astype(np.int64), started)

    def _place(
        self,
        slots: Int[np.ndarray, " some"],
        patients: Int[np.ndarray, " some"],
        courses: Int[np.ndarray, " some"],
    ) -> None:
        self.patient[slots], self.course[slots], self.steps[slots] = patients, courses, 0
        self._begin(slots)

    def _named(self, patients: Any) -> Int[np.ndarray, " patients"]:
        chosen = np.asarray(patients, np.int64)
        if (
            chosen.shape != (self.num_envs,)
            or not ((chosen >= 0) & (chosen < self.cohort_size)).all()
        ):
            raise ValueError(
                f"options['patients'] must name {self.num_envs} patients from 0 to "
                f"{self.cohort_size - 1}; got {patients!r}."
            )
        return chosen

    def _seen(self) -> Float32[np.ndarray, "patients features"]:
        return self._observe().astype(np.float32)


class SingleEnv(gym.Env[Float32[np.ndarray, " features"], Any]):
    """One patient: the view of a batch environment of one slot."""

    def __init__(self, batch: BatchEnv) -> None:
        self.batch = batch
        self.observation_space = batch.single_observation_space
        self.action_space = batch.single_action_space
        self.reward_space = batch.reward_space
        self.reward_dim = batch.reward_dim

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, " features"], dict[str, Any]]:
        """Start a course; ``options={"patients": [k]}`` chooses the patient."""
        super().reset(seed=seed)
        observations, infos = self.batch.reset(seed=seed, options=options)
        return observations[0], infos

    def step(
        self, action: Any
    ) -> tuple[Float32[np.ndarray, " features"], SupportsFloat, bool, bool, dict[str, Any]]:
        """One decision; the reward is a vector, as MO-Gymnasium has it."""
        seen, rewards, terminated, truncated, infos = self.batch.step(np.asarray([action]))
        if infos:
            infos = {"endpoints": {name: x[0] for name, x in infos["endpoints"].items()}}
        return seen[0], rewards[0], bool(terminated[0]), bool(truncated[0]), infos
