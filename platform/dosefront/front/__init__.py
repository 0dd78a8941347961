"""Pareto mathematics on arrays: objectives, dominance, hypervolume, preferences, intervals.

Every objective is maximised inside; `Objective` converts from and to clinical units.
"""

from dosefront.front.attainment import attainment_surface
from dosefront.front.decision import (
    GEOMETRY,
    confirmed,
    gaps,
    geometric_choice,
    probability_feasible,
    rate_upper_limits,
    shortlist,
    upper_limits,
)
from dosefront.front.dominance import dominates, nondominated, ranks, share_dominated
from dosefront.front.hypervolume import (
    contributions,
    extents,
    hypervolume,
    normalise,
    points_beyond_reference,
)
from dosefront.front.hypervolume_interval import hypervolume_interval, patients_shares
from dosefront.front.indicators import (
    additive_epsilon,
    best_utilities,
    cardinality,
    inverted_generational_distance_plus,
    maximum_utility_loss,
    mean_utility,
    spacing,
)
from dosefront.front.intervals import (
    Estimate,
    interquartile_mean,
    interquartile_mean_difference,
    interquartile_mean_interval,
    mean_interval,
    paired_difference,
    rate_interval,
    resamples,
    unpaired_difference,
)
from dosefront.front.objective import Objective
from dosefront.front.paired import difference_of, estimate_of, paired_rate_difference
from dosefront.front.preferences import check_weights, lattice, spread
from dosefront.front.resampling import probability_nondominated
from dosefront.front.scalarization import (
    AUGMENTATION,
    SCALARIZATIONS,
    Chebyshev,
    EpsilonConstraint,
    Lexicographic,
    Linear,
    Scalarization,
    expected_utility,
    linear,
    scalarization,
)

__all__ = [
    "AUGMENTATION",
    "GEOMETRY",
    "SCALARIZATIONS",
    "Chebyshev",
    "EpsilonConstraint",
    "Estimate",
    "Lexicographic",
    "Linear",
    "Objective",
    "Scalarization",
    "additive_epsilon",
    "attainment_surface",
    "best_utilities",
    "cardinality",
    "check_weights",
    "confirmed",
    "contributions",
    "difference_of",
    "dominates",
    "estimate_of",
    "expected_utility",
    "extents",
    "gaps",
    "geometric_choice",
    "hypervolume",
    "hypervolume_interval",
    "interquartile_mean",
    "interquartile_mean_difference",
    "interquartile_mean_interval",
    "inverted_generational_distance_plus",
    "lattice",
    "linear",
    "maximum_utility_loss",
    "mean_interval",
    "mean_utility",
    "nondominated",
    "normalise",
    "paired_difference",
    "paired_rate_difference",
    "patients_shares",
    "points_beyond_reference",
    "probability_feasible",
    "probability_nondominated",
    "ranks",
    "rate_interval",
    "rate_upper_limits",
    "resamples",
    "scalarization",
    "share_dominated",
    "shortlist",
    "spacing",
    "spread",
    "unpaired_difference",
    "upper_limits",
]
