"""An environment whose observations hold all that a policy was shown in training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float32

from posology.policies.situation import Scaled, Situation, View


class ShownVectorEnv(VectorWrapper):
    """A vector environment with NEXT_STEP autoreset, its observations followed by what a view adds.

    Rewards, ends and infos are those of ``env``. What has accrued starts anew with each course.

    Args:
        env: patients, rewards and masks come from it.
        objectives: of the policy, and where they lie in the reward vector.
        columns: see objectives.
        view: what is shown.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        *,
        objectives: Sequence[Scaled],
        columns: Sequence[int],
        view: View,
    ) -> None:
        super().__init__(env)
        self._situation = Situation(env, objectives=objectives, columns=columns, view=view)
        self._ended = np.zeros(env.num_envs, np.bool_)
        self.single_observation_space = self._situation.space()
        (self.width,) = self.single_observation_space.shape
        """How many numbers an observation holds."""
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)

    def reset(  # type: ignore[override]  # Gymnasium's wrapper leaves its types open
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "patients shown"], dict[str, Any]]:
        """Start every course anew; seed and options are those of the environment."""
        observations, infos = self.env.reset(seed=seed, options=options)
        self._situation.begin(np.ones(self.num_envs, np.bool_))
        self._ended[:] = False
        return self._situation.shown(observations), infos

    def step(  # type: ignore[override]  # Gymnasium's wrapper leaves its types open
        self, actions: Any
    ) -> tuple[
        Float32[np.ndarray, "patients shown"],
        Float32[np.ndarray, "patients objectives"],
        Bool[np.ndarray, " patients"],
        Bool[np.ndarray, " patients"],
        dict[str, Any],
    ]:
        """One step of every course; one that has ended starts anew."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        self._situation.accrue(rewards)
        self._situation.begin(self._ended)
        self._ended = terminated | truncated
        return self._situation.shown(observations), rewards, terminated, truncated, infos
