"""PPO's update on columns: advantages in one sweep, then few large minibatches."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from ray.rllib.core.columns import Columns
from ray.rllib.core.learner.learner import ENTROPY_KEY, POLICY_LOSS_KEY, VF_LOSS_KEY
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.utils.metrics import NUM_ENV_STEPS_SAMPLED_LIFETIME
from ray.rllib.utils.schedules.scheduler import Scheduler
from torch import Tensor

from dosefront.learn.advantages import generalised_advantages
from dosefront.learn.column_learner import ColumnLearner, Minibatch
from dosefront.learn.fragment import Fragment
from dosefront.learn.surrogate import clipped_surrogate
from dosefront.learn.twins import beyond_twins

SMALLEST_SPREAD = 1e-4
"""Advantages are divided by their standard deviation, but by no less than this."""


class ColumnPPOLearner(ColumnLearner):
    """Learns from a :class:`Fragment`: each channel's advantage, mixed as the fragment says."""

    optimizer_options = {"eps": 1e-5}  # noqa: RUF012  never changed

    def build(self) -> None:
        """Build the learner, and the schedule of the entropy bonus."""
        super().build()
        self._bonuses = Scheduler(self.config.entropy_coeff, framework="torch")
        self._bonus = float(self._bonuses.get_current_value())

    def update(self, training_data: Any, *, timesteps: Any = None, **rest: Any) -> Any:
        """Learn from a batch under the bonus that is due."""
        if timesteps:
            self._bonus = float(self._bonuses.update(timesteps[NUM_ENV_STEPS_SAMPLED_LIFETIME]))
        return super().update(training_data, timesteps=timesteps, **rest)

    def minibatches(self, columns: dict[str, Any]) -> Iterator[Minibatch]:
        """Every decision once an epoch, in another order each time."""
        rows = self._rows(Fragment(**columns))
        self.network.follow(rows[Columns.OBS])  # after its rows, whose actions were drawn before
        count = len(rows[Columns.OBS])
        parts = max(1, round(count / self.config.minibatch_size))
        for _epoch in range(self.config.num_epochs):
            order = torch.randperm(count, generator=self._generator)
            for chosen in order.tensor_split(parts):
                yield {name: column[chosen] for name, column in rows.items()}

    def learn(self, minibatch: Minibatch) -> dict[str, Tensor]:
        """Minus the clipped surrogate, plus the critic's squared error, less the entropy bonus."""
        network, head = self.network, self.network.head
        outputs = network.outputs(minibatch[Columns.OBS])
        log_ratio = (
            head.log_probability(outputs, minibatch[Columns.ACTIONS])
            - minibatch[Columns.ACTION_LOGP]
        )
        surrogate = clipped_surrogate(
            log_ratio, minibatch[Postprocessing.ADVANTAGES], clip=self.config.clip_param
        ).mean()
        values = network.compute_values(minibatch)
        value_loss = (values - minibatch[Postprocessing.VALUE_TARGETS]).square().mean()
        loss = -surrogate + self.config.vf_loss_coeff * value_loss
        logged = {POLICY_LOSS_KEY: -surrogate.detach(), VF_LOSS_KEY: value_loss.detach()}
        if self._bonus > 0.0:
            entropy = head.entropy(outputs).mean()
            loss = loss - self._bonus * entropy
            logged[ENTROPY_KEY] = entropy.detach()
        self.descend(loss)
        return logged

    @torch.no_grad()
    def _rows(self, fragment: Fragment) -> dict[str, Tensor]:
        """The decisions of a fragment as rows, with what the loss needs to know about each."""
        network, config = self.network, self.config
        observations = torch.from_numpy(np.ascontiguousarray(fragment.observations))
        values = network.compute_values({Columns.OBS: observations}).numpy()
        advantages = generalised_advantages(
            fragment, values, discount=config.gamma, gae_lambda=config.lambda_
        )
        decided = fragment.decided
        gains = beyond_twins(advantages[decided], fragment.occasions[decided])
        observations = observations[:, :-1][torch.from_numpy(np.ascontiguousarray(decided))]
        actions = torch.from_numpy(fragment.actions[decided])
        return {
            Columns.OBS: observations,
            Columns.ACTIONS: actions,
            Columns.ACTION_LOGP: network.head.log_probability(
                network.outputs(observations), actions
            ),
            Postprocessing.ADVANTAGES: torch.from_numpy(_mixed(gains, fragment.mixes[decided])),
            Postprocessing.VALUE_TARGETS: torch.from_numpy((advantages + values[:, :-1])[decided]),
        }


def _mixed(
    advantages: Float[np.ndarray, "rows channels"], mixes: Float[np.ndarray, "rows channels"]
) -> Float[np.ndarray, " rows"]:
    """Each row's advantages, mixed and divided by the spread that its mix has over all rows.

    A preference for what moves little is then learned as fast as one for what moves much.
    """
    covariance = np.atleast_2d(np.cov(advantages, rowvar=False, ddof=0))
    variance = ((mixes @ covariance) * mixes).sum(axis=1)
    mixed = ((advantages - advantages.mean(axis=0)) * mixes).sum(axis=1)
    return (mixed / np.sqrt(np.maximum(SMALLEST_SPREAD**2, variance))).astype(np.float32)
