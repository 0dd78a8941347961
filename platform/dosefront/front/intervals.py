"""Estimates with intervals, over patients and over seeds."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv, stdtrit  # scipy.stats would take four times as long to import

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


def estimate_of(
    value: float, resampled: Float[np.ndarray, " resamples"], *, level: float = 0.95
) -> Estimate:
    """The value with the basic bootstrap interval: what resampling adds to it is taken off.

    ``[2 v - q(1 - a), 2 v - q(a)]``. A maximum over noisy values is too large, and that of a
    resample is too large once more; here the two cancel. Davison & Hinkley (1997), equation 5.6.
    """
    low, high = np.quantile(resampled, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Estimate(value, float(2.0 * value - high), float(2.0 * value - low))


def interquartile_mean(values: Float[np.ndarray, " seeds"]) -> float:
    """The mean without the lowest and the highest quarter, rounded down.

    Agarwal et al. (2021), https://arxiv.org/abs/2108.13264.

    >>> interquartile_mean(np.array([0.0, 1.0, 2.0, 30.0]))
    1.5
    """
    cut = len(values) // 4
    return float(np.sort(values)[cut : len(values) - cut].mean())


def interquartile_mean_interval(
    values: Float[np.ndarray, " seeds"], *, level: float = 0.95
) -> Estimate:
    """The interquartile mean with its interval over seeds, by Student's t.

    Tukey & McLaughlin (1963): the standard error is that of the values with each tail drawn in.
    Seeds are few: a bootstrap of three knows ten resamples and covers far less than it says.
    """
    seeds, cut = len(values), len(values) // 4
    if seeds < 2:
        raise FrontError(
            f"an interval over seeds needs two; got {seeds}. Train with more seeds, "
            "or ask for the interval over patients."
        )
    ordered = np.sort(values)
    drawn_in = np.clip(ordered, ordered[cut], ordered[seeds - cut - 1])
    error = drawn_in.std(ddof=1) / ((1.0 - 2.0 * cut / seeds) * math.sqrt(seeds))
    reach = float(stdtrit(seeds - 2 * cut - 1, (1.0 + level) / 2.0) * error)
    mean = interquartile_mean(values)
    return Estimate(mean, mean - reach, mean + reach)


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
