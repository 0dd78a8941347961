"""The layers that all our modules are made of."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import nn

HIDDEN_GAIN, POLICY_GAIN, VALUE_GAIN = math.sqrt(2.0), 0.01, 1.0
"""Gains of orthogonal initialization; with a small last one the first policy is nearly uniform.
Andrychowicz et al. (2021), arXiv:2006.05990."""


def perceptron(
    sizes: Sequence[int], *, last_gain: float, activation: type[nn.Module] = nn.Tanh
) -> nn.Sequential:
    """Linear layers with an activation between them, initialized orthogonally."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), activation()]
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    for layer in linear:
        nn.init.orthogonal_(layer.weight, last_gain if layer is linear[-1] else HIDDEN_GAIN)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers[:-1])
