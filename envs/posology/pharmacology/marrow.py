"""Friberg's chain: a proliferating pool, three transits, and the blood."""

from __future__ import annotations

import numba as nb
import numpy as np

STAGES = 5
"""Proliferating, three transit compartments, circulating."""


@nb.njit(cache=True, error_model="numpy", inline="always")
def growth(exponent: float) -> float:
    """``exp(x)`` by the (2, 2) Padé approximant of x/8 to the eighth: never negative."""
    x = exponent * 0.125
    even = 1.0 + x * x * 0.08333333333333333
    odd = 0.5 * x
    root = (even + odd) / (even - odd)
    root = root * root
    root = root * root
    return root * root


@nb.njit(cache=True, error_model="numpy", inline="always")
def advance_chain(
    p0: float,
    a0: float,
    b0: float,
    c0: float,
    n0: float,
    w0: float,
    start: float,
    middle: float,
    end: float,
    transit_rate: float,
    feedback: float,
    boost: float,
    speed: float,
    step: float,
) -> tuple[float, float, float, float, float, float]:
    """One Runge-Kutta step of Friberg's chain, with the two effects of G-CSF of Quartino (2014).

    The proliferating pool p, three transits a, b, c and the circulating count n [10^9/L], and the
    feedback signal ``w = (baseline/n)^gamma``, carried as a state so that no power is taken:
    dw/dt = -gamma w n'/n. The drug effect E is given at the step's start, middle and end; with
    k = 4/MTT [1/h], ``boost`` g of proliferation and ``speed`` s of maturation (1 without G-CSF),

        p' = k p ((1 - E) w g - s),   a' = k s (p - a),  ...,   n' = k (s c - n)

    The proliferating pool is advanced on the log scale, so it stays positive under any dose.
    """
    half = 0.5 * step
    fast = transit_rate * speed

    p1 = transit_rate * ((1.0 - start) * w0 * boost - speed)
    a1 = fast * (p0 - a0)
    b1 = fast * (a0 - b0)
    c1 = fast * (b0 - c0)
    n1 = fast * c0 - transit_rate * n0
    w1 = -feedback * w0 * n1 / n0

    p, a, b = p0 * growth(half * p1), a0 + half * a1, b0 + half * b1
    c, n, w = c0 + half * c1, n0 + half * n1, w0 + half * w1
    p2 = transit_rate * ((1.0 - middle) * w * boost - speed)
    a2 = fast * (p - a)
    b2 = fast * (a - b)
    c2 = fast * (b - c)
    n2 = fast * c - transit_rate * n
    w2 = -feedback * w * n2 / n

    p, a, b = p0 * growth(half * p2), a0 + half * a2, b0 + half * b2
    c, n, w = c0 + half * c2, n0 + half * n2, w0 + half * w2
    p3 = transit_rate * ((1.0 - middle) * w * boost - speed)
    a3 = fast * (p - a)
    b3 = fast * (a - b)
    c3 = fast * (b - c)
    n3 = fast * c - transit_rate * n
    w3 = -feedback * w * n3 / n

    p, a, b = p0 * growth(step * p3), a0 + step * a3, b0 + step * b3
    c, n, w = c0 + step * c3, n0 + step * n3, w0 + step * w3
    p4 = transit_rate * ((1.0 - end) * w * boost - speed)
    a4 = fast * (p - a)
    b4 = fast * (a - b)
    c4 = fast * (b - c)
    n4 = fast * c - transit_rate * n
    w4 = -feedback * w * n4 / n

    sixth = step / 6.0
    return (
        p0 * growth(sixth * (p1 + 2.0 * (p2 + p3) + p4)),
        a0 + sixth * (a1 + 2.0 * (a2 + a3) + a4),
        b0 + sixth * (b1 + 2.0 * (b2 + b3) + b4),
        c0 + sixth * (c1 + 2.0 * (c2 + c3) + c4),
        n0 + sixth * (n1 + 2.0 * (n2 + n3) + n4),
        w0 + sixth * (w1 + 2.0 * (w2 + w3) + w4),
    )


@nb.njit(cache=True, error_model="numpy", inline="always")
def lowest_over_step(
    before: float, after: float, slope_before: float, slope_after: float, step: float
) -> float:
    """Lowest count over a step [h]: of the cubic through its ends and their slopes."""
    cubic = 2.0 * (before - after) + step * (slope_before + slope_after)
    square = 3.0 * (after - before) - step * (2.0 * slope_before + slope_after)
    slope = step * slope_before
    root = np.sqrt(max(square * square - 3.0 * cubic * slope, 0.0))
    at = -slope / max(square + root, 1e-300)
    bottom = before + at * (slope + at * (square + at * cubic))
    turns = (slope_before < 0.0) & (slope_after > 0.0)
    return min(before, min(after, max(bottom, 0.0))) if turns else min(before, after)
