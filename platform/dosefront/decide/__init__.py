"""Which policy of a front to take: caps by name, limits on held-out patients, and the price."""

from dosefront.decide.quantities import Quantity, quantities_of
from dosefront.decide.question import METHODS, Cap, Question, Request
from dosefront.decide.recommend import recommend
from dosefront.decide.recommendation import (
    Care,
    Intensity,
    Judged,
    Mixture,
    Option,
    Recommendation,
    Regimen,
    Subgroup,
    Trade,
)

__all__ = [
    "METHODS",
    "Cap",
    "Care",
    "Intensity",
    "Judged",
    "Mixture",
    "Option",
    "Quantity",
    "Question",
    "Recommendation",
    "Regimen",
    "Request",
    "Subgroup",
    "Trade",
    "quantities_of",
    "recommend",
]
