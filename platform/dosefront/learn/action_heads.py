"""What a network's outputs mean for each kind of action: to draw one, and how likely it was."""

import math
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from torch.nn import functional

from dosefront.evaluate import ActionForm

CLOSED = -1e9
"""Output of an action that is not open: it is never drawn."""


@runtime_checkable
class ActionHead(Protocol):
    """A distribution over actions, given a network's outputs."""

    outputs: int
    """Numbers that the network gives for one row."""
    form: ActionForm
    """How a greedy policy reads them."""

    def draw(
        self, outputs: Float[Tensor, "rows outputs"], generator: torch.Generator
    ) -> Shaped[Tensor, "rows ..."]:
        """One action a row."""
        ...

    def log_probability(
        self, outputs: Float[Tensor, "rows outputs"], actions: Shaped[Tensor, "rows ..."]
    ) -> Float[Tensor, " rows"]:
        """Log probability, or its density, of the actions taken."""
        ...

    def entropy(self, outputs: Float[Tensor, "rows outputs"]) -> Float[Tensor, " rows"]:
        """Entropy [nat]."""
        ...

    def given(self, actions: Shaped[np.ndarray, "rows ..."]) -> Shaped[np.ndarray, "rows ..."]:
        """The actions as the environment takes them."""
        ...


def action_head(space: gymnasium.Space[Any]) -> ActionHead:
    """The head of an environment's single action space."""
    match space:
        case gymnasium.spaces.Discrete():
            return Categorical(int(space.n))
        case gymnasium.spaces.MultiDiscrete():
            return MultiCategorical(tuple(int(size) for size in space.nvec))
        case gymnasium.spaces.Box():
            return Gaussian(space)
    raise ValueError(f"actions must be Discrete, MultiDiscrete or Box; found {space}.")


class Categorical:
    """One of several actions; the outputs are logits."""

    def __init__(self, actions: int) -> None:
        self.outputs = actions
        self.form = ActionForm("Discrete")

    def draw(
        self, outputs: Float[Tensor, "rows actions"], generator: torch.Generator
    ) -> Int[Tensor, " rows"]:
        """By the Gumbel-max trick: the noise of a row is -log of an exponential."""
        noise = torch.empty_like(outputs).exponential_(generator=generator)
        return (outputs - noise.log()).argmax(-1)

    def log_probability(
        self, outputs: Float[Tensor, "rows actions"], actions: Int[Tensor, " rows"]
    ) -> Float[Tensor, " rows"]:
        """The logit less the logarithm of the sum of all exponentials."""
        taken = outputs.gather(-1, actions[:, None]).squeeze(-1)
        return taken - outputs.logsumexp(-1)

    def entropy(self, outputs: Float[Tensor, "rows actions"]) -> Float[Tensor, " rows"]:
        """``-sum p log p``."""
        logs = outputs.log_softmax(-1)
        return -(logs.exp() * logs).sum(-1)

    def given(self, actions: Int[np.ndarray, " rows"]) -> Int[np.ndarray, " rows"]:
        """As they are."""
        return actions


class MultiCategorical:
    """One of several actions in each of some groups, independent of each other."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.outputs = sum(sizes)
        self.form = ActionForm("MultiDiscrete", sizes=tuple(sizes))
        self._groups = [Categorical(size) for size in sizes]

    def draw(
        self, outputs: Float[Tensor, "rows outputs"], generator: torch.Generator
    ) -> Int[Tensor, "rows groups"]:
        """Group by group."""
        drawn = [group.draw(part, generator) for group, part in self._parts(outputs)]
        return torch.stack(drawn, dim=1)

    def log_probability(
        self, outputs: Float[Tensor, "rows outputs"], actions: Int[Tensor, "rows groups"]
    ) -> Float[Tensor, " rows"]:
        """The groups' sum."""
        parts = zip(self._parts(outputs), actions.T, strict=True)
        logs = [group.log_probability(part, taken) for (group, part), taken in parts]
        return torch.stack(logs).sum(0)

    def entropy(self, outputs: Float[Tensor, "rows outputs"]) -> Float[Tensor, " rows"]:
        """The groups' sum."""
        return torch.stack([group.entropy(part) for group, part in self._parts(outputs)]).sum(0)

    def given(self, actions: Int[np.ndarray, "rows groups"]) -> Int[np.ndarray, "rows groups"]:
        """As they are."""
        return actions

    def _parts(self, outputs: Tensor) -> list[tuple[Categorical, Tensor]]:
        parts = torch.split(outputs, [group.outputs for group in self._groups], dim=-1)
        return list(zip(self._groups, parts, strict=True))


class Gaussian:
    """Numbers within a box, -1 and 1 at its ends; the outputs are means, then log deviations.

    What is drawn beyond the box is clipped when it is given, and judged as drawn.
    """

    def __init__(self, space: gymnasium.spaces.Box) -> None:
        if not (np.isfinite(space.low).all() and np.isfinite(space.high).all()):
            raise ValueError(
                f"a continuous action needs bounds; found {space}. Bound it in the environment."
            )
        self._low, self._high = space.low.ravel(), space.high.ravel()
        self._shape = space.shape
        self.outputs = 2 * self._low.size
        self.form = ActionForm(
            "Box", low=tuple(self._low.tolist()), high=tuple(self._high.tolist())
        )

    def draw(
        self, outputs: Float[Tensor, "rows outputs"], generator: torch.Generator
    ) -> Float[Tensor, "rows numbers"]:
        """Mean and deviation times a normal number."""
        means, logs = outputs.chunk(2, dim=-1)
        noise = torch.empty_like(means).normal_(generator=generator)
        return means + logs.exp() * noise

    def log_probability(
        self, outputs: Float[Tensor, "rows outputs"], actions: Float[Tensor, "rows numbers"]
    ) -> Float[Tensor, " rows"]:
        """The numbers' sum."""
        means, logs = outputs.chunk(2, dim=-1)
        scaled = (actions - means) * (-logs).exp()
        return (-0.5 * scaled.square() - logs - 0.5 * math.log(2.0 * math.pi)).sum(-1)

    def entropy(self, outputs: Float[Tensor, "rows outputs"]) -> Float[Tensor, " rows"]:
        """``log(deviation) + log(2 pi e) / 2``, summed."""
        _, logs = outputs.chunk(2, dim=-1)
        return (logs + 0.5 * math.log(2.0 * math.pi * math.e)).sum(-1)

    def given(self, actions: Float[np.ndarray, "rows numbers"]) -> Float[np.ndarray, "rows ..."]:
        """Within the box."""
        unit = (np.clip(actions, -1.0, 1.0) + 1.0) * 0.5
        return (self._low + unit * (self._high - self._low)).reshape(-1, *self._shape)


def opened(
    outputs: Float[Tensor, "rows actions"], masks: Float[Tensor, "rows actions"]
) -> Float[Tensor, "rows actions"]:
    """The outputs, with those of actions that are not open far below the others."""
    return torch.where(masks > 0.0, outputs, CLOSED)


def squashed_log_probability(
    outputs: Float[Tensor, "rows outputs"], drawn: Float[Tensor, "rows numbers"]
) -> Float[Tensor, " rows"]:
    """Log density of ``tanh(drawn)`` where ``drawn`` is normal. Haarnoja et al. (2018), app. C."""
    means, logs = outputs.chunk(2, dim=-1)
    scaled = (drawn - means) * (-logs).exp()
    normal = -0.5 * scaled.square() - logs - 0.5 * math.log(2.0 * math.pi)
    return (normal - 2.0 * (math.log(2.0) - drawn - functional.softplus(-2.0 * drawn))).sum(-1)
