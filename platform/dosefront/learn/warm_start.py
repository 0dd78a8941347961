"""A training that begins from a policy that was trained before."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner.learner import Learner
from torch import nn

from dosefront.errors import UsageError
from dosefront.evaluate import NetworkPolicy
from dosefront.learn.runners import give_weights


def for_its_preference(policy: NetworkPolicy) -> NetworkPolicy:
    """The same policy without the preference that it is shown, which becomes a part of a bias."""
    preference = policy.view.preference
    if preference is None:
        return policy
    first = policy.weights[0]
    shown = first[:, -len(preference) :]
    return replace(
        policy,
        weights=[first[:, : -len(preference)], *policy.weights[1:]],
        biases=[policy.biases[0] + shown @ np.array(preference, np.float32), *policy.biases[1:]],
        view=replace(policy.view, preference=None),
    )


def begin_from(policy: NetworkPolicy, algorithm: Algorithm, current: NetworkPolicy) -> None:
    """Give an algorithm's policy network the weights of another policy.

    Args:
        policy: whose weights.
        algorithm: of columns, with a policy network.
        current: the algorithm's policy as it stands.

    Raises:
        UsageError: the policy's network is another one.
    """
    found, asked = _described(policy), _described(current)
    if found != asked:
        raise UsageError(
            f"a training can begin from a policy of its own kind, {asked}; got {found}. "
            "Give it the same network, history, environment and scalarization."
        )

    def load(learner: Learner) -> None:
        network = learner.module[DEFAULT_MODULE_ID].unwrapped()
        linear = [layer for layer in network.policy if isinstance(layer, nn.Linear)]
        layers = [
            (torch.from_numpy(weight), torch.from_numpy(bias))
            for weight, bias in zip(policy.weights, policy.biases, strict=True)
        ]
        if network.standardisation is not None:
            layers[0] = network.standardisation.unfolded(*layers[0])
        with torch.no_grad():
            for layer, (weight, bias) in zip(linear, layers, strict=True):
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)

    algorithm.learner_group.foreach_learner(load)
    give_weights(algorithm)


def _described(policy: NetworkPolicy) -> str:
    view = policy.view
    shown = [
        f"{view.history} observations",
        *([f"the return so far at discount {view.discount:g}"] if view.accrued else []),
        *(["a preference"] if view.preference is not None else []),
    ]
    return (
        f"{_layers(policy.weights)} {policy.activation} {policy.form.kind} {policy.reading} "
        f"shown {' and '.join(shown)}"
    )


def _layers(weights: Sequence[np.ndarray]) -> str:
    return "-".join(str(size) for size in (weights[0].shape[1], *(len(each) for each in weights)))
