"""A policy's distribution over discrete actions, from its outputs."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def draw(logits: Float[Tensor, "rows actions"], generator: torch.Generator) -> Int[Tensor, " rows"]:
    """One action a row, by the Gumbel-max trick: the noise of a row is -log of an exponential."""
    noise = torch.empty_like(logits).exponential_(generator=generator)
    return (logits - noise.log()).argmax(-1)


def log_probability(
    logits: Float[Tensor, "rows actions"], actions: Int[Tensor, " rows"]
) -> Float[Tensor, " rows"]:
    """Log probability of the actions taken."""
    return logits.log_softmax(-1).gather(-1, actions[:, None]).squeeze(-1)


def entropy(logits: Float[Tensor, "rows actions"]) -> Float[Tensor, " rows"]:
    """Entropy [nat]."""
    logs = logits.log_softmax(-1)
    return -(logs.exp() * logs).sum(-1)
