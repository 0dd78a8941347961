"""Pareto mathematics on arrays: objectives, dominance, hypervolume, preferences, intervals.

Every objective is maximised inside; `Objective` converts from and to clinical units.
"""

from dosefront.front.dominance import dominates, nondominated, share_dominated
from dosefront.front.hypervolume import hypervolume, normalise, points_beyond_reference
from dosefront.front.intervals import Estimate, mean_interval, paired_difference, rate_interval
from dosefront.front.objective import Objective
from dosefront.front.preferences import check_weights, lattice
from dosefront.front.scalarization import linear, linear_weights_per_unit

__all__ = [
    "Estimate",
    "Objective",
    "check_weights",
    "dominates",
    "hypervolume",
    "lattice",
    "linear",
    "linear_weights_per_unit",
    "mean_interval",
    "nondominated",
    "normalise",
    "paired_difference",
    "points_beyond_reference",
    "rate_interval",
    "share_dominated",
]
