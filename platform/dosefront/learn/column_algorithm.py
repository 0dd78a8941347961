"""What algorithms on columns share; all else (checkpoints, metrics, weights) is RLlib's."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import DEFAULT_MODULE_ID
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

from dosefront.learn.divergence import DivergedError
from dosefront.learn.fragment import Fragment, joined


class ColumnAlgorithm(Algorithm):  # type: ignore[misc]  # Ray is untyped
    """Samples a fragment, learns from what becomes of it, hands the weights to the runners."""

    recent_returns: Float[np.ndarray, "courses objectives"] = np.zeros((0, 0))
    """Return vectors of the training courses that finished last."""

    def training_step(self) -> None:
        """One iteration."""
        with self.metrics.log_time((TIMERS, ENV_RUNNER_SAMPLING_TIMER)):
            sampled = self._sampled()
        if not sampled:
            return
        self.metrics.aggregate([results for _, results, _ in sampled], key=ENV_RUNNER_RESULTS)
        self.recent_returns = np.concatenate([returns for _, _, returns in sampled])
        fragment = joined([fragment for fragment, _, _ in sampled])
        if not np.isfinite(fragment.rewards).all():
            raise DivergedError.from_columns("a reward is not finite", fragment._asdict())
        with self.metrics.log_time((TIMERS, LEARNER_UPDATE_TIMER)):
            columns = self.lesson(fragment)
            if columns is None:
                return
            batch = MultiAgentBatch(
                {DEFAULT_MODULE_ID: SampleBatch(columns)}, env_steps=int(fragment.decided.sum())
            )
            timesteps = {NUM_ENV_STEPS_SAMPLED_LIFETIME: self.lifetime_steps()}
            results = self.learner_group.update(batch=batch, timesteps=timesteps)
            self.metrics.aggregate(results, key=LEARNER_RESULTS)
        with self.metrics.log_time((TIMERS, SYNCH_WORKER_WEIGHTS_TIMER)):
            self.env_runner_group.sync_weights(
                from_worker_or_learner_group=self.learner_group,
                policies={DEFAULT_MODULE_ID},
                inference_only=True,
            )

    def lesson(self, fragment: Fragment) -> Mapping[str, Any] | None:
        """What the learner takes, as columns; None while there is too little to learn from."""
        return fragment._asdict()

    def lifetime_steps(self) -> int:
        """Environment steps sampled so far."""
        return int(self.metrics.peek((ENV_RUNNER_RESULTS, NUM_ENV_STEPS_SAMPLED_LIFETIME)))

    def _sampled(self) -> list[tuple[Fragment, Any, Any]]:
        """A fragment, the metrics and the recent returns of every runner."""
        group = self.env_runner_group
        if group.num_remote_workers() == 0:
            runner = group.local_env_runner
            return [(runner.sample(), runner.get_metrics(), runner.recent_returns())]
        sampled: list[tuple[Fragment, Any, Any]] = group.foreach_env_runner(
            lambda runner: (runner.sample(), runner.get_metrics(), runner.recent_returns()),
            local_env_runner=False,
            timeout_seconds=self.config.sample_timeout_s,
        )
        return sampled
