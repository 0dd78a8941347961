"""Algorithms that learn from replayed columns under preferences drawn anew."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from torch import Tensor, nn

from dosefront.learn.column_algorithm import ColumnAlgorithm
from dosefront.learn.column_learner import ColumnLearner, Minibatch
from dosefront.learn.column_runner import ColumnEnvRunner
from dosefront.learn.fragment import Fragment
from dosefront.learn.replay import Replay


class ColumnReplayConfig(AlgorithmConfig):  # type: ignore[misc]  # Ray is untyped
    """RLlib's configuration with our runner, and what a replay needs."""

    def __init__(self, algo_class: type | None = None) -> None:
        super().__init__(algo_class or ColumnReplay)
        self.env_runner_cls = ColumnEnvRunner
        self.parts: tuple[type, type] | None = None
        self.capacity = self.batch = self.learning_starts = 1
        self.training_intensity = self.target_rate = 1.0
        self.least: tuple[float, ...] = ()

    def replaying(
        self,
        *,
        network: type,
        learner: type,
        capacity: int,
        batch: int,
        learning_starts: int,
        training_intensity: float,
        target_rate: float,
        least: tuple[float, ...],
    ) -> Self:
        """What is learned, how often each transition is replayed, and the least weights."""
        self.parts = (network, learner)
        self.capacity, self.batch, self.learning_starts = capacity, batch, learning_starts
        self.training_intensity, self.target_rate = training_intensity, target_rate
        self.least = least
        return self

    def get_default_learner_class(self) -> Any:
        """The learner of the algorithm's choice."""
        return self.parts and self.parts[1]

    def get_default_rl_module_spec(self) -> RLModuleSpec:
        """The network of the algorithm's choice."""
        return RLModuleSpec(module_class=self.parts and self.parts[0])


class ColumnReplay(ColumnAlgorithm):
    """Keeps fragments, and replays them as often as its configuration says."""

    def setup(self, config: Any) -> None:
        """Build the algorithm and an empty replay."""
        super().setup(config)
        self._replay = Replay(self.config.capacity)
        self._generator = np.random.default_rng(self.config.seed)
        self._owed = 0.0

    def get_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The stock algorithm's, and the replay."""
        replay = (self._replay, self._generator, self._owed)
        return {**super().get_state(*args, **kwargs), "column_replay": replay}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take what another algorithm had."""
        super().set_state(state)
        self._replay, self._generator, self._owed = state["column_replay"]

    def lesson(self, fragment: Fragment) -> Mapping[str, Any] | None:
        """So many transitions that each is replayed as often as it should be on average."""
        self._replay.add(fragment)
        if self._replay.size < self.config.learning_starts:
            return None
        batch = self.config.batch
        self._owed += self.config.training_intensity * int(fragment.decided.sum()) / batch
        updates, self._owed = divmod(self._owed, 1.0)
        return self._replay.draw(int(updates) * batch, self._generator) if updates else None


class ReplayLearner(ColumnLearner):
    """Learns transitions, each under another preference than it was lived through with.

    The preference stands behind the features of an observation; a reward vector is the same under
    any. Abels et al. (2019), arXiv:1809.07803.
    """

    optimizer_options = {"eps": 1e-5}  # noqa: RUF012  never changed

    def minibatches(self, columns: dict[str, Any]) -> Iterator[Minibatch]:
        """One after the other."""
        rows = {name: torch.from_numpy(np.asarray(column)) for name, column in columns.items()}
        for start in range(0, len(rows["rewards"]), self.config.batch):
            yield {name: row[start : start + self.config.batch] for name, row in rows.items()}

    def drawn_preferences(self, count: int) -> Float[Tensor, "count objectives"]:
        """Uniform where no objective weighs less than it must: exponentials over their sum."""
        least = torch.tensor(self.config.least)
        draws = torch.empty(count, len(least)).exponential_(generator=self._generator)
        return least + (1.0 - least.sum()) * draws / draws.sum(dim=1, keepdim=True)

    @torch.no_grad()
    def follow(self, target: nn.Module, source: nn.Module) -> None:
        """Move a target network a little towards what it follows."""
        torch._foreach_lerp_(
            list(target.parameters()), list(source.parameters()), self.config.target_rate
        )
