"""Linear pharmacokinetics, solved exactly as sums of decaying modes.

The concentration of a mammillary model is ``C(t) = sum_i m_i(t)`` with ``dm_i/dt = -rate_i m_i +
unit_i R(t)``, where ``R`` [mg/h] is the infusion rate, ``rate_i`` [1/h] an eigenvalue of the
compartment matrix and ``unit_i`` [1/L] the concentration one milligram adds to mode ``i``.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from jaxtyping import Float

Column = Float[np.ndarray, " patients"]
Number = float | Column
Modes = tuple[Float[np.ndarray, "modes patients"], Float[np.ndarray, "modes patients"]]
"""Rates [1/h] and unit concentrations [1/L]."""


def one_compartment_modes(clearance: Column, volume: Number) -> Modes:
    """The single mode of a clearance [L/h] and a volume [L]."""
    ones = np.ones_like(clearance)
    return (clearance / volume)[None], (ones / volume)[None]


def two_compartment_mode_table(
    clearance: Column, volume: Number, flow: Number, peripheral: Number
) -> Modes:
    """``two_compartment_modes`` of many patients: the fast mode, then the slow."""
    k10, k12, k21 = clearance / volume, flow / volume, flow / peripheral
    total = k10 + k12 + k21
    fast = 0.5 * (total + np.sqrt(total * total - 4.0 * k10 * k21))
    slow = k10 * k21 / fast
    shares = np.stack([fast - k21, k21 - slow]) / (fast - slow)
    return np.stack([fast, slow]), shares / volume


def three_compartment_modes(
    k10: Column, *, k12: Number, k21: Number, k13: Number, k31: Number, volume: Number
) -> Modes:
    """Rates [1/h] and unit concentrations [1/L] of a three-compartment model.

    The rate constants [1/h] are those of the textbook diagram; ``volume`` is the central one [L].
    A diagonal scaling makes the matrix symmetric, so its eigenvalues are real and well conditioned.
    """
    matrix = np.zeros((k10.size, 3, 3))
    matrix[:, 0, 0] = k10 + k12 + k13
    matrix[:, 1, 1] = k21
    matrix[:, 2, 2] = k31
    matrix[:, 0, 1] = matrix[:, 1, 0] = -np.sqrt(k12 * k21)
    matrix[:, 0, 2] = matrix[:, 2, 0] = -np.sqrt(k13 * k31)
    rates, vectors = np.linalg.eigh(matrix)
    return rates.T.copy(), (vectors[:, 0, :] ** 2).T / volume


def chained_modes(first: Modes, second: Modes) -> Modes:
    """Modes of what ``second`` makes of the outflow of ``first``, by partial fractions.

    If input decays through ``sum_i a_i exp(-p_i t)`` and then through ``sum_j b_j exp(-q_j t)``,
    the outcome is their convolution, in which mode ``i`` has ``a_i sum_j b_j / (q_j - p_i)`` and
    mode ``j`` has ``b_j sum_i a_i / (p_i - q_j)``. No rate of the first may be one of the second.

    >>> tablet = np.array([[2.0]]), np.array([[2.0]])  # absorbed at 2/h
    >>> body = np.array([[1.0]]), np.array([[0.1]])  # one compartment of 10 L, eliminated at 1/h
    >>> rates, units = chained_modes(tablet, body)
    >>> rates.tolist(), units.tolist()
    ([[2.0], [1.0]], [[-0.2], [0.2]])
    """
    (p, a), (q, b) = first, second
    gap = q[None, :, :] - p[:, None, :]
    units = a * (b[None] / gap).sum(1), b * (-a[:, None] / gap).sum(0)
    return np.concatenate([p, q]), np.concatenate(units)


@nb.njit(cache=True, error_model="numpy", inline="always")
def two_compartment_modes(
    clearance: float, volume: float, flow: float, peripheral: float
) -> tuple[float, float, float, float]:
    """Fast and slow rate [1/h], fast and slow unit concentration [1/L] of two compartments.

    Clearance CL and flow Q in [L/h], volumes V1 and V2 in [L].
    """
    k10 = clearance / volume
    k12 = flow / volume
    k21 = flow / peripheral
    total = k10 + k12 + k21
    root = math.sqrt(total * total - 4.0 * k10 * k21)
    fast = 0.5 * (total + root)
    slow = k10 * k21 / fast
    return (
        fast,
        slow,
        (fast - k21) / (fast - slow) / volume,
        (k21 - slow) / (fast - slow) / volume,
    )
