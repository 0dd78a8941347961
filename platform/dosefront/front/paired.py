"""Yes or no, or a number: what patients had under a policy, alone and less that of another."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Shaped

from dosefront.front.intervals import Estimate, mean_interval, paired_difference, rate_interval

Z = 1.959963984540054
"""Of the standard normal distribution, for 95 %."""
_TINY = 1e-300

Values = Shaped[np.ndarray, " patients"]
"""One a patient; booleans where something happened or did not."""


def estimate_of(values: Values) -> Estimate:
    """The rate with its exact interval, or the mean with its interval."""
    if values.dtype == bool:
        return rate_interval(int(values.sum()), len(values))
    return mean_interval(values)


def difference_of(ours: Values, theirs: Values) -> Estimate:
    """The mean of ours less that of theirs, in pairs; rates have the score interval of pairs."""
    if ours.dtype == bool:
        return paired_rate_difference(ours, theirs)
    return paired_difference(ours, theirs)


def paired_rate_difference(
    ours: Bool[np.ndarray, " patients"], theirs: Bool[np.ndarray, " patients"]
) -> Estimate:
    """The difference of two rates of the same patients, with its 95 % score interval.

    Tango (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B. Where few
    patients fare differently a bootstrap knows too little, and where none does it is certain of
    zero; this interval then is about ``z2 / n`` to either side.
    """
    patients = len(ours)
    gained, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())

    def z(difference: float) -> float:
        """The score statistic of a true difference; it falls as that grows."""
        b = (2.0 * patients - gained + lost) * difference - gained - lost
        c = lost * difference * (1.0 - difference)
        share = (math.sqrt(b * b + 8.0 * patients * c) - b) / (4.0 * patients)
        variance = patients * (2.0 * share + difference * (1.0 - difference))
        return (gained - lost - patients * difference) / math.sqrt(max(variance, _TINY))

    value = (gained - lost) / patients
    low = _crossing(lambda x: z(x) - Z, -1.0, value)
    high = _crossing(lambda x: z(x) + Z, value, 1.0)
    return Estimate(value, low, high)


def _crossing(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function is zero, by halving."""
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if falling(middle) > 0.0 else (low, middle)
    return (low + high) / 2.0
