"""Exact answers of LQR2: optimal feedback, value vectors, and the area under the exact front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

DISCOUNT = 0.9
START = np.array([10.0, 10.0])
STATE_COSTS = np.array([np.diag([0.9, 0.1]), np.diag([0.1, 0.9])])
"""Q_i: objective i pays s' Q_i s."""
ACTION_COSTS = np.array([np.diag([0.1, 0.9]), np.diag([0.9, 0.1])])
"""R_i: objective i pays a' R_i a."""
_ROUNDS = 100
"""More than enough: no gain is below 0.24, so a round leaves at most 0.9 (1 - 0.24)^2 = 0.52."""

Gains = Float[np.ndarray, "policies 2 2"]


@dataclass(frozen=True)
class LinearFeedback:
    """The policy ``a = -K s``."""

    gain: Float[np.ndarray, "2 2"]

    def actions(
        self, observations: Float32[np.ndarray, "patients 2"]
    ) -> Float[np.ndarray, "patients 2"]:
        """One action a patient."""
        return -observations.astype(np.float64) @ self.gain.T


def optimal_gains(weights: Float[np.ndarray, "policies 2"]) -> Gains:
    """Gain K of the best linear feedback for each weight vector, by Riccati iteration.

    ``P <- Q + g P - g P K`` with ``K = (R + g P)^-1 g P``, where g is the discount and Q and R are
    the weighted costs (A = B = I).
    """
    q = np.einsum("nk,kij->nij", weights, STATE_COSTS)
    r = np.einsum("nk,kij->nij", weights, ACTION_COSTS)
    p = q
    for _ in range(_ROUNDS):
        p = q + DISCOUNT * p @ (np.eye(2) - _gain(p, r))
    return _gain(p, r)


def value_vectors(gains: Gains) -> Float[np.ndarray, "policies objectives"]:
    """Exact discounted returns from the start under ``a = -K s``.

    ``V <- Q + K' R K + g (I - K)' V (I - K)`` for each objective's own costs.
    """
    after = np.eye(2) - gains
    transposed = np.swapaxes(gains, 1, 2)[:, None]
    paid = STATE_COSTS + transposed @ ACTION_COSTS @ gains[:, None]
    v = paid
    for _ in range(_ROUNDS):
        v = paid + DISCOUNT * np.swapaxes(after, 1, 2)[:, None] @ v @ after[:, None]
    return -np.einsum("i,nkij,j->nk", START, v, START)


def weight_sweep(count: int) -> Float[np.ndarray, "{count} 2"]:
    """``count`` uniform weight vectors, from (0, 1) to (1, 0)."""
    first = np.linspace(0.0, 1.0, count)
    return np.stack([first, 1.0 - first], axis=1)


def _gain(p: Gains, r: Gains) -> Gains:
    return np.linalg.solve(r + DISCOUNT * p, DISCOUNT * p)
