"""Means over episodes, and which differences between paired episodes chance does not explain."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from jaxtyping import Float, Int

from posology.validation.audit_report import Interval

LEVEL = 0.95
ROUNDING = 1e-9
"""Differences below this share of the returns themselves are rounding."""


def student_quantile(probability: float, degrees: int) -> float:
    """Student's t quantile, from the normal one.

    Abramowitz & Stegun (1964), Handbook of Mathematical Functions, 26.7.5: an asymptotic series,
    within 1 % of the quantile for seven degrees of freedom or more and 1 - p of 0.001 or more.

    >>> round(student_quantile(0.975, 30), 3)
    2.042
    """
    x, n = NormalDist().inv_cdf(probability), float(degrees)
    terms = (
        (x**3 + x) / 4.0 / n,
        (5.0 * x**5 + 16.0 * x**3 + 3.0 * x) / 96.0 / n**2,
        (3.0 * x**7 + 19.0 * x**5 + 17.0 * x**3 - 15.0 * x) / 384.0 / n**3,
        (79.0 * x**9 + 776.0 * x**7 + 1482.0 * x**5 - 1920.0 * x**3 - 945.0 * x) / 92160.0 / n**4,
    )
    return x + sum(terms)


def mean_interval(values: Float[np.ndarray, " episodes"], *, comparisons: int = 1) -> Interval:
    """The mean with Student's interval, widened so that ``comparisons`` of them hold together."""
    mean = float(values.mean())
    if not math.isfinite(mean):
        return Interval(math.nan, math.nan, math.nan)
    half = _half_width(values, comparisons=comparisons)
    return Interval(mean, mean - half, mean + half)


def changes(
    differences: Float[np.ndarray, "episodes objectives"], *, comparisons: int, scale: float
) -> Int[np.ndarray, " objectives"]:
    """Sign of each mean difference, or 0 where its interval holds zero.

    The intervals hold together over ``comparisons`` of them (Bonferroni), so that many looks do not
    find a difference that is not there. ``scale`` is the size of the returns compared.
    """
    signs = np.zeros(differences.shape[1], np.int64)
    for column, values in enumerate(differences.T):
        half = _half_width(values, comparisons=comparisons)
        mean = values.mean()
        if abs(mean) > max(half, ROUNDING * scale):
            signs[column] = int(np.sign(mean))
    return signs


def dominates(
    first: Float[np.ndarray, "episodes objectives"],
    second: Float[np.ndarray, "episodes objectives"],
    *,
    comparisons: int,
) -> bool:
    """Whether the first mean return is no worse anywhere and better beyond its interval somewhere.

    Episodes are paired by seed; ``comparisons`` is the number of pairs of policies looked at.
    """
    differences = first - second
    scale = float(max(np.abs(first).max(), np.abs(second).max()))
    signs = changes(differences, comparisons=comparisons * first.shape[1], scale=scale)
    no_worse = differences.mean(axis=0) >= -ROUNDING * scale
    return bool(no_worse.all() and (signs > 0).any())


def _half_width(values: Float[np.ndarray, " episodes"], *, comparisons: int) -> float:
    n = len(values)
    if n < 2:
        return math.inf
    quantile = student_quantile(1.0 - (1.0 - LEVEL) / 2.0 / comparisons, n - 1)
    return float(quantile * values.std(ddof=1) / math.sqrt(n))
