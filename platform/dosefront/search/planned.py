"""A plan as a search: its trials in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dosefront.experiment import ExperimentSpec
from dosefront.records import TrialRecord, TrialSpec


class Search(Protocol):
    """Which trial next: a rule without memory, so that a crashed sweep goes on from its ledger."""

    def next(self, ended: Sequence[TrialRecord], pending: Sequence[TrialSpec]) -> TrialSpec | None:
        """The next trial; None while there is nothing to ask for."""


@dataclass(frozen=True)
class Planned:
    """The trials of a plan, in its order."""

    trials: tuple[TrialSpec, ...]

    def next(self, ended: Sequence[TrialRecord], pending: Sequence[TrialSpec]) -> TrialSpec | None:
        """The first that has neither ended nor begun."""
        known = {each.spec.trial_id for each in ended} | {each.trial_id for each in pending}
        return next((each for each in self.trials if each.trial_id not in known), None)


def search_for(experiment: ExperimentSpec) -> Search:
    """How an experiment asks for its trials."""
    return Planned(experiment.trials())
