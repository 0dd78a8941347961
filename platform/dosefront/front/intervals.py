"""Estimates with intervals, over patients."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv  # scipy.stats would take four times as long to import

from dosefront.errors import FrontError

RESAMPLES = 2000
BLOCK = 100  # resamples drawn at a time
MOST_KEPT = 4000  # patients: the counts of all resamples then take 64 MB


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
    means = np.concatenate([each @ values for each in resamples(patients, seed)]) / patients
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Estimate(float(values.mean()), float(low), float(high))


def resamples(patients: int, seed: int) -> Iterable[Float[np.ndarray, "resamples patients"]]:
    """How often each patient is drawn in each resample, in blocks.

    The same for every mean over as many patients; kept where that takes little memory.
    """
    return _kept(patients, seed) if patients <= MOST_KEPT else _drawn(patients, seed)


@lru_cache(maxsize=4)
def _kept(patients: int, seed: int) -> tuple[Float[np.ndarray, "resamples patients"], ...]:
    return tuple(_drawn(patients, seed))


def _drawn(patients: int, seed: int) -> Iterator[Float[np.ndarray, "resamples patients"]]:
    generator = np.random.default_rng(seed)
    rows = np.arange(BLOCK)[:, None] * patients
    for _ in range(RESAMPLES // BLOCK):
        drawn = (rows + generator.integers(patients, size=(BLOCK, patients))).ravel()
        counts = np.bincount(drawn, minlength=BLOCK * patients).reshape(BLOCK, patients)
        yield counts.astype(np.float64)


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
