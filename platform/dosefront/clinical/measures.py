"""What policies are compared in: a run's objectives, response and serious adverse events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Shaped

from dosefront.front import Estimate, Objective
from dosefront.records import PatientResults

RESPONSE: Final = "confirmed response"
SERIOUS: Final = "serious adverse event"
HEADLINE: Final[Mapping[str, Literal["more", "less"]]] = {RESPONSE: "more", SERIOUS: "less"}
"""The endpoints that clinics ask for first, and which way is better."""


@dataclass(frozen=True)
class Measure:
    """An objective or a headline endpoint, in clinical units."""

    name: str
    unit: str
    better: Literal["more", "less"]
    objective: Objective | None
    """None for an endpoint."""
    column: int
    """Of the returns; of no meaning for an endpoint."""

    def of_patients(self, results: PatientResults) -> Shaped[np.ndarray, " patients"]:
        """Each patient's value; booleans of what is yes or no."""
        if self.objective is None:
            return results.endpoints[self.name]
        return self.objective.clinical(results.returns[:, self.column])


def measures_of(
    objectives: Sequence[Objective], results: PatientResults | None = None
) -> tuple[Measure, ...]:
    """Headline endpoints as far as there are results with them, then the objectives."""
    known = {} if results is None else results.endpoints
    endpoints = [
        Measure(name, "", better, objective=None, column=-1)
        for name, better in HEADLINE.items()
        if name in known
    ]
    paid = [
        Measure(
            each.name,
            each.unit,
            "more" if each.sense == "maximise" else "less",
            objective=each,
            column=column,
        )
        for column, each in enumerate(objectives)
    ]
    return (*endpoints, *paid)


def has_headline(results: PatientResults) -> bool:
    """Whether there are results with the headline endpoints."""
    return HEADLINE.keys() <= results.endpoints.keys()


def in_clinical_units(estimate: Estimate, objective: Objective) -> Estimate:
    """A maximised estimate in clinical units; where the sign turns, so do the interval's ends."""
    low, high = sorted((objective.clinical(estimate.low), objective.clinical(estimate.high)))
    return Estimate(objective.clinical(estimate.value), low, high)
