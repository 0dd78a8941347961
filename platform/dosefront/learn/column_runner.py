"""Sampling without a Python object per step: RLlib's environment runner that records columns."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner
from ray.rllib.utils.metrics import EPISODE_RETURN_MEAN

from dosefront.learn.door import ScalarizedVectorEnv
from dosefront.learn.fragment import Fragment

MOST_COURSES, MOST_DECISIONS = 1 << 24, 1 << 16
"""Of one environment, and in one course: what keeps the numbers of occasions apart."""
GOING_ON = frozenset(
    {
        *("_actions", "_steps", "_seed", "_needs_initial_reset"),
        *("_observations", "_ended", "_courses", "_decisions"),
    }
)
"""What a runner keeps from one fragment to the next."""


class ColumnEnvRunner(SingleAgentEnvRunner):  # type: ignore[misc]  # Ray is untyped
    """Steps the scalarizing door and returns a :class:`Fragment` instead of episodes.

    RLlib's own runner spends some 30 microseconds of Python a step on connectors and episodes. The
    module says how many channels its critic values.
    """

    _needs_initial_reset: bool

    def make_env(self) -> None:
        """Build the environments, and the generator that draws their actions."""
        super().make_env()
        self._door: ScalarizedVectorEnv = self.env.unwrapped
        self._twins = getattr(self._door.env.unwrapped, "twins", 1)
        self._actions = torch.Generator()
        self._steps = 0
        if self._seed is None:
            self._actions.seed()
        else:
            self._actions.manual_seed(self._seed)

    def going_on(self) -> dict[str, Any]:
        """All that its next fragments depend on, save environments and weights."""
        return {name: kept for name, kept in vars(self).items() if name in GOING_ON}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on with what another runner had."""
        self.__dict__.update(state)

    def take_door(self, door: ScalarizedVectorEnv) -> None:
        """Go on with the environments of another runner."""
        self._door.close()
        self.env.env = self._door = door

    def recent_returns(self) -> Float[np.ndarray, "courses objectives"]:
        """Undiscounted return vectors of the courses that finished last."""
        objectives = self._door.preferences.shape[1]
        return np.array(self._door.return_vectors).reshape(-1, objectives)

    def _sample(
        self,
        *,
        num_timesteps: int | None = None,
        num_episodes: int | None = None,
        explore: bool,
        random_actions: bool = False,
        force_reset: bool = False,
    ) -> Fragment:
        if num_timesteps is None or random_actions or not explore:
            raise ValueError(
                "columns are sampled by steps, from the exploring policy; asked for "
                f"{num_episodes} episodes, {explore=}, {random_actions=}. "
                "Judge a policy with dosefront.evaluate."
            )
        if force_reset or self._needs_initial_reset:
            seed = self._seed if self._needs_initial_reset else None
            self._observations, _ = self._door.reset(seed=seed)
            self._ended = np.zeros(self.num_envs, bool)
            self._courses = np.zeros(self.num_envs, np.int64)
            self._decisions = np.zeros(self.num_envs, np.int64)
            self._needs_initial_reset = False
        fragment = self._roll_out(-(-num_timesteps // self.num_envs))
        self._log(fragment)
        return fragment

    def _roll_out(self, steps: int) -> Fragment:
        space, shape = self._door.single_observation_space, (steps, self.num_envs)
        observations = np.empty((steps + 1, self.num_envs, *space.shape), np.float32)  # type: ignore[misc]  # space is untyped
        channels = self.module.channels
        rewards, mixes = (np.ones((*shape, channels), np.float32) for _ in range(2))
        terminated, truncated, decided = (np.empty(shape, bool) for _ in range(3))
        occasions = np.empty(shape, np.int64)
        actions = []
        for step in range(steps):
            observations[step] = self._observations
            decided[step] = ~self._ended
            occasions[step] = self._occasions()
            if channels > 1:
                mixes[step] = self._door.preferences
            with torch.inference_mode():
                drawn = self.module.explore(
                    torch.from_numpy(self._observations), self._actions, steps=self._steps
                ).numpy()
            actions.append(drawn)
            self._observations, scalars, terminated[step], truncated[step], _ = self._door.step(
                self.module.head.given(drawn)
            )
            rewards[step] = self._door.vectors if channels > 1 else scalars[:, None]
            self._decisions = np.where(self._ended, 0, self._decisions + 1)
            self._courses += self._ended
            self._ended = terminated[step] | truncated[step]
            self._steps += self.num_envs
        observations[steps] = self._observations
        outcome = (rewards, mixes, terminated, truncated, decided, occasions)
        columns = (observations, np.array(actions), *outcome)
        return Fragment(*(column.swapaxes(0, 1) for column in columns))

    def _occasions(self) -> Int[np.ndarray, " envs"]:
        """Family, course and number of the decision, in one number."""
        first = self.num_envs * (self.worker_index or 0)
        families = first + np.arange(self.num_envs) // self._twins
        return (families * MOST_COURSES + self._courses) * MOST_DECISIONS + self._decisions

    def _log(self, fragment: Fragment) -> None:
        ended = fragment.terminated | fragment.truncated
        self._increase_sampled_metrics(int(fragment.decided.sum()), int(ended.sum()))
        if self._door.scalar_returns:
            mean: Any = np.mean(self._door.scalar_returns)
            self.metrics.log_value(EPISODE_RETURN_MEAN, mean, window=1)
