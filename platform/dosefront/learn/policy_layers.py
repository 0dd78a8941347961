"""The policy network of a trained algorithm, as numpy runs it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.sac.default_sac_rl_module import DefaultSACRLModule
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner.learner import Learner
from ray.rllib.core.rl_module.rl_module import RLModule

from dosefront.evaluate import ActionForm, NetworkPolicy, View
from dosefront.learn.action_heads import action_head
from dosefront.learn.conditioned_dqn import ActionValueNetwork
from dosefront.learn.conditioned_sac import SoftNetwork

PARTS = ("policy.", "action_values.", "pi_encoder.", "encoder.actor_encoder.", "encoder.")
"""What acts: a policy network, ours or SAC's; PPO's encoder; DQN's encoder, then its values."""
HEADS = ("af.", "pi.")
"""What may follow an encoder of RLlib's."""

Weights = list[Float32[np.ndarray, "outputs inputs"]]
Biases = list[Float32[np.ndarray, " outputs"]]


def policy_layers(module: RLModule) -> tuple[Weights, Biases]:
    """Weights and biases of the linear layers from raw observation to outputs."""
    state = module.state_dict()
    body = next(part for part in PARTS if any(name.startswith(part) for name in state))
    names = [
        name.removesuffix(".weight")
        for part in (body, *HEADS)
        for name in state
        if name.startswith(part) and name.endswith(".weight")
    ]

    def arrays(kind: str) -> list[np.ndarray]:
        return [state[f"{name}.{kind}"].detach().cpu().numpy().copy() for name in names]

    weights, biases = arrays("weight"), arrays("bias")
    standardisation = getattr(module, "standardisation", None)
    if standardisation is not None:
        first = standardisation.folded(torch.from_numpy(weights[0]), torch.from_numpy(biases[0]))
        weights[0], biases[0] = (part.numpy() for part in first)
    return weights, biases


def network_policy(
    algorithm: Algorithm, *, view: View, provenance: Mapping[str, Any]
) -> NetworkPolicy:
    """The greedy policy of an algorithm as it stands.

    Raises:
        ValueError: the training diverged, so its weights are not finite.
    """
    # The learner's, since a runner beside remote ones is never given the weights.
    module = next(iter(algorithm.learner_group.foreach_learner(_network))).get()
    form: ActionForm = (getattr(module, "head", None) or action_head(module.action_space)).form
    if isinstance(module, DefaultSACRLModule):
        form = replace(form, is_squashed=True)
    return NetworkPolicy(
        *policy_layers(module),
        activation="relu" if isinstance(module, SoftNetwork | ActionValueNetwork) else "tanh",
        provenance=provenance,
        form=form,
        view=view,
        reading="values" if isinstance(module, ActionValueNetwork) else "outputs",
    )


def _network(learner: Learner) -> RLModule:
    return learner.module[DEFAULT_MODULE_ID].unwrapped()
