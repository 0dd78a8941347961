"""Estimates with intervals, over patients."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv  # scipy.stats would take four times as long to import

from dosefront.errors import FrontError

RESAMPLES = 2000
BLOCK = 100  # resamples drawn at a time: 100 × 2,000 patients stay in the processor's cache


@dataclass(frozen=True)
class Estimate:
    """A number with its interval."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) for number in (self.value, self.low, self.high)):
            raise FrontError(
                f"an estimate must be finite; got {self.value} [{self.low}, {self.high}]. "
                "Leave out endpoints that no patient has."
            )


def mean_interval(
    values: Float[np.ndarray, " patients"], *, level: float = 0.95, seed: int = 0
) -> Estimate:
    """The mean with its percentile bootstrap interval; the same seed gives the same interval.

    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    patients = len(values)
    if patients == 0:
        raise FrontError("a mean needs patients; got none. Leave out endpoints nobody has.")
    generator = np.random.default_rng(seed)
    means = np.concatenate(
        [
            values[generator.integers(patients, size=(BLOCK, patients))].mean(axis=1)
            for _ in range(RESAMPLES // BLOCK)
        ]
    )
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Estimate(float(values.mean()), float(low), float(high))


def rate_interval(successes: int, patients: int, *, level: float = 0.95) -> Estimate:
    """The rate with its exact interval of Clopper & Pearson (1934), doi:10.1093/biomet/26.4.404."""
    if not 0 <= successes <= patients or patients == 0:
        raise FrontError(
            f"a rate needs successes among patients; got {successes} of {patients}. "
            "Leave out endpoints nobody has."
        )
    tail = (1.0 - level) / 2.0
    failures = patients - successes
    low = betaincinv(successes, failures + 1, tail) if successes else 0.0
    high = betaincinv(successes + 1, failures, 1.0 - tail) if failures else 1.0
    return Estimate(successes / patients, float(low), float(high))


def paired_difference(
    first: Float[np.ndarray, " patients"],
    second: Float[np.ndarray, " patients"],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """The mean of `first - second` over the same patients, with its bootstrap interval."""
    return mean_interval(first - second, level=level, seed=seed)
