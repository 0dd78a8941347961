"""Effects of one policy against another on the same patients, as clinics report them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from dosefront.front import Estimate, difference_of, estimate_of, resamples
from dosefront.front.paired import Values, Z

WORST_SHARE = 0.1
"""Of the patients, over whom the tail is averaged."""
LEAST_DISCORDANT = 10
"""Patients who must fare differently under two policies before rates are told as a ratio."""


@dataclass(frozen=True)
class NumberNeeded:
    """How many patients are treated for one more of them to benefit, or to be harmed.

    Where the interval of the difference holds no difference, that of the number goes from a benefit
    through infinity to a harm, and is written so: Altman (1998), doi:10.1136/bmj.317.7168.1309.
    """

    benefit: Estimate
    """The difference in rates, turned so that more is better."""

    @property
    def value(self) -> float | None:
        """Patients for one benefit, negative for one harm; None for infinitely many."""
        return _inverse(self.benefit.value)

    def __str__(self) -> str:
        value, least, most = self.benefit.value, self.benefit.low, self.benefit.high
        if most <= 0.0:  # harm throughout, the fewest patients first here too
            least, most = most, least
        through = "∞ to " if self.benefit.low < 0.0 < self.benefit.high else ""
        ends = f"{_needed(most)} to {through}{_needed(least)}"
        return _needed(value) if least == most else f"{_needed(value)} [{ends}]"


@dataclass(frozen=True)
class Effect:
    """What a policy changes in one measure against a comparator, in clinical units."""

    measure: str
    unit: str
    is_harm: bool
    """Whether less of it is better."""
    ours: Estimate
    theirs: Estimate
    difference: Estimate
    """Ours less theirs, paired by patient."""
    relative: Estimate | None
    """The difference as a share of theirs; None where theirs cannot be told from zero."""
    needed: NumberNeeded | None
    """Of rates only."""

    @property
    def benefit(self) -> Estimate:
        """The difference, turned so that more is better."""
        return turned(self.difference) if self.is_harm else self.difference


@dataclass(frozen=True)
class Tail:
    """The patients whom a measure treats worst: its mean over the worst of them."""

    measure: str
    unit: str
    share: float
    """How many of the patients are averaged over; each policy has its own."""
    ours: Estimate
    theirs: Estimate
    difference: Estimate


def effect(
    measure: str, ours: Values, theirs: Values, *, is_harm: bool = False, unit: str = ""
) -> Effect:
    """The effect of a policy; ``ours`` and ``theirs`` are values of the same patients."""
    difference = difference_of(ours, theirs)
    benefit = turned(difference) if is_harm else difference
    return Effect(
        measure=measure,
        unit=unit,
        is_harm=is_harm,
        ours=estimate_of(ours),
        theirs=estimate_of(theirs),
        difference=difference,
        relative=relative_change(ours, theirs),
        needed=NumberNeeded(benefit) if ours.dtype == bool else None,
    )


def relative_change(ours: Values, theirs: Values, *, seed: int = 0) -> Estimate | None:
    """The mean of ours over that of theirs, less one, with its bootstrap interval.

    Patients are resampled in pairs, so the interval knows how the two means go together. None where
    a resample's mean of theirs is zero or of another sign: then the ratio has no bounded interval
    (Fieller 1954). None too of rates in which fewer than ``LEAST_DISCORDANT`` patients differ.

    >>> relative_change(np.array([2.0, 4.0]), np.array([1.0, 2.0])).value
    1.0
    """
    is_rate = ours.dtype == bool
    if theirs.mean() == 0.0 or (is_rate and (ours != theirs).sum() < LEAST_DISCORDANT):
        return None
    pairs = np.stack([ours, theirs], axis=1).astype(float)
    sums = np.concatenate([each @ pairs for each in resamples(len(ours), seed)])
    if (sums[:, 1] * np.sign(theirs.mean()) <= 0.0).any():
        return None
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975]) - 1.0
    return Estimate(float(ours.mean() / theirs.mean() - 1.0), float(low), float(high))


def tail(
    measure: str,
    ours: Float[np.ndarray, " patients"],
    theirs: Float[np.ndarray, " patients"],
    *,
    clinical: Callable[[float], float],
    unit: str = "",
    share: float = WORST_SHARE,
    seed: int = 0,
) -> Tail:
    """The worst patients under either policy.

    Args:
        measure: what is measured.
        ours, theirs: returns of the same patients, maximised.
        clinical: turns a maximised value into clinical units.
        unit: the clinical one.
        share: of the patients, the worst of whom are averaged over.
        seed: of the resamples.
    """
    values = conditional_value_at_risk(ours, share), conditional_value_at_risk(theirs, share)
    drawn = [_resampled_tails(each, share, seed=seed) for each in (ours, theirs)]

    def estimate(value: float, resampled: Float[np.ndarray, " resamples"]) -> Estimate:
        ends = np.quantile(resampled, [0.025, 0.975])
        low, high = sorted(clinical(float(end)) for end in ends)
        return Estimate(clinical(value), low, high)

    return Tail(
        measure=measure,
        unit=unit,
        share=share,
        ours=estimate(values[0], drawn[0]),
        theirs=estimate(values[1], drawn[1]),
        difference=estimate(values[0] - values[1], drawn[0] - drawn[1]),
    )


def conditional_value_at_risk(values: Float[np.ndarray, " patients"], share: float) -> float:
    """The mean of the lowest ``share`` of the values; the last one counts in part.

    Rockafellar & Uryasev (2002), doi:10.1016/S0378-4266(02)00271-6.

    >>> conditional_value_at_risk(np.array([4.0, 1.0, 3.0, 2.0, 5.0]), 0.3)
    1.3333333333333333
    """
    return float(_tails(np.ones((1, len(values))), values, share)[0])


def independent_difference(
    first: Values, second: Shaped[np.ndarray, " others"], *, seed: int = 0
) -> Estimate:
    """The mean of ``first`` less that of ``second``, of other patients, with its interval.

    Of means it is the bootstrap's, both samples drawn anew; of rates it is Newcombe's (1998, his
    method 10), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    value = float(first.mean()) - float(second.mean())
    if first.dtype == bool:
        (low1, high1), (low2, high2) = _wilson(first), _wilson(second)
        p1, p2 = float(first.mean()), float(second.mean())
        return Estimate(
            value,
            value - math.hypot(p1 - low1, high2 - p2),
            value + math.hypot(high1 - p1, p2 - low2),
        )
    means = [
        np.concatenate([each @ values for each in resamples(len(values), number)]) / len(values)
        for number, values in ((seed, first), (seed + 1, second))
    ]
    low, high = np.quantile(means[0] - means[1], [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def _wilson(happened: Bool[np.ndarray, " some"]) -> tuple[float, float]:
    """Score interval of a rate (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    n, p = len(happened), float(happened.mean())
    centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n)
    half = Z / (1.0 + Z * Z / n) * math.sqrt((p * (1.0 - p) + Z * Z / (4.0 * n)) / n)
    return centre - half, centre + half


def turned(estimate: Estimate) -> Estimate:
    """The estimate of the quantity with the other sign."""
    return Estimate(0.0 - estimate.value, 0.0 - estimate.high, 0.0 - estimate.low)


def _resampled_tails(
    values: Float[np.ndarray, " patients"], share: float, *, seed: int
) -> Float[np.ndarray, " resamples"]:
    return np.concatenate([_tails(each, values, share) for each in resamples(len(values), seed)])


def _tails(
    counts: Float[np.ndarray, "resamples patients"],
    values: Float[np.ndarray, " patients"],
    share: float,
) -> Float[np.ndarray, " resamples"]:
    """Mean of the lowest share of the values, each taken as often as it was drawn."""
    order = np.argsort(values)
    wanted = share * len(values)
    reached = np.minimum(np.cumsum(counts[:, order], axis=1), wanted)
    return np.diff(reached, axis=1, prepend=0.0) @ values[order] / wanted


def _inverse(benefit: float) -> float | None:
    return None if benefit == 0.0 else 1.0 / benefit


def _needed(benefit: float) -> str:
    """A limit as Altman writes it: NNTB for benefit, NNTH for harm."""
    number = _inverse(benefit)
    if number is None:
        return "∞"
    digits = f"{abs(number):.1f}" if abs(number) < 10.0 else f"{abs(number):.0f}"
    return f"{'NNTB' if number > 0.0 else 'NNTH'} {digits}"
