"""What a decision can be about: a run's objectives and endpoints, by name or by a short name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped

from dosefront.errors import UsageError
from dosefront.front import Estimate, Objective
from dosefront.records import ComparatorPoint, Outcome, PatientResults
from dosefront.suggestion import suggestion

SHORT_NAMES: Mapping[str, str] = {
    "response": "confirmed response",
    "sae": "serious adverse event",
    "pfs": "progression-free days",
    "toxic_death": "death by toxicity",
    "neutropenia": "neutropenia, grade >= 3",
    "febrile_neutropenia": "febrile neutropenia, grade >= 3",
    "thrombocytopenia": "thrombocytopenia, grade >= 3",
    "anaemia": "anaemia, grade >= 3",
    "neuropathy": "sensory neuropathy, grade >= 3",
    "diarrhoea": "diarrhoea, grade >= 3",
    "mucositis": "mucositis, grade >= 3",
}
"""What people type to the endpoint that posology's environments name."""
HARM = re.compile(r"adverse event|death|^progressed$|grade")
"""Endpoints of which nobody wants more."""


@dataclass(frozen=True)
class Quantity:
    """An objective or an endpoint of a run."""

    name: str
    unit: str
    """Empty where the environment tells none."""
    is_share: bool
    """Whether it is yes or no for each patient, and so a share of the patients."""
    objective: Objective | None
    """None for an endpoint."""
    column: int
    """Of the returns; of no meaning for an endpoint."""

    @property
    def is_harm(self) -> bool:
        """Whether less of it is better for certain."""
        if self.objective is not None:
            return self.objective.sense == "minimise"
        return HARM.search(self.name) is not None

    def of_patients(self, results: PatientResults) -> Shaped[np.ndarray, " patients"]:
        """Each patient's value, in clinical units."""
        if self.objective is None:
            return results.endpoints[self.name]
        return self.objective.clinical(results.returns[:, self.column])

    def of_cohort(self, outcome: Outcome) -> Estimate:
        """The cohort's mean with its interval, in clinical units."""
        if self.objective is None:
            return outcome.endpoints[self.name]
        found = outcome.value_vector[self.column]
        low, high = sorted(map(self.objective.clinical, (found.low, found.high)))
        return Estimate(self.objective.clinical(found.value), low, high)

    def of_point(self, point: ComparatorPoint) -> Estimate:
        """A comparator's mean on the held-out patients."""
        if self.objective is None:
            return point.endpoints[self.name]
        return point.value_vector[self.column]


def quantities_of(objectives: Sequence[Objective], results: PatientResults) -> dict[str, Quantity]:
    """Every quantity of a run by its name; any policy's results tell which are shares."""
    found = {
        name: Quantity(name, "", values.dtype == bool, objective=None, column=-1)
        for name, values in results.endpoints.items()
        if not np.issubdtype(values.dtype, np.integer)  # those name a kind
    }
    for column, each in enumerate(objectives):
        found[each.name] = Quantity(each.name, each.unit, False, objective=each, column=column)
    return found


def named_quantity(name: str, quantities: Mapping[str, Quantity]) -> Quantity:
    """The quantity of that name or short name; where both are there, the endpoint it is short for.

    An objective of the same name is the same share of patients, and the endpoint's limit is exact.

    Raises:
        UsageError: the run has none; the nearest name is told.
    """
    full = SHORT_NAMES.get(name, name)
    full = full if full in quantities else name
    if full not in quantities:
        raise UsageError(
            f'the run has no objective or endpoint "{name}". {suggestion(name, _names(quantities))}'
        )
    return quantities[full]


def _names(quantities: Iterable[str]) -> list[str]:
    """What can be typed: names, and the short names of those that are there."""
    known = set(quantities)
    return [*known, *(short for short, full in SHORT_NAMES.items() if full in known)]
