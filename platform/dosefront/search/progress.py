"""How far one search has come: one algorithm with one seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from dosefront.front import Objective, normalise
from dosefront.records import TrialRecord, TrialSpec


@dataclass(frozen=True)
class Preference:
    """What a trial's policy is asked for."""

    scalarization: Mapping[str, Any]
    """As an experiment writes it, with its ``name``."""
    weights: tuple[tuple[float, ...], ...]
    """Weight vectors at which the policy is judged: one, or many of a conditioned policy."""


@dataclass(frozen=True)
class Ask:
    """A trial that a search asks for."""

    preference: Preference
    draw: int
    """Number of the draw of its settings, where settings vary."""


@dataclass(frozen=True)
class Progress:
    """What a search knows.

    Trials of conditioned algorithms with the same seed are of every search: their policies are
    points, and what they learn is asked of no other.
    """

    objectives: tuple[Objective, ...]
    """Of the experiment, with the reference box."""
    planned: tuple[Preference, ...]
    """What the experiment writes down."""
    ended: tuple[TrialRecord, ...]
    """In the order in which they ended."""
    pending: tuple[TrialSpec, ...]
    """In the order of their names."""
    own: int
    """How many of all these are of the search's own algorithm."""

    @property
    def values(self) -> Float[np.ndarray, "points objectives"]:
        """Value vectors of the policies on the select cohort: 0 the reference, 1 the ideal."""
        return values_of(self.ended, self.objectives)

    @property
    def asked(self) -> tuple[Preference, ...]:
        """The preference of every trial."""
        specs = [*(each.spec for each in self.ended), *self.pending]
        return tuple(preference_of(each) for each in specs)


def preference_of(spec: TrialSpec) -> Preference:
    """What a trial's policy is asked for."""
    return Preference(spec.scalarization, spec.preferences)


def value_vectors(
    records: Sequence[TrialRecord], objectives: int
) -> Float[np.ndarray, "points objectives"]:
    """Value vectors of all judged policies on the select cohort."""
    vectors = [
        [estimate.value for estimate in policy.select.value_vector]
        for record in records
        for policy in record.judged
    ]
    return np.array(vectors, np.float64).reshape(-1, objectives)


def values_of(
    records: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> Float[np.ndarray, "points objectives"]:
    """The same on the reference box's scale: 0 the reference, 1 the ideal."""
    return normalise(value_vectors(records, len(objectives)), objectives)
