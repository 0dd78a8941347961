"""The rules that choose the next preference, by their name in the YAML."""

from collections.abc import Callable, Mapping

from dosefront.experiment import SearchSection
from dosefront.search.corner import best_corner
from dosefront.search.gap import widest_gap
from dosefront.search.planned import planned_again
from dosefront.search.progress import Ask, Progress
from dosefront.search.random_weights import random_weights

RULES: Mapping[str, Callable[[Progress, SearchSection], Ask | None]] = {
    "planned": planned_again,
    "random": random_weights,
    "gap": widest_gap,
    "corner": best_corner,
}
"""None asks for nothing now."""
