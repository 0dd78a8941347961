"""What policies are compared in: response, serious adverse events, and a run's objectives."""

from collections.abc import Sequence
from typing import Final

from dosefront.decide import Quantity, quantities_of
from dosefront.front import Objective
from dosefront.records import PatientResults

RESPONSE: Final = "confirmed response"
SERIOUS: Final = "serious adverse event"
HEADLINE: Final = (RESPONSE, SERIOUS)
"""The endpoints that clinics ask for first."""


def measures_of(objectives: Sequence[Objective], results: PatientResults) -> tuple[Quantity, ...]:
    """Headline endpoints, as far as there are results with them, then the objectives."""
    known = quantities_of(objectives, results)
    names = [*HEADLINE, *(each.name for each in objectives)]
    return tuple(known[name] for name in names if name in known)


def has_headline(results: PatientResults) -> bool:
    """Whether there are results with the headline endpoints."""
    return set(HEADLINE) <= results.endpoints.keys()
