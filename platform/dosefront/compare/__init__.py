"""Fronts side by side: of runs, of their algorithms and seeds, and of other tools' points."""

from dosefront.compare.comparison import (
    Comparison,
    Difference,
    Preference,
    Reached,
    compare_fronts,
)
from dosefront.compare.points_file import parse_objective, read_points
from dosefront.compare.side import SeedFront, Side, read_sides
from dosefront.compare.tables import comparison_tables

__all__ = [
    "Comparison",
    "Difference",
    "Preference",
    "Reached",
    "SeedFront",
    "Side",
    "compare_fronts",
    "comparison_tables",
    "parse_objective",
    "read_points",
    "read_sides",
]
