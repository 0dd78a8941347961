"""Deep Q-learning of reward vectors for every preference at once.

Each transition is learned under a preference drawn anew. Abels et al. (2019), arXiv:1809.07803.
What follows is valued under one's own preference only: the best over several, as in the envelope of
Yang et al. (2019), arXiv:1908.08342, was overestimated (see docs/benchmarks.md).
"""

import copy
from typing import Any

import torch
from jaxtyping import Float, Int
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import InferenceOnlyAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn

from dosefront.learn.action_heads import CLOSED, Categorical
from dosefront.learn.column_learner import Minibatch
from dosefront.learn.column_replay import ReplayLearner
from dosefront.learn.networks import VALUE_GAIN, perceptron


class ActionValueNetwork(TorchRLModule, InferenceOnlyAPI):  # type: ignore[misc]  # Ray is untyped
    """The value of every action under every objective, given an observation and a preference.

    ``model_config`` says the ``hidden`` layers, the ``channels`` (objectives), how many entries at
    an observation's end say which actions are open (``masks``), and how exploration fades:
    ``exploration`` is its last share of random actions, ``exploration_steps`` when it is reached.
    """

    def setup(self) -> None:
        """Build the network and the target that follows it."""
        self.channels, self._masks = self.model_config["channels"], self.model_config["masks"]
        self.head = Categorical(int(self.action_space.n))
        self._inputs = self.observation_space.shape[0] - self._masks
        sizes = [self._inputs, *self.model_config["hidden"], self.head.outputs * self.channels]
        self.action_values = perceptron(sizes, last_gain=VALUE_GAIN, activation=nn.ReLU)
        self.target = copy.deepcopy(self.action_values).requires_grad_(requires_grad=False)

    def get_non_inference_attributes(self) -> list[str]:
        """What sampling does without."""
        return ["target"]

    def preferences(
        self, observations: Float[Tensor, "rows shown"]
    ) -> Float[Tensor, "rows objectives"]:
        """The preference in each observation."""
        return observations[:, self._inputs - self.channels : self._inputs]

    def asked(
        self,
        observations: Float[Tensor, "rows shown"],
        preferences: Float[Tensor, "rows objectives"],
    ) -> Float[Tensor, "rows shown"]:
        """The observations with other preferences in them."""
        before, after = self._inputs - self.channels, self._inputs
        parts = (observations[:, :before], preferences, observations[:, after:])
        return torch.cat(parts, dim=1)

    def vectors(
        self, observations: Float[Tensor, "rows shown"], network: nn.Module | None = None
    ) -> Float[Tensor, "rows objectives actions"]:
        """Value vector of each action."""
        values: Tensor = (network or self.action_values)(observations[:, : self._inputs])
        return values.reshape(len(values), self.channels, -1)

    def weighed(
        self,
        vectors: Float[Tensor, "rows objectives actions"],
        observations: Float[Tensor, "rows shown"],
        preferences: Float[Tensor, "rows objectives"],
    ) -> Float[Tensor, "rows actions"]:
        """Scalarized value of each action; that of one that is not open is far below."""
        values = torch.einsum("rka,rk->ra", vectors, preferences)
        if not self._masks:
            return values
        return torch.where(observations[:, self._inputs :] > 0.0, values, CLOSED)

    def explore(
        self, observations: Float[Tensor, "rows shown"], generator: torch.Generator, *, steps: int
    ) -> Int[Tensor, " rows"]:
        """The best action, or with a fading share one of those that are open."""
        values = self.weighed(
            self.vectors(observations), observations, self.preferences(observations)
        )
        last, fading = self.model_config["exploration"], self.model_config["exploration_steps"]
        share = last + (1.0 - last) * max(0.0, 1.0 - steps / max(1, fading))
        is_open = torch.where(values > CLOSED / 2, 0.0, CLOSED)
        random = self.head.draw(is_open, generator)
        explores = torch.rand(len(values), generator=generator) < share
        return torch.where(explores, random, values.argmax(dim=1))

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        observations = batch[Columns.OBS]
        values = self.weighed(
            self.vectors(observations), observations, self.preferences(observations)
        )
        return {Columns.ACTION_DIST_INPUTS: values, Columns.ACTIONS: values.argmax(dim=1)}


class ConditionedDQNLearner(ReplayLearner):
    """Squared error of the value vectors, and of their weighed sums."""

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """The network's own; the target only follows."""
        return {"default_optimizer": list(self.network.action_values.parameters())}

    def learn(self, minibatch: Minibatch) -> dict[str, Tensor]:
        """One step towards the targets."""
        network, rewards = self.network, minibatch["rewards"]
        preferences = self.drawn_preferences(len(rewards))
        targets = self._targets(minibatch, preferences)
        observations = network.asked(minibatch["observations"], preferences)
        actions = minibatch["actions"][:, None, None].expand(-1, network.channels, 1)
        values = network.vectors(observations).gather(2, actions).squeeze(2)
        errors = values - targets
        vector_loss = errors.square().sum(dim=1).mean()
        scalar_loss = (errors * preferences).sum(dim=1).square().mean()
        self.descend(vector_loss + scalar_loss)
        self.follow(network.target, network.action_values)
        return {"vector_loss": vector_loss.detach(), "scalar_loss": scalar_loss.detach()}

    @torch.no_grad()
    def _targets(
        self, minibatch: Minibatch, preferences: Float[Tensor, "rows objectives"]
    ) -> Float[Tensor, "rows objectives"]:
        """Reward, and the value of what follows: the network chooses, its target values."""
        network = self.network
        followers = network.asked(minibatch["followers"], preferences)
        best = network.weighed(network.vectors(followers), followers, preferences).argmax(dim=1)
        chosen = best[:, None, None].expand(-1, network.channels, 1)
        following = network.vectors(followers, network.target).gather(2, chosen).squeeze(2)
        goes_on = 1.0 - minibatch["terminated"].float()[:, None]
        return minibatch["rewards"] + self.config.gamma * goes_on * following
