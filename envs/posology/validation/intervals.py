"""Rates and medians with two intervals: of the simulation, and of a trial of its own size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Bool, Float

LEVEL = 0.95
_ROUNDING = 1e-12

Column = Float[np.ndarray, " patients"]


@dataclass(frozen=True)
class Estimate:
    """A simulated endpoint with its intervals; infinite where a median was not reached."""

    value: float
    low: float
    """Confidence interval over the simulated patients."""
    high: float
    expected_low: float
    """Prediction interval: what 95 % of trials of the arm's own size would report."""
    expected_high: float


def rate(happened: Bool[np.ndarray, " patients"], *, trial_patients: int) -> Estimate:
    """Share of patients [%] to whom something happened."""
    count, patients = int(happened.sum()), happened.size
    return Estimate(
        100.0 * count / patients,
        *(100.0 * share for share in wilson_interval(count, patients)),
        *(
            100.0 * number / trial_patients
            for number in predicted_count(count, patients, among=trial_patients)
        ),
    )


def median(
    times: Column, events: Bool[np.ndarray, " patients"], *, trial_patients: int
) -> Estimate:
    """Kaplan-Meier median of times that end in an event or are censored."""
    if trial_patients < 1:
        raise ValueError(f"a trial needs patients; got {trial_patients}.")
    return Estimate(
        median_time(*survival_curve(times, events)),
        *median_interval(times, events),
        # The variance of a trial's curve is that of n patients instead of N, beside our own.
        *median_interval(times, events, inflation=1.0 + times.size / trial_patients),
    )


def wilson_interval(count: int, patients: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    >>> low, high = wilson_interval(10, 100)
    >>> round(low, 4), round(high, 4)
    (0.0552, 0.1744)
    """
    if not 0 <= count <= patients or patients == 0:
        raise ValueError(f"a share needs a count among patients; got {count} of {patients}.")
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    share, weight = count / patients, z * z / patients
    centre = (share + weight / 2.0) / (1.0 + weight)
    half = z / (1.0 + weight) * math.sqrt((share * (1.0 - share) + weight / 4.0) / patients)
    return (
        0.0 if count == 0 else max(0.0, centre - half),
        1.0 if count == patients else min(1.0, centre + half),
    )


def predicted_count(
    count: int, patients: int, *, among: int, level: float = LEVEL
) -> tuple[int, int]:
    """How many of ``among`` further patients it may happen to, after ``count`` of ``patients``.

    Quantiles of the beta-binomial distribution with Jeffreys' prior, which hold the chance of the
    trial and that of the simulation.
    """
    if among < 1:
        raise ValueError(f"a trial needs patients; got {among}.")
    a, b = count + 0.5, patients - count + 0.5
    x = np.arange(among)
    # The ratio of neighbours, P(x + 1) / P(x), needs no gamma functions.
    steps = np.log((among - x) / (x + 1.0)) + np.log((x + a) / (among - x - 1.0 + b))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    shares = np.exp(logs - logs.max())
    below = np.cumsum(shares / shares.sum())
    tail = (1.0 - level) / 2.0
    low, high = np.searchsorted(below, [tail, 1.0 - tail])
    return int(low), min(int(high), among)


def survival_curve(
    times: Column, events: Bool[np.ndarray, " patients"]
) -> tuple[Float[np.ndarray, " steps"], Float[np.ndarray, " steps"]]:
    """Kaplan-Meier curve: every time that was seen, and the share surviving just after it.

    Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452.

    >>> at, surviving = survival_curve(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    >>> [round(float(share), 3) for share in surviving]
    [0.667, 0.667, 0.0]
    """
    at, died, at_risk = _table(times, events)
    return at, np.cumprod(1.0 - died / at_risk)


def median_time(at: Float[np.ndarray, " steps"], surviving: Float[np.ndarray, " steps"]) -> float:
    """First time at which no more than half survive; infinite if there is none."""
    half = surviving <= 0.5 + _ROUNDING
    return float(at[np.argmax(half)]) if half.any() else math.inf


def median_interval(
    times: Column,
    events: Bool[np.ndarray, " patients"],
    *,
    inflation: float = 1.0,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Times at which the curve does not differ from one half.

    Brookmeyer & Crowley (1982), doi:10.2307/2530286, with Greenwood's variance times
    ``inflation``.
    """
    at, died, at_risk = _table(times, events)
    surviving = np.cumprod(1.0 - died / at_risk)
    left = np.maximum(at_risk - died, _ROUNDING)  # where nobody is, the curve has no error
    error = surviving * np.sqrt(inflation * np.cumsum(died / (at_risk * left)))
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    return median_time(at, surviving - z * error), median_time(at, surviving + z * error)


def _table(
    times: Column, events: Bool[np.ndarray, " patients"]
) -> tuple[Float[np.ndarray, " steps"], Float[np.ndarray, " steps"], Float[np.ndarray, " steps"]]:
    """Every time seen, how many had the event then, and how many were at risk just before."""
    if times.size == 0:
        raise ValueError("a survival curve needs patients; got none.")
    at, where = np.unique(times, return_inverse=True)
    died = np.bincount(where, weights=events.astype(float), minlength=at.size)
    left = np.bincount(where, minlength=at.size)
    at_risk = times.size - np.concatenate([[0], np.cumsum(left)[:-1]])
    return at, died, at_risk.astype(float)
