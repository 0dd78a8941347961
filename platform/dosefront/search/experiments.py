"""The search of an experiment, and what it has found out."""

from collections.abc import Sequence
from dataclasses import dataclass

from dosefront.experiment import ExperimentSpec, SearchSection, describe
from dosefront.front import Objective
from dosefront.records import TrialRecord
from dosefront.search.gap import Corner, verified_gaps
from dosefront.search.interleaved import Interleaved
from dosefront.search.planned import Planned
from dosefront.search.search import Search


@dataclass(frozen=True)
class VerifiedGap:
    """A gap of a front in which further training found nothing."""

    algorithm: str
    seed: int
    left: tuple[float, ...]
    """The neighbour that is worse in the first objective, in clinical units."""
    right: tuple[float, ...]


def search_for(experiment: ExperimentSpec) -> Search:
    """The search that an experiment asks for; without one, its planned trials in order."""
    if experiment.search is None:
        return Planned(experiment.trials())
    return _interleaved(experiment, experiment.search)


def find_verified_gaps(
    experiment: ExperimentSpec, ended: Sequence[TrialRecord]
) -> tuple[VerifiedGap, ...]:
    """The gaps that two targets could not fill, of each algorithm and seed; for reports."""
    section = experiment.search
    if section is None or section.preferences != "gap":
        return ()
    searches = _interleaved(experiment, section)
    return tuple(
        VerifiedGap(
            place.algorithm.name,
            place.seed,
            _clinical(gap.left, searches.objectives),
            _clinical(gap.right, searches.objectives),
        )
        for place in searches.places
        if not place.algorithm.is_conditioned
        for gap in verified_gaps(searches.progress(place, ended, ()), section)
    )


def _interleaved(experiment: ExperimentSpec, section: SearchSection) -> Interleaved:
    offered = {each.name: each for each in describe(experiment.environment).objectives}
    objectives = tuple(offered[name] for name in experiment.objectives)
    return Interleaved(experiment, section, objectives)


def _clinical(corner: Corner, objectives: Sequence[Objective]) -> tuple[float, ...]:
    return tuple(
        each.reference + share * (each.ideal - each.reference)
        for share, each in zip(corner, objectives, strict=True)
    )
