"""The trials that an experiment writes down, in its order."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from dosefront.experiment import SearchSection
from dosefront.records import TrialRecord, TrialSpec
from dosefront.search.progress import Ask, Preference, Progress


@dataclass(frozen=True)
class Planned:
    """Each of these trials once; a `Search`."""

    trials: tuple[TrialSpec, ...]

    def next(self, ended: Sequence[TrialRecord], pending: Sequence[TrialSpec]) -> TrialSpec | None:
        """The first trial that has not begun."""
        begun = {each.trial_id for each in pending} | {each.spec.trial_id for each in ended}
        return next((each for each in self.trials if each.trial_id not in begun), None)


def planned_again(progress: Progress, section: SearchSection) -> Ask | None:
    """The planned preferences in turn, one draw of settings for each turn."""
    if not section.space and progress.own >= len(progress.planned):
        return None
    for turn in itertools.count():
        for preference in progress.planned:
            if progress.asked.count(preference) <= turn:
                return Ask(preference, draw=turn)
    return None


def opening(progress: Progress) -> Preference | None:
    """The first planned preference that nothing serves: what every search begins with.

    A policy that is conditioned on the preference serves all weights at which it is judged.
    """
    asked = progress.asked
    alive = [*(each.spec for each in progress.ended if each.judged), *progress.pending]
    served = {
        weights for each in alive if len(each.preferences) > 1 for weights in each.preferences
    }
    return next(
        (
            each
            for each in progress.planned
            if each not in asked and not served.issuperset(each.weights)
        ),
        None,
    )
