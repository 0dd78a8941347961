"""Features on one scale: each less its mean, over its standard deviation, as sampled so far."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

SMALLEST_DEVIATION = 1e-6
"""A feature that varies less is only centred."""


class Standardisation(nn.Module):
    """Mean and standard deviation of each feature over all rows it has followed.

    Before the first rows, features are as they are. What a network makes of standardised features
    is what a network with another first layer makes of them as they are: see :meth:`folded`.
    """

    count: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))

    def forward(self, raw: Float[Tensor, "*rows features"]) -> Float[Tensor, "*rows features"]:
        """The features standardised."""
        return (raw - self.mean) / self.deviation

    @torch.no_grad()
    def preset(
        self, mean: Float[Tensor, " last"], deviation: Float[Tensor, " last"] | float
    ) -> None:
        """Take the scale of the last features as known until rows are followed."""
        self.mean[-len(mean) :] = mean
        self.deviation[-len(mean) :] = deviation

    @torch.no_grad()
    def follow(self, rows: Float[Tensor, "rows features"]) -> None:
        """Take further rows into account, as if all had come at once.

        Chan, Golub and LeVeque (1983), doi:10.1080/00031305.1983.10483115.
        """
        known, new = self.count.double(), len(rows)
        total = known + new
        apart = rows.double().mean(dim=0) - self.mean
        squares = known * self.deviation.double().square() + new * rows.double().var(
            dim=0, correction=0
        )
        deviation = ((squares + apart.square() * known * new / total) / total).sqrt()
        self.mean += apart * new / total
        self.deviation.copy_(torch.where(deviation < SMALLEST_DEVIATION, 1.0, deviation))
        self.count.copy_(total)

    def folded(
        self, weight: Float[Tensor, "outputs features"], bias: Float[Tensor, " outputs"]
    ) -> tuple[Float[Tensor, "outputs features"], Float[Tensor, " outputs"]]:
        """The layer that makes of raw features what this one makes of standardised ones."""
        weight = weight / self.deviation
        return weight, bias - weight @ self.mean

    def unfolded(
        self, weight: Float[Tensor, "outputs features"], bias: Float[Tensor, " outputs"]
    ) -> tuple[Float[Tensor, "outputs features"], Float[Tensor, " outputs"]]:
        """The layer that makes of standardised features what this one makes of raw ones."""
        return weight * self.deviation, bias + weight @ self.mean


def scale_of_preferences(least: Sequence[float]) -> tuple[Float[Tensor, " objectives"], float]:
    """Mean and deviation of weights that are uniform where none is below its least.

    A weight that is uniform on the simplex of K objectives has mean 1 / K and variance
    (K - 1) / (K^2 (K + 1)).
    """
    objectives, freedom = len(least), 1.0 - sum(least)
    mean = torch.tensor(least) + freedom / objectives
    deviation = freedom / objectives * math.sqrt((objectives - 1) / (objectives + 1))
    return mean, deviation if deviation > SMALLEST_DEVIATION else 1.0
