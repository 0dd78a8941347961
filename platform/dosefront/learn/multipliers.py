"""What a limit weighs: Lagrange multipliers that a PID controller moves.

Stooke et al. (2020), arXiv:2007.03964. The integral alone, which is dual ascent, swings about the
limit; the proportional and derivative parts damp it.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

PROPORTIONAL, INTEGRAL, DERIVATIVE = 4.0, 0.4, 2.0
"""Gains for breaches on the reference box's scale, per iteration."""


@dataclass
class Multipliers:
    """One multiplier for each objective that has a limit; 0 for the others."""

    weights: Float[np.ndarray, " objectives"]
    """Of the objectives that have none."""
    values: Float[np.ndarray, " objectives"] = field(init=False)

    def __post_init__(self) -> None:
        self.values = np.zeros_like(self.weights)
        self._integral = np.zeros_like(self.weights)
        self._before: Float[np.ndarray, " objectives"] | None = None

    def update(self, breaches: Float[np.ndarray, " objectives"]) -> None:
        """Move by how far the limits are missed; negative where they hold with room to spare."""
        self._integral = np.maximum(self._integral + INTEGRAL * breaches, 0.0)
        rise = np.zeros_like(breaches) if self._before is None else breaches - self._before
        self._before = breaches
        self.values = np.maximum(
            self._integral + PROPORTIONAL * breaches + DERIVATIVE * np.maximum(rise, 0.0), 0.0
        )

    @property
    def mix(self) -> Float[np.ndarray, " objectives"]:
        """What each objective's advantage counts; they sum to 1."""
        mixed: Float[np.ndarray, " objectives"] = self.weights + self.values
        return mixed / mixed.sum()
