"""Deciding on one policy of a front under caps, without being misled by luck.

The order in which policies are tested is decided on one cohort, the tests themselves are made on
another. A walk in that order which stops at the first policy that fails admits one whose cap is
truly broken with at most the chance of a single test, however many policies there are and however
alike their patients fare: fixed-sequence testing, Maurer et al. (1995) in Biometrie in der
chemisch-pharmazeutischen Industrie 6; on a Pareto front, Laufer-Goldshtein et al. (2023),
arXiv:2210.07913.

Here smaller is safer in every capped quantity and larger is better in the benefit; whoever calls
turns the signs.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy.special import betaincinv

from dosefront.errors import UsageError
from dosefront.front.dominance import nondominated
from dosefront.front.intervals import resamples
from dosefront.front.preferences import lattice
from dosefront.front.scalarization import Chebyshev

KNEE_POINTS = 3
"""Fewer policies bend nowhere."""
PREFERENCES = 101
"""Weight vectors, at least, over which the greatest regret is sought."""
TOLERANCE = 1e-9
"""Rounding that a sum over patients may carry, for each patient."""


def shortlist(
    benefit: Float[np.ndarray, " policies"],
    risks: Float[np.ndarray, "policies caps"],
    *,
    half_widths: Float[np.ndarray, "policies caps"],
    bounds: Float[np.ndarray, " caps"],
) -> Int[np.ndarray, " shortlisted"]:
    """Policies worth testing, in the order in which to test them: the safest first.

    Only those that no other policy dominates in benefit and risks are worth it. They are ordered by
    their smallest margin below a cap, in half-widths of its interval.

    Args:
        benefit: mean of what is maximised, on the cohort that decides the order.
        risks: means of the capped quantities, on the same cohort.
        half_widths: of the risks' intervals.
        bounds: the caps.
    """
    members = np.flatnonzero(nondominated(np.column_stack([benefit, -risks])))
    margins = bounds - risks[members]
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = margins / half_widths[members]  # a mean without a width is surely below, or above
    smallest = np.where(margins == 0.0, 0.0, scaled).min(axis=1)
    order: Int[np.ndarray, " shortlisted"] = members[np.lexsort((benefit[members], -smallest))]
    return order


def upper_limits(
    values: Shaped[np.ndarray, "policies patients"], *, confidence: float = 0.95, seed: int = 0
) -> Float[np.ndarray, " policies"]:
    """The one-sided upper confidence limit of each policy's mean.

    Exact for what is yes or no; studentised bootstrap for numbers. It is infinite where so few
    patients differ from the rest that a resample may well miss them all.
    """
    if values.dtype == bool:
        return rate_upper_limits(values.sum(axis=1), values.shape[1], confidence=confidence)
    return _mean_upper_limits(values.astype(np.float64), confidence=confidence, seed=seed)


def rate_upper_limits(
    successes: Int[np.ndarray, "*policies"], patients: int, *, confidence: float = 0.95
) -> Float[np.ndarray, "*policies"]:
    """The exact limit of Clopper & Pearson (1934), doi:10.1093/biomet/26.4.404.

    >>> float(rate_upper_limits(np.array(0), 100).round(4))  # 1 - 0.05^(1/100)
    0.0295
    """
    failures = patients - successes
    limits = betaincinv(successes + 1, np.maximum(failures, 1), confidence)
    return np.where(failures == 0, 1.0, limits)


def _mean_upper_limits(
    values: Float[np.ndarray, "policies patients"], *, confidence: float, seed: int
) -> Float[np.ndarray, " policies"]:
    """Bootstrap-t; Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 12.5.

    Unlike the percentile interval it keeps its level for skewed counts of events.
    """
    patients = values.shape[1]
    means = values.mean(axis=1)
    centred = (values - means[:, None]).T
    moments = [
        (counts @ centred / patients, counts @ centred**2 / patients)
        for counts in resamples(patients, seed)
    ]
    first, second = (np.concatenate(each) for each in zip(*moments, strict=True))
    errors = np.sqrt(np.maximum(second - first**2, 0.0) / patients)
    spread = values.std(axis=1) / np.sqrt(patients)
    is_flat = errors <= TOLERANCE * spread
    far = np.where(np.abs(first) <= TOLERANCE * spread, 0.0, np.copysign(np.inf, first))
    studentised = np.where(is_flat, far, first / np.where(is_flat, 1.0, errors))
    lowest = np.quantile(studentised, 1.0 - confidence, axis=0, method="inverted_cdf")
    return means - np.where(spread > 0.0, lowest, 0.0) * spread


def confirmed(
    limits: Float[np.ndarray, "shortlisted caps"], bounds: Float[np.ndarray, " caps"]
) -> Bool[np.ndarray, " shortlisted"]:
    """Which policies of a shortlist, in its order, keep every cap; none after the first that fails.

    >>> confirmed(np.array([[0.10], [0.16], [0.14]]), np.array([0.15])).tolist()
    [True, False, False]
    """
    return np.logical_and.accumulate(np.all(limits <= bounds, axis=1))


def gaps(
    limits: Float[np.ndarray, "policies caps"], bounds: Float[np.ndarray, " caps"]
) -> Float[np.ndarray, " policies"]:
    """How far each policy's worst limit lies above its cap, as a share of the cap."""
    scale = np.where(bounds == 0.0, 1.0, np.abs(bounds))
    worst: Float[np.ndarray, " policies"] = ((limits - bounds) / scale).max(axis=1)
    return worst


