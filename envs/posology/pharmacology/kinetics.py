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


def three_compartment_modes(
    k10: Float[np.ndarray, " patients"],
    *,
    k12: float,
    k21: float,
    k13: float,
    k31: float,
    volume: float,
) -> tuple[Float[np.ndarray, "3 patients"], Float[np.ndarray, "3 patients"]]:
    """Rates [1/h] and unit concentrations [1/L] of a three-compartment model.

    The rate constants [1/h] are those of the textbook diagram; ``volume`` is the central one [L].
    A diagonal scaling makes the matrix symmetric, so its eigenvalues are real and well conditioned.
    """
    matrix = np.zeros((k10.size, 3, 3))
    matrix[:, 0, 0] = k10 + k12 + k13
    matrix[:, 1, 1] = k21
    matrix[:, 2, 2] = k31
    matrix[:, 0, 1] = matrix[:, 1, 0] = -math.sqrt(k12 * k21)
    matrix[:, 0, 2] = matrix[:, 2, 0] = -math.sqrt(k13 * k31)
    rates, vectors = np.linalg.eigh(matrix)
    return rates.T.copy(), (vectors[:, 0, :] ** 2).T / volume


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


@nb.njit(cache=True, error_model="numpy", inline="always")
def mode_over_week(
    mode: float, rate: float, plateau: float, effect_rate: float, infusion: float, week: float
) -> tuple[float, float]:
    """Area under one mode over a week and what it leaves in the effect compartment at its end.

    The week [h] opens with an infusion of length ``infusion`` [h] that drives the mode towards
    ``plateau`` [mg/L]. The effect compartment obeys ``dU/dt = effect_rate (C - U)``; returned is
    its value at the week's end from this mode alone, having started empty.
    """
    rest = week - infusion
    decay_in = math.exp(-rate * infusion)
    decay_out = math.exp(-rate * rest)
    effect_in = math.exp(-effect_rate * infusion)
    effect_out = math.exp(-effect_rate * rest)
    above = mode - plateau
    end = plateau + above * decay_in
    area = plateau * infusion + (above * (1.0 - decay_in) + end * (1.0 - decay_out)) / rate
    gain = effect_rate / (effect_rate - rate)
    effect = plateau * (1.0 - effect_in) + above * gain * (decay_in - effect_in)
    return area, effect * effect_out + end * gain * (decay_out - effect_out)
