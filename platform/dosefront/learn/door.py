"""Scalarization at the door: a vector-reward environment as RLlib takes it."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float

from dosefront.environments import make_vector_env
from dosefront.evaluate import Situation, View, chosen_objectives, offers_masks
from dosefront.front import scalarization, spread

RECENT = 256
"""Courses over which recent returns are averaged."""
MOST_COURSES = 1 << 20
"""Of one family in a training: what keeps the preferences of different seeds apart."""


class ScalarizedVectorEnv(VectorEnv[Any, Any, Any]):
    """Pays the utility of a reward vector and keeps the return vectors of finished courses.

    What is not the sum of its steps is paid as it grows: the utility of what has accrued after a
    step less that before it, and what has accrued is shown: the sum over a course is its utility. A
    limit is not paid at all, for it is the learner's to keep.

    The sums are kept here and not taken from RLlib's episodes, whose chunks are changed in place by
    the learner when both share a process, so that lengths and sums derived from them are off.

    Args:
        env: a native vector environment with NEXT_STEP autoreset. RLlib takes any mode without
            complaint, and with another one learns from the wrong final observations.
        objectives: names of the objectives to weigh, in the weights' order.
        scalarize: the scalarization, as an experiment writes it.
        weights: the preference, on the scale of the environment's reference box.
        least: show a preference, and draw another for each course, in which no objective weighs
            less than this; ``weights`` are then those of the first. If empty, none is shown.
        discount: of what accrues.
        history: how many observations are shown.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        *,
        objectives: Sequence[str],
        weights: Sequence[float],
        scalarize: Mapping[str, Any] | None = None,
        least: Sequence[float] = (),
        discount: float = 1.0,
        history: int = 1,
    ) -> None:
        mode = env.metadata.get("autoreset_mode")
        if mode is not AutoresetMode.NEXT_STEP:
            raise ValueError(
                f"training needs an environment with NEXT_STEP autoreset; {env} has {mode}. "
                "Another mode would hand RLlib the next course's first observation as the last one."
            )
        self.env = env
        self.num_envs = env.num_envs
        self.metadata = env.metadata
        chosen, columns = chosen_objectives(env.metadata, objectives)
        self.weights = tuple(weights)
        self.scalarization = scalarization(scalarize or {"name": "linear"}, chosen)
        self._least = np.array(least)
        self._telescopes = (
            self.scalarization.criterion == "ESR" and not self.scalarization.is_additive
        )
        self.view = View(
            history=history,
            accrued=self._telescopes,
            discount=discount if self._telescopes else 1.0,
            preference=self.weights if least else None,
            masks=offers_masks(env),
        )
        self._situation = Situation(env, objectives=chosen, columns=columns, view=self.view)
        self._situation.preferences[:] = self.weights
        self._columns = columns
        self.single_observation_space = self._situation.space()
        self.single_action_space = env.single_action_space
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self.action_space = env.action_space
        self.return_vectors: deque[Float[np.ndarray, " objectives"]] = deque(maxlen=RECENT)
        self.scalar_returns: deque[float] = deque(maxlen=RECENT)
        self.vectors: Float[np.ndarray, "envs objectives"] = np.zeros((env.num_envs, len(chosen)))
        """Rewards of the last step, on the box's scale."""
        self._families = np.arange(env.num_envs) // getattr(env.unwrapped, "twins", 1)
        self._courses = np.zeros(env.num_envs, np.int64)
        self._returns = np.zeros((env.num_envs, len(chosen)))
        self._scalars = np.zeros(env.num_envs)
        self._ended = np.zeros(env.num_envs, bool)

    @property
    def preferences(self) -> Float[np.ndarray, "envs objectives"]:
        """The preference that each course is to serve."""
        return self._situation.preferences

    @property
    def courses_begun(self) -> int:
        """Grows with every course; where from depends on the seed."""
        return int(self._courses.sum())

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start every course anew; ``seed`` also says which preferences are drawn."""
        if seed is not None:
            self._courses[:] = seed * MOST_COURSES
        observations, _ = self.env.reset(seed=seed, options=options)
        self._begin(np.ones(self.num_envs, bool))
        self._ended[:] = False
        return self._situation.shown(observations), {}

    def step(
        self, actions: Any
    ) -> tuple[
        Any, Float[np.ndarray, " envs"], Bool[np.ndarray, " envs"], Bool[np.ndarray, " envs"], Any
    ]:
        """One step; the reward is scalar, and infos are left out for speed."""
        observations, all_vectors, terminated, truncated, _ = self.env.step(actions)
        begun = self._ended
        if begun.any():
            self._begin(begun)
        before = self._situation.accrued.copy() if self._telescopes else None
        self.vectors = self._situation.accrue(all_vectors)
        self._situation.decay[begun] = 1.0  # the step that resets is none of a course
        rewards = self._paid(before)
        self._returns += np.asarray(all_vectors, np.float64)[:, self._columns]
        self._scalars += rewards
        self._ended = terminated | truncated
        for slot in np.flatnonzero(self._ended):
            self.return_vectors.append(self._returns[slot].copy())
            self.scalar_returns.append(float(self._scalars[slot]))
        return self._situation.shown(observations), rewards, terminated, truncated, {}

    def close_extras(self, **kwargs: Any) -> None:
        """Close the environment behind the door."""
        if "env" in vars(self):  # a refused one is closed too, when it is forgotten
            self.env.close(**kwargs)

    def _paid(
        self, before: Float[np.ndarray, "envs objectives"] | None
    ) -> Float[np.ndarray, " envs"]:
        if before is None:
            return (self.preferences * self.vectors).sum(axis=1)
        utility, after = self.scalarization.utility, self._situation.accrued
        return utility(after, self.preferences) - utility(before, self.preferences)

    def _begin(self, slots: Bool[np.ndarray, " envs"]) -> None:
        self._situation.begin(slots)
        self._returns[slots] = 0.0
        self._scalars[slots] = 0.0
        if self._least.size:
            numbers = self._courses[slots] * (self._families[-1] + 1) + self._families[slots]
            over_all = spread(numbers, self._least.size)
            self.preferences[slots] = self._least + (1.0 - self._least.sum()) * over_all
        self._courses[slots] += 1


def make_scalarized(context: dict[str, Any]) -> ScalarizedVectorEnv:
    """The environment of RLlib's ``env_config``: environment, options and what the door asks."""
    arguments = dict(context)
    env = make_vector_env(
        arguments.pop("environment"),
        num_envs=arguments.pop("num_envs"),
        options=arguments.pop("options"),
    )
    return ScalarizedVectorEnv(env, **arguments)