def probability_feasible(excess: Float[np.ndarray, "caps patients"], *, seed: int = 0) -> float:
    """Share of the bootstrap resamples of patients in which every cap is kept.

    Args:
        excess: for each cap and patient, how far the patient's value lies above the cap; 0 for
            patients whom the cap does not concern.
        seed: of the resamples.
    """
    patients = excess.shape[1]
    sums = np.concatenate([each @ excess.T for each in resamples(patients, seed)])
    return float(np.all(sums <= TOLERANCE * patients, axis=1).mean())


def _knee(values: Float[np.ndarray, "policies quantities"]) -> int:
    """Furthest beyond the plane through the ends; Das (1999), doi:10.1007/BF01195985."""
    if len(values) < KNEE_POINTS:
        raise UsageError(
            f"a knee needs {KNEE_POINTS} policies within the caps; there are {len(values)}. "
            "Choose by --method upper-limit."
        )
    return int(np.argmax(values.sum(axis=1)))


def _achievement(values: Float[np.ndarray, "policies quantities"]) -> int:
    """Nearest to the best of each quantity; Wierzbicki (1980), doi:10.1007/978-3-642-48782-8_32."""
    weights = np.full(values.shape[1], 1.0 / values.shape[1])
    return int(np.argmax(Chebyshev().utility(values, weights)))


def _least_regret(values: Float[np.ndarray, "policies quantities"]) -> int:
    """Loses least to the best, whatever the weights; Savage (1951), JASA 46, 55."""
    weights = lattice(values.shape[1], PREFERENCES)
    utilities = values @ weights.T
    return int(np.argmin((utilities.max(axis=0) - utilities).max(axis=1)))


GEOMETRY: Mapping[str, Callable[[Float[np.ndarray, "policies quantities"]], int]] = {
    "knee": _knee,
    "asf": _achievement,
    "regret": _least_regret,
}
"""Choices by the shape of the front alone."""


def geometric_choice(method: str, values: Float[np.ndarray, "policies quantities"]) -> int:
    """The policy that a rule of geometry picks; every quantity is maximised.

    Quantities are scaled to their range over these policies, so the choice depends on which others
    are there, and on no clinical worth.

    Raises:
        UsageError: fewer policies than the rule needs.
    """
    low, high = values.min(axis=0), values.max(axis=0)
    scaled = np.where(high > low, (values - low) / np.where(high > low, high - low, 1.0), 1.0)
    return GEOMETRY[method](scaled)
