"""Actions that are one dose between nothing and the largest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float, Shaped


@dataclass(frozen=True)
class DoseActions:
    """Doses relative to the largest, chosen freely or from equidistant levels."""

    continuous: bool
    levels: int

    def __post_init__(self) -> None:
        if self.levels < 2:
            raise ValueError(
                f"levels must be 2 or more, from no dose to a full one; got {self.levels}. "
                "Give more, or set continuous=True."
            )

    @property
    def space(self) -> gym.Space[Any]:
        """Of one patient."""
        if self.continuous:
            return gym.spaces.Box(0.0, 1.0, (1,), np.float32)
        return gym.spaces.Discrete(self.levels)

    def doses(self, actions: Shaped[np.ndarray, "patients ..."]) -> Float[np.ndarray, " patients"]:
        """Between 0 and 1."""
        if self.continuous:
            return actions[:, 0].clip(0.0, 1.0)
        return actions / (self.levels - 1.0)
