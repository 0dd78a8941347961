"""Friberg's chain: a proliferating pool, three transits, and the blood."""

from __future__ import annotations

import numba as nb
import numpy as np

STAGES = 5
"""Proliferating, three transit compartments, circulating."""

Chain = tuple[float, float, float, float, float, float]
"""The five stages [10^9/L] and the feedback signal."""
Effects = tuple[float, float, float]
"""The drugs' effect at a step's start, middle and end."""
Rates = tuple[float, float, float, float]
"""A chain's pace k s [1/h], feedback exponent, gain g/s and outflow 1/s, see `chain_change`."""


@nb.njit(cache=True, error_model="numpy", inline="always")
def growth(exponent: float) -> float:
    """``exp(x)`` by the (2, 2) Padé approximant of x/8 to the eighth: never negative."""
    x = exponent * 0.0625
    even = 1.0 + x * x * 0.3333333333333333
    root = (even + x) / (even - x)
    root = root * root
    root = root * root
    return root * root


@nb.njit(cache=True, error_model="numpy", inline="always")
def chain_change(x: Chain, effect: float, rates: Rates) -> Chain:
    """Derivative of Friberg's chain, with the two effects of G-CSF of Quartino (2014), over k s.

    The proliferating pool p, three transits a, b, c and the circulating count n [10^9/L], and the
    feedback signal ``w = (baseline/n)^gamma``, carried as a state so that no power is taken:
    dw/dt = -gamma w n'/n. Under a drug's effect E, with the transit rate k = 4/MTT [1/h], and with
    ``boost`` g of proliferation and ``speed`` s of maturation (1 without G-CSF),

        p'/p = k ((1 - E) w g - s),   a' = k s (p - a),  ...,   n' = k (s c - n)

    The proliferating pool is advanced on the log scale, so it stays positive under any dose.
    """
    p, a, b, c, n, w = x
    _, feedback, gain, outflow = rates
    slope = c - outflow * n
    return (
        (1.0 - effect) * gain * w - 1.0,
        p - a,
        a - b,
        b - c,
        slope,
        -w * (feedback * slope / n),
    )


@nb.njit(cache=True, error_model="numpy", inline="always")
def moved_chain(x: Chain, change: Chain, step: float) -> Chain:
    """The chain after a step along its derivative, in units of 1/(k s)."""
    return (
        x[0] * growth(step * change[0]),
        x[1] + step * change[1],
        x[2] + step * change[2],
        x[3] + step * change[3],
        x[4] + step * change[4],
        x[5] + step * change[5],
    )


@nb.njit(cache=True, error_model="numpy", inline="always")
def weighted_changes(one: Chain, two: Chain, three: Chain, four: Chain) -> Chain:
    """Six times the step's derivative by Runge and Kutta, from those of its four stages."""
    return (
        one[0] + 2.0 * (two[0] + three[0]) + four[0],
        one[1] + 2.0 * (two[1] + three[1]) + four[1],
        one[2] + 2.0 * (two[2] + three[2]) + four[2],
        one[3] + 2.0 * (two[3] + three[3]) + four[3],
        one[4] + 2.0 * (two[4] + three[4]) + four[4],
        one[5] + 2.0 * (two[5] + three[5]) + four[5],
    )


@nb.njit(cache=True, error_model="numpy", inline="always")
def advance_chains(
    x: Chain,
    y: Chain,
    x_effects: Effects,
    y_effects: Effects,
    x_rates: Rates,
    y_rates: Rates,
    step: float,
) -> tuple[Chain, Chain]:
    """One Runge-Kutta step of two chains, from effects at the step's start, middle and end.

    Their stages alternate because a processor then works on one while the other waits.
    """
    xs, ys = step * x_rates[0], step * y_rates[0]
    sixth = 1.0 / 6.0
    x1 = chain_change(x, x_effects[0], x_rates)
    y1 = chain_change(y, y_effects[0], y_rates)
    x2 = chain_change(moved_chain(x, x1, 0.5 * xs), x_effects[1], x_rates)
    y2 = chain_change(moved_chain(y, y1, 0.5 * ys), y_effects[1], y_rates)
    x3 = chain_change(moved_chain(x, x2, 0.5 * xs), x_effects[1], x_rates)
    y3 = chain_change(moved_chain(y, y2, 0.5 * ys), y_effects[1], y_rates)
    x4 = chain_change(moved_chain(x, x3, xs), x_effects[2], x_rates)
    y4 = chain_change(moved_chain(y, y3, ys), y_effects[2], y_rates)
    return (
        moved_chain(x, weighted_changes(x1, x2, x3, x4), sixth * xs),
        moved_chain(y, weighted_changes(y1, y2, y3, y4), sixth * ys),
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
