"""PPO on columns instead of episodes; all else (checkpoints, schedules, metrics) is RLlib's."""

from typing import Any

from ray.rllib.algorithms.ppo import PPO, PPOConfig
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.policy.sample_batch import MultiAgentBatch, SampleBatch
from ray.rllib.utils.metrics import (
    ENV_RUNNER_RESULTS,
    ENV_RUNNER_SAMPLING_TIMER,
    LEARNER_RESULTS,
    LEARNER_UPDATE_TIMER,
    NUM_ENV_STEPS_SAMPLED_LIFETIME,
    SYNCH_WORKER_WEIGHTS_TIMER,
    TIMERS,
)

from dosefront.learn.column_learner import ColumnPPOLearner
from dosefront.learn.column_runner import ColumnEnvRunner
from dosefront.learn.fragment import Fragment, joined
from dosefront.learn.policy_value_network import PolicyValueNetwork


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
        """Two separate perceptrons; ``model_config`` says ``hidden``."""
        return RLModuleSpec(module_class=PolicyValueNetwork)


class ColumnPPO(PPO):  # type: ignore[misc]  # Ray is untyped
    """PPO whose runners hand the learner a :class:`Fragment`."""

    @classmethod
    def get_default_config(cls) -> ColumnPPOConfig:
        """The configuration to build on."""
        return ColumnPPOConfig()

    def training_step(self) -> None:
        """Sample a fragment, learn from it, and hand the new weights to the runners."""
        with self.metrics.log_time((TIMERS, ENV_RUNNER_SAMPLING_TIMER)):
            sampled = self._sampled()
        if not sampled:
            return
        self.metrics.aggregate([results for _, results in sampled], key=ENV_RUNNER_RESULTS)
        fragment = joined([fragment for fragment, _ in sampled])
        with self.metrics.log_time((TIMERS, LEARNER_UPDATE_TIMER)):
            results = self.learner_group.update(
                batch=_batch(fragment),
                timesteps={NUM_ENV_STEPS_SAMPLED_LIFETIME: self._lifetime_steps()},
                num_epochs=self.config.num_epochs,
                minibatch_size=self.config.minibatch_size,
            )
            self.metrics.aggregate(results, key=LEARNER_RESULTS)
        with self.metrics.log_time((TIMERS, SYNCH_WORKER_WEIGHTS_TIMER)):
            self.env_runner_group.sync_weights(
                from_worker_or_learner_group=self.learner_group,
                policies={DEFAULT_MODULE_ID},
                inference_only=True,
            )

    def _sampled(self) -> list[tuple[Fragment, Any]]:
        """A fragment and the metrics of every runner."""
        group = self.env_runner_group
        if group.num_remote_workers() == 0:
            runner = group.local_env_runner
            return [(runner.sample(), runner.get_metrics())]
        sampled: list[tuple[Fragment, Any]] = group.foreach_env_runner(
            lambda runner: (runner.sample(), runner.get_metrics()),
            local_env_runner=False,
            timeout_seconds=self.config.sample_timeout_s,
        )
        return sampled

    def _lifetime_steps(self) -> int:
        return int(self.metrics.peek((ENV_RUNNER_RESULTS, NUM_ENV_STEPS_SAMPLED_LIFETIME)))


def _batch(fragment: Fragment) -> MultiAgentBatch:
    columns = SampleBatch(fragment._asdict())
    return MultiAgentBatch({DEFAULT_MODULE_ID: columns}, env_steps=int(fragment.decided.sum()))
