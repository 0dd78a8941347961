"""Soft actor-critic of reward vectors for every preference at once.

Haarnoja et al. (2018), arXiv:1812.05905, with critics that value every objective by itself. The
entropy is paid to each objective alike; since weights sum to 1, the weighed sum gets it once.
"""

import copy
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import InferenceOnlyAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn

from dosefront.evaluate import ActionForm
from dosefront.learn.action_heads import Gaussian, squashed_log_probability
from dosefront.learn.column_learner import Minibatch
from dosefront.learn.column_replay import ReplayLearner
from dosefront.learn.networks import POLICY_GAIN, VALUE_GAIN, perceptron

LOG_DEVIATIONS = (-5.0, 2.0)
"""Bounds of the logarithm of the standard deviation, before squashing."""
FIRST_LOG_TEMPERATURE = -2.0


class SoftNetwork(TorchRLModule, InferenceOnlyAPI):  # type: ignore[misc]  # Ray is untyped
    """A policy and two critics, each given an observation with the preference at its end.

    ``model_config`` says the ``hidden`` layers and the ``channels`` (objectives).
    """

    def setup(self) -> None:
        """Build the networks, and the targets that follow the critics."""
        hidden, self.channels = self.model_config["hidden"], self.model_config["channels"]
        inputs = self.observation_space.shape[0]
        self.head = SquashedGaussian(self.action_space)
        numbers = self.head.outputs // 2
        self.policy = perceptron(
            [inputs, *hidden, self.head.outputs], last_gain=POLICY_GAIN, activation=nn.ReLU
        )
        self.critics = nn.ModuleList(
            perceptron(
                [inputs + numbers, *hidden, self.channels],
                last_gain=VALUE_GAIN,
                activation=nn.ReLU,
            )
            for _ in range(2)
        )
        self.targets = copy.deepcopy(self.critics).requires_grad_(requires_grad=False)
        self.log_temperature = nn.Parameter(torch.tensor(FIRST_LOG_TEMPERATURE))

    def get_non_inference_attributes(self) -> list[str]:
        """What sampling does without."""
        return ["critics", "targets", "log_temperature"]

    def preferences(
        self, observations: Float[Tensor, "rows shown"]
    ) -> Float[Tensor, "rows objectives"]:
        """The preference in each observation."""
        return observations[:, -self.channels :]

    def asked(
        self,
        observations: Float[Tensor, "rows shown"],
        preferences: Float[Tensor, "rows objectives"],
    ) -> Float[Tensor, "rows shown"]:
        """The observations with other preferences in them."""
        return torch.cat([observations[:, : -self.channels], preferences], dim=1)

    def outputs(self, observations: Float[Tensor, "rows shown"]) -> Float[Tensor, "rows outputs"]:
        """Means and logarithms of deviations, before squashing."""
        means, logs = self.policy(observations).chunk(2, dim=-1)
        return torch.cat([means, logs.clamp(*LOG_DEVIATIONS)], dim=-1)

    def drawn(
        self, observations: Float[Tensor, "rows shown"], generator: torch.Generator
    ) -> tuple[Float[Tensor, "rows numbers"], Float[Tensor, " rows"]]:
        """An action for each observation, differentiable, and its log density."""
        outputs = self.outputs(observations)
        raw = self.head.raw(outputs, generator)
        return torch.tanh(raw), squashed_log_probability(outputs, raw)

    def explore(
        self, observations: Float[Tensor, "rows shown"], generator: torch.Generator, *, steps: int
    ) -> Float[Tensor, "rows numbers"]:
        """An action drawn from the policy for each observation."""
        return self.head.draw(self.outputs(observations), generator)

    def values(
        self,
        critics: nn.ModuleList,
        observations: Float[Tensor, "rows shown"],
        actions: Float[Tensor, "rows numbers"],
    ) -> Float[Tensor, "critics rows objectives"]:
        """Value vectors, critic by critic."""
        inputs = torch.cat([observations, actions], dim=1)
        return torch.stack([critic(inputs) for critic in critics])

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {Columns.ACTION_DIST_INPUTS: self.outputs(batch[Columns.OBS])}


class SquashedGaussian(Gaussian):
    """Numbers that the hyperbolic tangent brings into the box."""

    def __init__(self, space: Any) -> None:
        super().__init__(space)
        low, high = (tuple(np.ravel(end).tolist()) for end in (space.low, space.high))
        self.form = ActionForm("Box", low=low, high=high, is_squashed=True)

    def raw(
        self, outputs: Float[Tensor, "rows outputs"], generator: torch.Generator
    ) -> Float[Tensor, "rows numbers"]:
        """What is drawn before squashing."""
        return super().draw(outputs, generator)

    def draw(
        self, outputs: Float[Tensor, "rows outputs"], generator: torch.Generator
    ) -> Float[Tensor, "rows numbers"]:
        """Between -1 and 1."""
        return torch.tanh(self.raw(outputs, generator))


class ConditionedSACLearner(ReplayLearner):
    """Critics towards the soft value of what follows, the policy towards what they value."""

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Critics, policy and temperature; the targets only follow."""
        network = self.network
        return {
            "critics": list(network.critics.parameters()),
            "policy": list(network.policy.parameters()),
            "temperature": [network.log_temperature],
        }

    def learn(self, minibatch: Minibatch) -> dict[str, Tensor]:
        """One step of each."""
        network, rewards = self.network, minibatch["rewards"]
        preferences = self.drawn_preferences(len(rewards))
        observations = network.asked(minibatch["observations"], preferences)
        targets = self._targets(minibatch, preferences)
        values = network.values(network.critics, observations, minibatch["actions"])
        critic_loss = (values - targets).square().sum(dim=-1).mean()
        self.descend(critic_loss, "critics")

        actions, logs = network.drawn(observations, self._generator)
        valued = network.values(network.critics, observations, actions)
        worst = torch.einsum("crk,rk->cr", valued, preferences).amin(dim=0)
        temperature = network.log_temperature.detach().exp()
        policy_loss = (temperature * logs - worst).mean()
        self.descend(policy_loss, "policy")

        aim = -float(actions.shape[1])
        self.descend(-network.log_temperature.exp() * (logs.detach() + aim).mean(), "temperature")
        self.follow(network.targets, network.critics)
        return {
            "critic_loss": critic_loss.detach(),
            "policy_loss": policy_loss.detach(),
            "temperature": temperature,
        }

    @torch.no_grad()
    def _targets(
        self, minibatch: Minibatch, preferences: Float[Tensor, "rows objectives"]
    ) -> Float[Tensor, "rows objectives"]:
        """Reward, and the soft value of what follows by the critic that values it less."""
        network = self.network
        followers = network.asked(minibatch["followers"], preferences)
        actions, logs = network.drawn(followers, self._generator)
        valued = network.values(network.targets, followers, actions)
        less = torch.einsum("crk,rk->cr", valued, preferences).argmin(dim=0)
        following = valued[less, torch.arange(len(less))]
        soft = following - network.log_temperature.exp() * logs[:, None]
        goes_on = 1.0 - minibatch["terminated"].float()[:, None]
        return minibatch["rewards"] + self.config.gamma * goes_on * soft
