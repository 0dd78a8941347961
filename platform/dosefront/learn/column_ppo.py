"""PPO on columns instead of episodes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from ray.rllib.algorithms.ppo import PPO, PPOConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec

from dosefront.learn.column_algorithm import ColumnAlgorithm
from dosefront.learn.column_runner import ColumnEnvRunner
from dosefront.learn.fragment import Fragment
from dosefront.learn.multipliers import Multipliers
from dosefront.learn.policy_value_network import PolicyValueNetwork
from dosefront.learn.ppo_learner import ColumnPPOLearner


class ColumnPPOConfig(PPOConfig):  # type: ignore[misc]  # Ray is untyped
    """RLlib's configuration of PPO with our runner, learner and network."""

    def __init__(self, algo_class: type | None = None) -> None:
        super().__init__(algo_class or ColumnPPO)
        self.env_runner_cls = ColumnEnvRunner
        self.use_kl_loss = False

    def get_default_learner_class(self) -> type[ColumnPPOLearner]:
        """The learner that takes columns."""
        return ColumnPPOLearner

    def get_default_rl_module_spec(self) -> RLModuleSpec:
        """Two separate perceptrons; ``model_config`` says the layers."""
        return RLModuleSpec(module_class=PolicyValueNetwork)


class ColumnPPO(ColumnAlgorithm, PPO):  # type: ignore[misc]  # Ray is untyped
    """PPO whose runners hand the learner a :class:`Fragment`.

    With multipliers, the advantages are mixed as those say instead of by the preference.
    """

    multipliers: Multipliers | None = None

    @classmethod
    def get_default_config(cls) -> ColumnPPOConfig:
        """The configuration to build on."""
        return ColumnPPOConfig()

    def lesson(self, fragment: Fragment) -> Mapping[str, Any]:
        """The fragment itself."""
        if self.multipliers is not None:
            mix = np.float32(self.multipliers.mix)
            fragment = fragment._replace(mixes=np.broadcast_to(mix, fragment.mixes.shape))
        return fragment._asdict()
