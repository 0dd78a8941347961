"""Tumour size: exponential growth against a kill that wears out with exposure.

The simplified model of Claret (2014), ``dTS/dt = KL TS - KDE exp(-lambda t) TS``, with its calendar
time replaced by exposure: a drug holiday pauses both the kill and the resistance to it. With the
cumulative potential kill ``Y(t) = int sum_j kd_j U_j dt`` (``U_j``: exposure to drug j relative to
label intensity) the size has a closed form, which is Claret's when ``Y = KDE t``.
"""

from __future__ import annotations

import math

import numba as nb


@nb.njit(cache=True, error_model="numpy", inline="always")
def log_relative_size(
    days: float, kill: float, growth_rate: float, kill_rate: float, resistance_rate: float
) -> float:
    """Log of the size relative to baseline.

    Args:
        days: time since baseline [d].
        kill: cumulative potential kill Y [1].
        growth_rate: KL [1/d].
        kill_rate: KDE [1/d], all drugs at label intensity.
        resistance_rate: lambda [1/d], at label intensity.

    More exposure never lets the tumour be larger: the loss ``(KDE/lambda)(1 - exp(-lambda Y/KDE))``
    rises with Y.
    """
    loss = kill_rate / resistance_rate * -math.expm1(-resistance_rate / kill_rate * kill)
    return growth_rate * days - loss
