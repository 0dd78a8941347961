"""Which trial next: a plan's, in its order."""

from dosefront.search.planned import Planned, Search, search_for

__all__ = ["Planned", "Search", "search_for"]
