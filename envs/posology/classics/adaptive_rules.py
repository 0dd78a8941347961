"""Rules of adaptive therapy, as policies over what a visit shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from posology.classics.batch import BatchEnv
from posology.classics.policies import return_vectors


@dataclass(frozen=True)
class HalvingRule:
    """Stop at 50 % of the first size and start again at 100 %; in between, go on as before.

    Zhang (2017, doi:10.1038/s41467-017-01968-5), recalled-high.
    """

    stop: float = 0.5
    start: float = 1.0

    def actions(
        self, observations: Float32[np.ndarray, "patients features"]
    ) -> Int[np.ndarray, " patients"]:
        """1 to treat, 0 not to."""
        size, treated = observations[:, 0], observations[:, 1] > 0.5
        return np.where(treated, size > self.stop, size >= self.start).astype(np.int64)


@dataclass(frozen=True)
class ThresholdRule:
    """Treat whenever the tumour is larger than ``level`` times its first size."""

    level: float | Float[np.ndarray, " patients"]
    """One for all, or one a patient."""

    def actions(
        self, observations: Float32[np.ndarray, "patients features"]
    ) -> Int[np.ndarray, " patients"]:
        """1 to treat, 0 not to."""
        return (observations[:, 0] > self.level).astype(np.int64)


def best_threshold(
    env: BatchEnv, levels: Float[np.ndarray, " patients"]
) -> tuple[float, Float[np.ndarray, " objectives"]]:
    """The level with the longest time without progression, and its return vector.

    ``env`` is an adaptive therapy of one slot a level; all slots hold patient 0.
    """
    alike = {"patients": np.zeros(levels.size, np.int64)}
    returns = return_vectors(env, ThresholdRule(levels), options=alike)
    best = int(returns[:, 0].argmax())
    return float(levels[best]), returns[best]
