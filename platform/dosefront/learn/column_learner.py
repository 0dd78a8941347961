"""RLlib's learner on columns: its module, optimizer and checkpoints, and a loop of our own."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from torch import Tensor, nn

from dosefront.learn.divergence import DivergedError

Minibatch = dict[str, Tensor]


class ColumnLearner(TorchLearner):  # type: ignore[misc]  # Ray is untyped
    """Takes a batch of columns and makes all its updates in one call.

    RLlib's own loop wraps each minibatch into several objects and logs a dozen metrics for it: as
    much work again as the gradient of a small network.
    """

    optimizer_options: dict[str, Any]
    """Of Adam."""

    def build(self) -> None:
        """Build the stock learner, and the generator that draws minibatches."""
        super().build()
        self._generator = torch.Generator().manual_seed(self.config.seed or 0)

    def get_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The stock learner's, and the generator."""
        return {**super().get_state(*args, **kwargs), "generator": self._generator.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take what another learner had; weights may come alone."""
        super().set_state(state)
        if "generator" in state:
            self._generator.set_state(state["generator"])

    def configure_optimizers_for_module(self, module_id: str, config: Any = None) -> None:
        """Adam in one fused kernel: the stock one loops over many small tensors in Python."""
        for name, parameters in self.parameter_groups().items():
            self.register_optimizer(
                module_id=module_id,
                optimizer_name=name,
                optimizer=torch.optim.Adam(parameters, fused=True, **self.optimizer_options),
                params=parameters,
                lr_or_lr_schedule=config.lr,
            )

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """The parameters of each optimizer."""
        return {"default_optimizer": self.get_parameters(self.module[DEFAULT_MODULE_ID])}

    @property
    def network(self) -> Any:
        """The module that learns."""
        return self.module[DEFAULT_MODULE_ID].unwrapped()

    def update(self, training_data: Any, *, timesteps: Any = None, **_: Any) -> Any:
        """Learn from a batch.

        Raises:
            DivergedError: a loss is not finite; the weights are no longer of use.
        """
        columns = training_data.batch.policy_batches[DEFAULT_MODULE_ID]
        self._weights_seq_no += 1
        losses: list[dict[str, Tensor]] = []
        for minibatch in self.minibatches(columns):
            losses.append(self.learn(minibatch))
        if losses:
            means = {
                name: float(torch.stack([each[name] for each in losses]).mean())
                for name in losses[-1]
            }
            if not np.isfinite(list(means.values())).all():
                raise DivergedError.from_columns(f"losses are {means}", columns)
            self.metrics.log_dict(means, key=DEFAULT_MODULE_ID, window=1)
        return self.metrics.reduce()

    def descend(self, loss: Float[Tensor, ""], name: str = "default_optimizer") -> None:
        """One step of an optimizer along the gradient, whose norm is bounded."""
        optimizer = self.get_optimizer(DEFAULT_MODULE_ID, name)
        parameters = optimizer.param_groups[0]["params"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        nn.utils.clip_grad_norm_(parameters, self.config.grad_clip)
        optimizer.step()

    @abstractmethod
    def minibatches(self, columns: dict[str, Any]) -> Iterator[Minibatch]:
        """The minibatches of a batch, in the order in which they are learned."""

    @abstractmethod
    def learn(self, minibatch: Minibatch) -> dict[str, Tensor]:
        """Update the networks; what comes back is logged."""

    def compute_loss_for_module(self, **_: Any) -> Float[Tensor, ""]:
        """Not used: `update` does not come by here."""
        raise NotImplementedError("columns are learned by `learn`")
