"""Time to an event: the product-limit estimator of a survival curve, with its intervals."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtri  # scipy.stats would take four times as long to import

from dosefront.errors import FrontError
from dosefront.evaluate import CourseRecords


@dataclass(frozen=True)
class ProductLimit:
    """A survival curve: constant from each of its times to the next."""

    times: Float[np.ndarray, " steps"]
    """0, then every time of an event, ascending."""
    survival: Float[np.ndarray, " steps"]
    """Share without the event just after each time."""
    low: Float[np.ndarray, " steps"]
    high: Float[np.ndarray, " steps"]
    """Pointwise interval; NaN once nobody is left without the event."""
    durations: Float[np.ndarray, " patients"]
    """What each patient was followed for, ascending."""

    def at_risk(self, times: Float[np.ndarray, " some"]) -> Int[np.ndarray, " some"]:
        """How many were still followed without the event just before each time."""
        return self.durations.size - np.searchsorted(self.durations, times, side="left")

    def median(self) -> tuple[float, float, float]:
        """The first time at which at most half are without the event, and its interval; infinite
        where the curve, or its limit, does not come so far (Brookmeyer & Crowley 1982,
        doi:10.2307/2530286).
        """
        value, low, high = (
            _first(self.times, each <= 0.5)
            for each in (self.survival, np.nan_to_num(self.low), np.nan_to_num(self.high, nan=1.0))
        )
        return value, low, high


def product_limit(
    durations: Float[np.ndarray, " patients"],
    has_event: Bool[np.ndarray, " patients"],
    *,
    level: float = 0.95,
) -> ProductLimit:
    """The curve of Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452.

    Greenwood's variance on the scale ln(-ln S), which keeps the interval between 0 and 1
    (Kalbfleisch & Prentice 1980).

    Args:
        durations: time to the event or to the end of follow-up.
        has_event: whether it was the event; the others are censored, after events of their time.
        level: of the interval.

    Raises:
        FrontError: no patient.
    """
    if durations.size == 0:
        raise FrontError("a survival curve needs patients; got none. Leave out empty groups.")
    times, happened = np.unique(durations[has_event], return_counts=True)
    ordered = np.sort(durations)
    risk = ordered.size - np.searchsorted(ordered, times, side="left")
    survival = np.cumprod(1.0 - happened / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(happened / (risk * (risk - happened)))
        spread = ndtri(0.5 + level / 2.0) * np.sqrt(variance) / np.log(survival)  # below 0
        low, high = survival ** np.exp(-spread), survival ** np.exp(spread)
    gone = survival <= 0.0
    first = np.ones(1)
    return ProductLimit(
        times=np.append(0.0, times),
        survival=np.append(first, survival),
        low=np.append(first, np.where(gone, np.nan, low)),
        high=np.append(first, np.where(gone, np.nan, high)),
        durations=ordered,
    )


def progression_free(
    courses: CourseRecords,
) -> tuple[Float[np.ndarray, " patients"], Bool[np.ndarray, " patients"]]:
    """Weeks to progression or death, or of follow-up without either; and whether there was one."""
    week = np.where(courses.progression_week > 0, courses.progression_week, courses.death_week)
    has_event = week > 0
    return np.where(has_event, week, courses.weeks_followed).astype(float), has_event


def _first(times: Float[np.ndarray, " steps"], holds: Bool[np.ndarray, " steps"]) -> float:
    return float(times[np.argmax(holds)]) if holds.any() else np.inf
