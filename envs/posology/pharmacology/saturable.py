"""Saturable kinetics: elimination and distribution that slow down as the concentration rises.

The model of paclitaxel (Henningsson, Joerger, Crombag), of which a bolus of fluorouracil is the
case without distribution. With ``C = A1/V1`` [mg/L] and the infusion rate R [mg/h],

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
    """One step of the Rosenbrock method RODAS3 (Sandu 1997): amounts and area.

    Of third order, so a bolus is followed through saturation in short steps; and L-stable, so a
    long step after the fast phase stays right. Its four stages x, y, z and w solve the same linear
    system, the Jacobian at the step's start less ``2/step``.
    """
    back, deep, return_ = 1.0 / step, q3 / v, q3 / v3
    inverse = 1.0 / v
    c = a1 * inverse
    out, across = 1.0 / (km + c), 1.0 / (kmtr + c)
    lost = vm * km * out * out * inverse
    moved = vmtr * kmtr * across * across * inverse
    held2, held3 = 1.0 / (2.0 * back + k21), 1.0 / (2.0 * back + return_)
    from2, from3 = k21 * held2, return_ * held3
    pivot = 1.0 / (2.0 * back + lost + moved + deep - from2 * moved - from3 * deep)

    c1 = c
    f1 = rate - vm * c * out - vmtr * c * across + k21 * a2 - deep * a1 + return_ * a3
    f2 = vmtr * c * across - k21 * a2
    f3 = deep * a1 - return_ * a3
    x1 = (f1 + from2 * f2 + from3 * f3) * pivot
    x2, x3 = (f2 + moved * x1) * held2, (f3 + deep * x1) * held3
    x4 = 0.5 * step * (c1 + inverse * x1)

    f1, f2, f3 = f1 + 4.0 * back * x1, f2 + 4.0 * back * x2, f3 + 4.0 * back * x3
    y1 = (f1 + from2 * f2 + from3 * f3) * pivot
    y2, y3 = (f2 + moved * y1) * held2, (f3 + deep * y1) * held3
    y4 = 0.5 * step * (c1 + 4.0 * back * x4 + inverse * y1)

    p1, p2, p3 = max(a1 + 2.0 * x1, 0.0), a2 + 2.0 * x2, a3 + 2.0 * x3
    c = p1 * inverse
    out, across = c / (km + c), c / (kmtr + c)
    f1 = rate - vm * out - vmtr * across + k21 * p2 - deep * p1 + return_ * p3 + back * (x1 - y1)
    f2 = vmtr * across - k21 * p2 + back * (x2 - y2)
    f3 = deep * p1 - return_ * p3 + back * (x3 - y3)
    z1 = (f1 + from2 * f2 + from3 * f3) * pivot
    z2, z3 = (f2 + moved * z1) * held2, (f3 + deep * z1) * held3
    z4 = 0.5 * step * (c + back * (x4 - y4) + inverse * z1)

    p1, p2, p3 = max(a1 + 2.0 * x1 + z1, 0.0), a2 + 2.0 * x2 + z2, a3 + 2.0 * x3 + z3
    c = p1 * inverse
    out, across = c / (km + c), c / (kmtr + c)
    r1 = back * (x1 - y1 - 8.0 / 3.0 * z1)
    r2 = back * (x2 - y2 - 8.0 / 3.0 * z2)
    r3 = back * (x3 - y3 - 8.0 / 3.0 * z3)
    f1 = rate - vm * out - vmtr * across + k21 * p2 - deep * p1 + return_ * p3 + r1
    f2 = vmtr * across - k21 * p2 + r2
    f3 = deep * p1 - return_ * p3 + r3
    w1 = (f1 + from2 * f2 + from3 * f3) * pivot
    w2, w3 = (f2 + moved * w1) * held2, (f3 + deep * w1) * held3
    w4 = 0.5 * step * (c + back * (x4 - y4 - 8.0 / 3.0 * z4) + inverse * w1)

    return (
        max(a1 + 2.0 * x1 + z1 + w1, 0.0),
        max(a2 + 2.0 * x2 + z2 + w2, 0.0),
        max(a3 + 2.0 * x3 + z3 + w3, 0.0),
        area + max(2.0 * x4 + z4 + w4, 0.0),
    )


@nb.njit(cache=True, error_model="numpy")
def saturable_area(amount: float, hours: float, parameters: np.ndarray) -> float:
    """Area under the curve [mg h/L] of an amount [mg] infused over ``hours``, to its end."""
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
