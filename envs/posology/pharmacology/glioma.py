"""Low-grade glioma under a damaging drug: proliferating, quiescent and damaged tissue.

The model of Mazzocco (2015, doi:10.1002/psp4.54), Ribba's (2012) with acquired resistance, in mm of
the mean tumour diameter, which is the sum of the tissues P, Q and D:

    dC/dt = -KDE C
    dP/dt = lambda P (1 - (P + Q + D)/K) + kDP D - kPQ P - gamma KDE C P exp(-res t)
    dQ/dt = kPQ P - gamma KDE C Q
    dD/dt = gamma KDE C Q - kDP D - dD D

Here the damage ``S = gamma C`` is followed. A dose adds to it by the exposure it gave, one unit of
C for the exposure of a label cycle. The clock of the resistance runs with the damage done, ``Y``,
and not with the calendar, or drug holidays would be punished: ``res t`` becomes ``res Y / kd``,
with ``kd`` the damage that the label gives each day. Under label dosing the two agree but for the
steps in which cycles come.

More damage does not leave every tumour smaller for good: quiescent tissue that is damaged, and not
lost, comes back as proliferating.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

TISSUES = ("proliferating", "quiescent", "damaged", "damage")
"""State, in order: three tissues [mm], and the damage S that has yet to act [1]."""
GLIOMA_RATES = ("growth", "to_quiescence", "return", "death", "drug_loss")
"""Rates in order, each [1/d]: lambda, kPQ, kDP, dD, KDE."""
_STEPS = 14
"""Runge-Kutta steps a week, two a day: the drug's half-life is two to three days."""


@nb.njit(cache=True, error_model="numpy")
def advance_glioma(
    tissues: np.ndarray,
    done: float,
    damage: float,
    rates: np.ndarray,
    resistance: float,
    capacity: float,
) -> float:
    """Advance ``tissues``, in the order of ``TISSUES``, by a week; the damage done by its end.

    Args:
        tissues: (4,) state at the week's start; overwritten.
        done: damage Y that acted before the week [1].
        damage: what the week's doses bring, at its start [1].
        rates: (5,) in the order of ``GLIOMA_RATES`` [1/d].
        resistance: res/kd, the log loss of effect on proliferating tissue by each unit of Y.
        capacity: K [mm].
    """
    step = 7.0 / _STEPS
    p, q, d = tissues[0], tissues[1], tissues[2]
    stored = tissues[3] + damage
    total = done + stored
    halved = math.exp(-0.5 * rates[4] * step)
    for _ in range(_STEPS):
        middle = stored * halved
        end = middle * halved
        on_q = rates[4] * stored
        on_p = on_q * math.exp(-resistance * (total - stored))
        p1, q1, d1 = _slopes(p, q, d, on_p, on_q, rates, capacity)
        on_q = rates[4] * middle
        on_p = on_q * math.exp(-resistance * (total - middle))
        h = 0.5 * step
        p2, q2, d2 = _slopes(p + h * p1, q + h * q1, d + h * d1, on_p, on_q, rates, capacity)
        p3, q3, d3 = _slopes(p + h * p2, q + h * q2, d + h * d2, on_p, on_q, rates, capacity)
        on_q = rates[4] * end
        on_p = on_q * math.exp(-resistance * (total - end))
        h = step
        p4, q4, d4 = _slopes(p + h * p3, q + h * q3, d + h * d3, on_p, on_q, rates, capacity)
        p += step / 6.0 * (p1 + 2.0 * p2 + 2.0 * p3 + p4)
        q += step / 6.0 * (q1 + 2.0 * q2 + 2.0 * q3 + q4)
        d += step / 6.0 * (d1 + 2.0 * d2 + 2.0 * d3 + d4)
        stored = end
    tissues[0], tissues[1], tissues[2], tissues[3] = p, q, d, stored
    return total - stored


@nb.njit(cache=True, error_model="numpy", inline="always")
def _slopes(
    p: float, q: float, d: float, on_p: float, on_q: float, rates: np.ndarray, capacity: float
) -> tuple[float, float, float]:
    """Time derivatives of the tissues [mm/d], with the rates at which damage acts on P and Q."""
    grown = rates[0] * p * (1.0 - (p + q + d) / capacity)
    rested, returned = rates[1] * p, rates[2] * d
    return (
        grown + returned - rested - on_p * p,
        rested - on_q * q,
        on_q * q - returned - rates[3] * d,
    )
