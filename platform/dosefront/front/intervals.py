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
TRIMMED = 1.195
"""Variance of a mean without its outer quarters over that of the mean, for normal values: both are
known in closed form, see `tests/dosefront/front/test_intervals.py`."""
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


def mean_interval(values: Float[np.ndarray, " patients"], *, level: float = 0.95) -> Estimate:
    """The mean with its interval by Student's t, turned with the values' skewness.

    Hall (1992), On the removal of skewness by transformation, J. R. Stat. Soc. B 54, 221-228.
    Counts of events and days to progression are skewed: the plain t or a percentile bootstrap then
    leaves out one side too often. The interval never reaches beyond what any patient had.
    """
    patients = len(values)
    if patients == 0:
        raise FrontError("a mean needs patients; got none. Leave out endpoints nobody has.")
    mean, spread = float(values.mean()), float(values.std())
    if spread <= 1e-12 * max(abs(mean), float(np.abs(values).max())):
        return Estimate(mean, mean, mean)
    skewness = float(np.mean(((values - mean) / spread) ** 3))
    error = spread / math.sqrt(patients - 1)
    reach = float(stdtrit(patients - 1, (1.0 + level) / 2.0))
    below, above = (_turned(t, skewness / math.sqrt(patients)) for t in (reach, -reach))
    ends = np.clip([mean - below * error, mean - above * error], values.min(), values.max())
    return Estimate(mean, *ends.tolist())


def _turned(t: float, lean: float) -> float:
    """The t value whose skewed counterpart is `t`: Hall's cubic, solved for it.

    ``lean`` is the skewness over the root of the number of patients.
    """
    if abs(lean) < 1e-6:
        return t
    return 3.0 / lean * (float(np.cbrt(1.0 + lean * (t - lean / 6.0))) - 1.0)


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

    Seeds are few: a bootstrap of three knows ten resamples and covers 76 % where it says 95.
    """
    mean, variance = interquartile_mean(values), _variance(values)
    reach = float(stdtrit(len(values) - 1, (1.0 + level) / 2.0)) * math.sqrt(variance)
    return Estimate(mean, mean - reach, mean + reach)


def interquartile_mean_difference(
    first: Float[np.ndarray, " seeds"],
    second: Float[np.ndarray, " others"],
    *,
    level: float = 0.95,
) -> Estimate:
    """By how much the first interquartile mean exceeds the second, over the seeds of both.

    Welch (1947), doi:10.1093/biomet/34.1-2.28: the seeds of the two are not paired.
    """
    value = interquartile_mean(first) - interquartile_mean(second)
    parts = [(_variance(each), len(each) - 1) for each in (first, second)]
    variance = sum(part for part, _ in parts)
    if variance == 0.0:
        return Estimate(value, value, value)
    freedom = variance**2 / sum(part**2 / own for part, own in parts)
    reach = float(stdtrit(freedom, (1.0 + level) / 2.0)) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach)


def _variance(values: Float[np.ndarray, " seeds"]) -> float:
    """Of the interquartile mean."""
    if len(values) < 2:
        raise FrontError(
            f"an interval over seeds needs two; got {len(values)}. Train with more seeds, "
            "or ask for the interval over patients."
        )
    trimmed = TRIMMED if len(values) >= 4 else 1.0
    return trimmed * float(values.var(ddof=1)) / len(values)


def resamples(patients: int, seed: int) -> Iterable[Float[np.ndarray, "resamples patients"]]:
    """How often each patient is drawn in each resample, in blocks.

    The same for every statistic of as many patients; kept where that takes little memory.
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
) -> Estimate:
    """The mean of `first - second` over the same patients, with its interval."""
    return mean_interval(first - second, level=level)


def unpaired_difference(
    first: Float[np.ndarray, " patients"],
    second: Float[np.ndarray, " others"],
    *,
    level: float = 0.95,
) -> Estimate:
    """The difference of the means of two cohorts; each side's reach adds in squares.

    Zou & Donner (2008), doi:10.1002/sim.3095.
    """
    ours, theirs = mean_interval(first, level=level), mean_interval(second, level=level)
    value = ours.value - theirs.value
    below = math.hypot(ours.value - ours.low, theirs.high - theirs.value)
    above = math.hypot(ours.high - ours.value, theirs.value - theirs.low)
    return Estimate(value, value - below, value + above)
