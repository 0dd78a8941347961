"""Scalarization at the door: a vector-reward environment as RLlib takes it."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from jaxtyping import Bool, Float

from dosefront.environments import make_vector_env
from dosefront.evaluate import chosen_objectives
from dosefront.front import linear, linear_weights_per_unit

RECENT = 256
"""Courses over which recent returns are averaged."""


class ScalarizedVectorEnv(VectorEnv[Any, Any, Any]):
    """Pays the weighted sum of a reward vector and keeps the return vectors of finished courses.

    The sums are kept here and not taken from RLlib's episodes, whose chunks are changed in place by
    the learner when both share a process, so that lengths and sums derived from them are off.

    Args:
        env: a native vector environment with NEXT_STEP autoreset. RLlib takes any mode without
            complaint, and with another one learns from the wrong final observations.
        objectives: names of the objectives to weigh, in the weights' order.
        weights: the preference, on the scale of the environment's reference box.
    """

    def __init__(
        self, env: VectorEnv[Any, Any, Any], *, objectives: Sequence[str], weights: Sequence[float]
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
        chosen, self._columns = chosen_objectives(env.metadata, objectives)
        self.weights = tuple(weights)
        self._coefficients = linear_weights_per_unit(chosen, weights)
        self.single_observation_space = env.single_observation_space
        self.single_action_space = env.single_action_space
        self.observation_space = env.observation_space
        self.action_space = env.action_space
        self.return_vectors: deque[Float[np.ndarray, " objectives"]] = deque(maxlen=RECENT)
        self.scalar_returns: deque[float] = deque(maxlen=RECENT)
        self._vectors = np.zeros((env.num_envs, len(chosen)))
        self._scalars = np.zeros(env.num_envs)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start every course anew."""
        self._vectors[:] = 0.0
        self._scalars[:] = 0.0
        observations, _ = self.env.reset(seed=seed, options=options)
        return observations, {}

    def step(
        self, actions: Any
    ) -> tuple[
        Any, Float[np.ndarray, " envs"], Bool[np.ndarray, " envs"], Bool[np.ndarray, " envs"], Any
    ]:
        """One step; the reward is scalar, and infos are left out for speed."""
        observations, all_vectors, terminated, truncated, _ = self.env.step(actions)
        vectors = np.asarray(all_vectors)[:, self._columns]
        rewards = linear(vectors, self._coefficients)
        self._vectors += vectors
        self._scalars += rewards
        for slot in np.flatnonzero(terminated | truncated):
            self.return_vectors.append(self._vectors[slot].copy())
            self.scalar_returns.append(float(self._scalars[slot]))
            self._vectors[slot] = 0.0
            self._scalars[slot] = 0.0
        return observations, rewards, terminated, truncated, {}

    def close_extras(self, **kwargs: Any) -> None:
        """Close the environment behind the door."""
        self.env.close(**kwargs)


def make_scalarized(context: dict[str, Any]) -> ScalarizedVectorEnv:
    """The environment of RLlib's ``env_config``: environment, options, objectives, weights."""
    env = make_vector_env(
        context["environment"], num_envs=context["num_envs"], options=context["options"]
    )
    return ScalarizedVectorEnv(env, objectives=context["objectives"], weights=context["weights"])
