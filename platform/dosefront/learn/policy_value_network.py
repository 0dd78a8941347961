"""Two perceptrons that share nothing: one acts, one values."""

from typing import Any

import torch
from jaxtyping import Float, Shaped
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import InferenceOnlyAPI, ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn

from dosefront.learn.action_heads import Gaussian, action_head, opened
from dosefront.learn.networks import POLICY_GAIN, VALUE_GAIN, perceptron
from dosefront.learn.standardisation import Standardisation, scale_of_preferences

FIRST_LOG_DEVIATION = -0.5
"""Logarithm of the standard deviation at first, where a range of actions goes from -1 to 1."""


class PolicyValueNetwork(TorchRLModule, ValueFunctionAPI, InferenceOnlyAPI):  # type: ignore[misc]  # Ray is untyped
    """RLlib's module of PPO on columns.

    ``model_config`` says the ``hidden`` layers, how many ``channels`` the critic values, and how
    many entries at an observation's end say which actions are open (``masks``), and may ask for
    features on one scale (``standardise``). Where a preference stands before the masks, ``least``
    holds the least weights, and the preference is shown on one scale in any case: as it is it
    moves less than most features, and its ends are learned late.
    """

    def setup(self) -> None:
        """Build both networks; RLlib drops ``value`` where only actions are needed."""
        hidden, self._masks = self.model_config["hidden"], self.model_config["masks"]
        self.channels = self.model_config["channels"]
        self.head = action_head(self.action_space)
        self._inputs = self.observation_space.shape[0] - self._masks
        self._follows, least = self.model_config.get("standardise"), self.model_config.get("least")
        self.standardisation = Standardisation(self._inputs) if self._follows or least else None
        if self.standardisation is not None and least:
            self.standardisation.preset(*scale_of_preferences(least))
        outputs = self.head.outputs
        if isinstance(self.head, Gaussian):
            outputs //= 2
            self.log_deviation = nn.Parameter(torch.full((outputs,), FIRST_LOG_DEVIATION))
        self.policy = perceptron([self._inputs, *hidden, outputs], last_gain=POLICY_GAIN)
        self.value = perceptron([self._inputs, *hidden, self.channels], last_gain=VALUE_GAIN)

    def get_non_inference_attributes(self) -> list[str]:
        """What sampling does without."""
        return ["value"]

    def outputs(self, observations: Float[Tensor, "*rows shown"]) -> Float[Tensor, "*rows outputs"]:
        """What the action head reads."""
        raw: Tensor = self.policy(self._features(observations))
        if self._masks:
            return opened(raw, observations[..., self._inputs :])
        if isinstance(self.head, Gaussian):
            return torch.cat([raw, self.log_deviation.expand_as(raw)], dim=-1)
        return raw

    def explore(
        self, observations: Float[Tensor, "rows shown"], generator: torch.Generator, *, steps: int
    ) -> Shaped[Tensor, "rows ..."]:
        """An action drawn from the policy for each observation."""
        return self.head.draw(self.outputs(observations), generator)

    def compute_values(
        self, batch: dict[str, Any], embeddings: Any = None
    ) -> Float[Tensor, "*rows channels"]:
        """Value of each observation, channel by channel."""
        values: Tensor = self.value(self._features(batch[Columns.OBS]))
        return values

    def follow(self, observations: Float[Tensor, "rows shown"]) -> None:
        """Let the features' scale, where one is kept, take further observations into account."""
        if self.standardisation is not None and self._follows:
            self.standardisation.follow(observations[:, : self._inputs])

    def _features(
        self, observations: Float[Tensor, "*rows shown"]
    ) -> Float[Tensor, "*rows features"]:
        features = observations[..., : self._inputs]
        return features if self.standardisation is None else self.standardisation(features)

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {Columns.ACTION_DIST_INPUTS: self.outputs(batch[Columns.OBS])}
