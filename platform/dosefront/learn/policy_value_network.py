"""Two perceptrons that share nothing: one acts, one values."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from jaxtyping import Float
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import InferenceOnlyAPI, ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn

HIDDEN_GAIN, POLICY_GAIN, VALUE_GAIN = math.sqrt(2.0), 0.01, 1.0
"""Gains of orthogonal initialization; with a small last one the first policy is nearly uniform.
Andrychowicz et al. (2021), arXiv:2006.05990."""


class PolicyValueNetwork(TorchRLModule, ValueFunctionAPI, InferenceOnlyAPI):  # type: ignore[misc]  # Ray is untyped
    """RLlib's module for discrete actions; ``model_config["hidden"]`` are the hidden layers."""

    def setup(self) -> None:
        """Build both networks; RLlib drops ``value`` where only actions are needed."""
        hidden = self.model_config["hidden"]
        features = self.observation_space.shape[0]
        self.policy = perceptron(
            [features, *hidden, int(self.action_space.n)], last_gain=POLICY_GAIN
        )
        self.value = perceptron([features, *hidden, 1], last_gain=VALUE_GAIN)

    def get_non_inference_attributes(self) -> list[str]:
        """What sampling does without."""
        return ["value"]

    def compute_values(
        self, batch: dict[str, Any], embeddings: Any = None
    ) -> Float[Tensor, "*rows"]:
        """Value of each observation."""
        values: Tensor = self.value(batch[Columns.OBS])
        return values.squeeze(-1)

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {Columns.ACTION_DIST_INPUTS: self.policy(batch[Columns.OBS])}


def perceptron(sizes: Sequence[int], *, last_gain: float) -> nn.Sequential:
    """Linear layers with tanh between them, initialized orthogonally."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    for layer in linear:
        nn.init.orthogonal_(layer.weight, last_gain if layer is linear[-1] else HIDDEN_GAIN)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers[:-1])
