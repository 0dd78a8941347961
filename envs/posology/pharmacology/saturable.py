"""Saturable kinetics: elimination and distribution that slow down as the concentration rises.

The model of paclitaxel (Henningsson, Joerger, Crombag), of which a bolus of fluorouracil is the case
without distribution. With ``C = A1/V1`` [mg/L] and the infusion rate R [mg/h],

    A1' = R - VM C/(KM + C) - VMTR C/(KMTR + C) + k21 A2 - Q3 (C - A3/V3)
    A2' = VMTR C/(KMTR + C) - k21 A2,    A3' = Q3 (C - A3/V3)
"""

from __future__ import annotations

import numba as nb
import numpy as np

AMOUNTS = 3
"""A1, A2 and A3 [mg]."""
VOLUME, VM, KM, VMTR, KMTR, K21, Q3, V3, SATURABLE_PARAMETERS = range(9)
"""Rows of the parameters: V1 [L], VM [mg/h], KM [mg/L], VMTR [mg/h], KMTR [mg/L], k21 [1/h],
Q3 [L/h], V3 [L]."""

_GAMMA = 0.2928932188134524  # 1 - 1/sqrt(2): second order and L-stable


@nb.njit(cache=True, error_model="numpy", inline="always")
def advance_saturable(
    a1: float,
    a2: float,
    a3: float,
    area: float,
    rate: float,
    v: float,
    vm: float,
    km: float,
    vmtr: float,
    kmtr: float,
    k21: float,
    q3: float,
    v3: float,
    step: float,
) -> tuple[float, float, float, float]:
    """One step of the two-stage Rosenbrock method ROS2 (Verwer 1999): amounts and area.

    It is L-stable, so a long step after the fast phase stays right.
    """
    g = _GAMMA * step
    c = a1 / v
    elimination, transport = vm * c / (km + c), vmtr * c / (kmtr + c)
    e = vm * km / ((km + c) * (km + c) * v)
    t = vmtr * kmtr / ((kmtr + c) * (kmtr + c) * v)
    a, b = q3 / v, q3 / v3
    to2, to3 = g / (1.0 + g * k21), g / (1.0 + g * b)
    pivot = 1.0 / (1.0 + g * (e + t + a) - g * k21 * to2 * t - g * b * to3 * a)

    r1 = rate - elimination - transport + k21 * a2 - a * a1 + b * a3
    r2 = transport - k21 * a2
    r3 = a * a1 - b * a3
    x1 = (r1 + k21 * to2 * r2 + b * to3 * r3) * pivot
    x2 = (r2 + g * t * x1) / (1.0 + g * k21)
    x3 = (r3 + g * a * x1) / (1.0 + g * b)
    xu = c + g / v * x1

    p1, p2, p3 = max(a1 + step * x1, 0.0), a2 + step * x2, a3 + step * x3
    c = p1 / v
    elimination, transport = vm * c / (km + c), vmtr * c / (kmtr + c)
    r1 = rate - elimination - transport + k21 * p2 - a * p1 + b * p3 - 2.0 * x1
    r2 = transport - k21 * p2 - 2.0 * x2
    r3 = a * p1 - b * p3 - 2.0 * x3
    y1 = (r1 + k21 * to2 * r2 + b * to3 * r3) * pivot
    y2 = (r2 + g * t * y1) / (1.0 + g * k21)
    y3 = (r3 + g * a * y1) / (1.0 + g * b)
    yu = c - 2.0 * xu + g / v * y1

    return (
        max(a1 + step * (1.5 * x1 + 0.5 * y1), 0.0),
        max(a2 + step * (1.5 * x2 + 0.5 * y2), 0.0),
        max(a3 + step * (1.5 * x3 + 0.5 * y3), 0.0),
        area + step * (1.5 * xu + 0.5 * yu),
    )


@nb.njit(cache=True, error_model="numpy")
def saturable_area(amount: float, hours: float, parameters: np.ndarray) -> float:
    """Area under the concentration [mg h/L] of an amount [mg] infused over ``hours``, to its end."""
    a1 = a2 = a3 = area = 0.0
    step = 1.0 / 128.0
    now = 0.0
    while now < 1000.0 and (now < hours or a1 + a2 + a3 > 1e-9 * amount):
        rate = amount / hours if now < hours else 0.0
        a1, a2, a3, area = advance_saturable(
            a1,
            a2,
            a3,
            area,
            rate,
            parameters[0],
            parameters[1],
            parameters[2],
            parameters[3],
            parameters[4],
            parameters[5],
            parameters[6],
            parameters[7],
            step,
        )
        now += step
    return area
