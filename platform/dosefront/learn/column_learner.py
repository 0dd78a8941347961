"""PPO's update on columns: advantages in one sweep, then few large minibatches."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from ray.rllib.algorithms.ppo.ppo import PPOConfig
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns
from ray.rllib.core.learner.learner import ENTROPY_KEY, POLICY_LOSS_KEY, VF_LOSS_KEY
from ray.rllib.core.learner.training_data import TrainingData
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.policy.sample_batch import MultiAgentBatch, SampleBatch
from torch import Tensor

from dosefront.learn.advantages import generalised_advantages
from dosefront.learn.discrete_actions import entropy, log_probability
from dosefront.learn.fragment import Fragment
from dosefront.learn.surrogate import clipped_surrogate
from dosefront.learn.twins import beyond_twins

ADAM_EPSILON = 1e-5
SMALLEST_SPREAD = 1e-4
"""Advantages are divided by their standard deviation, but by no less than this."""


class ColumnPPOLearner(PPOTorchLearner):  # type: ignore[misc]  # Ray is untyped
    """RLlib's learner, fed with a :class:`Fragment` as a batch of one row per environment."""

    def build(self) -> None:
        """Build the stock learner, and the generator that shuffles minibatches."""
        super().build()
        self._shuffle = torch.Generator().manual_seed(self.config.seed or 0)

    def configure_optimizers_for_module(self, module_id: str, config: Any = None) -> None:
        """Adam in one fused kernel: the stock one loops over twelve small tensors in Python."""
        parameters = self.get_parameters(self.module[module_id])
        self.register_optimizer(
            module_id=module_id,
            optimizer=torch.optim.Adam(parameters, eps=ADAM_EPSILON, fused=True),
            params=parameters,
            lr_or_lr_schedule=config.lr,
        )

    def compute_loss_for_module(
        self, *, module_id: str, config: PPOConfig, batch: Any, fwd_out: dict[str, Tensor]
    ) -> Float[Tensor, ""]:
        """Minus the clipped surrogate, plus the critic's squared error, less the entropy bonus."""
        logits = fwd_out[Columns.ACTION_DIST_INPUTS]
        log_ratio = log_probability(logits, batch[Columns.ACTIONS]) - batch[Columns.ACTION_LOGP]
        surrogate = clipped_surrogate(
            log_ratio, batch[Postprocessing.ADVANTAGES], clip=config.clip_param
        ).mean()
        values = self.module[module_id].unwrapped().compute_values(batch)
        value_loss = (values - batch[Postprocessing.VALUE_TARGETS]).square().mean()
        spread = entropy(logits).mean()
        self.metrics.log_dict(
            {POLICY_LOSS_KEY: -surrogate, VF_LOSS_KEY: value_loss, ENTROPY_KEY: spread},
            key=module_id,
            window=1,
        )
        bonus = self.entropy_coeff_schedulers_per_module[module_id].get_current_value()
        loss: Tensor = -surrogate + config.vf_loss_coeff * value_loss - bonus * spread
        return loss

    def _create_iterator_if_necessary(
        self, *, training_data: TrainingData, num_epochs: int, minibatch_size: int, **_: Any
    ) -> Iterator[MultiAgentBatch]:
        columns = training_data.batch.policy_batches[DEFAULT_MODULE_ID]
        rows = self._rows(Fragment(**columns))
        count = len(rows[Columns.OBS])
        parts = max(1, round(count / minibatch_size))
        for _epoch in range(num_epochs):
            order = torch.randperm(count, generator=self._shuffle)
            for chosen in order.tensor_split(parts):
                minibatch = SampleBatch({name: column[chosen] for name, column in rows.items()})
                yield MultiAgentBatch({DEFAULT_MODULE_ID: minibatch}, env_steps=len(chosen))

    @torch.no_grad()
    def _rows(self, fragment: Fragment) -> dict[str, Tensor]:
        """The decisions of a fragment as rows, with what the loss needs to know about each."""
        module, config = self.module[DEFAULT_MODULE_ID].unwrapped(), self.config
        observations = torch.from_numpy(np.ascontiguousarray(fragment.observations))
        values = module.compute_values({Columns.OBS: observations}).numpy()
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
            Columns.ACTION_LOGP: log_probability(module.policy(observations), actions),
            Postprocessing.ADVANTAGES: torch.from_numpy(_standardized(gains)),
            Postprocessing.VALUE_TARGETS: torch.from_numpy((advantages + values[:, :-1])[decided]),
        }


def _standardized(advantages: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    spread = max(SMALLEST_SPREAD, advantages.std())
    return ((advantages - advantages.mean()) / spread).astype(np.float32)
