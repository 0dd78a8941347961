"""Which preference next: searches that choose each trial from those that have ended.

Pure functions of a ledger: no Ray, no memory, so that a crashed sweep goes on where it was.
"""

from dosefront.search.budget import most_trials
from dosefront.search.experiments import VerifiedGap, find_verified_gaps, search_for
from dosefront.search.search import Search
from dosefront.search.stopping import Reached, rungs, stops

__all__ = [
    "Reached",
    "Search",
    "VerifiedGap",
    "find_verified_gaps",
    "most_trials",
    "rungs",
    "search_for",
    "stops",
]
