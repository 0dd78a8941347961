"""Sensitive and resistant tumour cells that compete for room (Lotka and Volterra).

    dS/dt = rS S (1 - (S + R)/K) (1 - dD D) - dS S
    dR/dt = rR R (1 - (S + R)/K) - dR R

with rR = (1 - cost) rS and dS = dR = turnover rS, as in Strobl (2021,
doi:10.1158/0008-5472.CAN-20-0806) and Gallagher (2024, doi:10.1158/0008-5472.CAN-23-2040); the
equations are as their public code has them (verified).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Cells = Float[np.ndarray, " patients"]

STEP_DAYS = 2.5
"""Longest Runge-Kutta step; at these rates its error is below 1e-7 of K after a year."""


@dataclass(frozen=True)
class LotkaVolterra:
    """Rates of the tumour. The defaults are the published ones, without turnover or cost."""

    growth_rate: float = 0.027
    """Of sensitive cells, rS [1/d]: Strobl (2021), recalled-high."""
    kill: float = 1.5
    """Of dividing sensitive cells at full dose, dD [1]: Strobl (2021), recalled-high."""
    capacity: float = 1.0
    """K, the unit of all cell numbers."""
    cost: float = 0.0
    """Share of its growth that a resistant cell gives up."""
    turnover: float = 0.0
    """Natural death relative to sensitive cells' growth: 0 to 0.5, recalled-high."""

    def __post_init__(self) -> None:
        if not (0.0 <= self.cost < 1.0 and 0.0 <= self.turnover < 1.0 - self.cost):
            raise ValueError(
                "resistant cells must be able to grow: 0 <= cost < 1, 0 <= turnover < 1 - cost; "
                f"got cost {self.cost:g} and turnover {self.turnover:g}. Lower one of them."
            )

    @property
    def ceiling(self) -> float:
        """Size at which a resistant tumour stops growing."""
        return self.capacity * (1.0 - self.turnover / (1.0 - self.cost))

    def advance(
        self, sensitive: Cells, resistant: Cells, dose: Cells, *, days: float
    ) -> tuple[Cells, Cells]:
        """Sensitive and resistant cells after ``days`` at a dose between 0 and 1."""
        steps = math.ceil(days / STEP_DAYS)
        h = days / steps
        y = np.stack([sensitive, resistant])
        for _ in range(steps):  # the classical Runge-Kutta method
            k1 = self._slopes(y, dose)
            k2 = self._slopes(y + 0.5 * h * k1, dose)
            k3 = self._slopes(y + 0.5 * h * k2, dose)
            k4 = self._slopes(y + h * k3, dose)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        return y[0], y[1]

    def _slopes(
        self, cells: Float[np.ndarray, "2 patients"], dose: Cells
    ) -> Float[np.ndarray, "2 patients"]:
        room = self.growth_rate * (1.0 - cells.sum(axis=0) / self.capacity)
        growth = np.stack([room * (1.0 - self.kill * dose), room * (1.0 - self.cost)])
        return cells * (growth - self.turnover * self.growth_rate)
