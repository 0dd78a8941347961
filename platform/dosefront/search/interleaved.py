"""Searches side by side: each algorithm with each seed, in turn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dosefront.experiment import (
    AlgorithmSettings,
    ExperimentSpec,
    SearchSection,
    fixed_settings,
)
from dosefront.front import Objective
from dosefront.records import TrialRecord, TrialSpec
from dosefront.search.budget import allows, has_ceased_to_grow
from dosefront.search.planned import opening
from dosefront.search.progress import Ask, Preference, Progress
from dosefront.search.rules import RULES
from dosefront.search.samplers import SAMPLERS
from dosefront.search.space import rounded, space_of
from dosefront.search.start import nearest_start

DRAWS = 64
"""Draws of settings until one is new and accepted by the algorithm."""


@dataclass(frozen=True)
class Place:
    """Where a search stands among others: its algorithm and seed."""

    algorithm: AlgorithmSettings
    seed: int


@dataclass(frozen=True)
class Interleaved:
    """The search with the fewest trials is asked first; a `Search`."""

    experiment: ExperimentSpec
    section: SearchSection
    objectives: tuple[Objective, ...]
    """Of the experiment, with the reference box."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Every search; those of conditioned algorithms first, since the others go on from them."""
        algorithms = sorted(self.experiment.algorithms, key=lambda each: not each.is_conditioned)
        return tuple(
            Place(algorithm, seed) for algorithm in algorithms for seed in self.experiment.seeds
        )

    def next(self, ended: Sequence[TrialRecord], pending: Sequence[TrialSpec]) -> TrialSpec | None:
        """See `Search`."""
        progresses = [(place, self.progress(place, ended, pending)) for place in self.places]
        for place, progress in sorted(progresses, key=lambda each: each[1].own):
            spec = self._next(place, progress)
            if spec and allows(self.section.budget, spec, ended=ended, pending=pending):
                return spec
        return None

    def progress(
        self, place: Place, ended: Sequence[TrialRecord], pending: Sequence[TrialSpec]
    ) -> Progress:
        """What one search knows."""
        counted = [place] + [
            each
            for each in self.places
            if each.algorithm.is_conditioned and each.seed == place.seed
        ]

        def counts(spec: TrialSpec) -> bool:
            return any(self._is_of(each, spec) for each in counted)

        specs = (*(each.spec for each in ended), *pending)
        return Progress(
            objectives=self.objectives,
            planned=tuple(Preference(*each) for each in self.experiment.planned(place.algorithm)),
            ended=tuple(each for each in ended if counts(each.spec)),
            pending=tuple(sorted(filter(counts, pending), key=lambda each: each.trial_id)),
            own=sum(self._is_of(place, each) for each in specs),
        )

    def _next(self, place: Place, progress: Progress) -> TrialSpec | None:
        gain = self.section.budget.gain
        has_begun = opening(progress) is None
        if has_begun and has_ceased_to_grow(gain, progress.ended, self.objectives):
            return None
        ask, is_opening = self._ask(place, progress)
        if ask is None:
            return None
        return self._trial(place, progress, ask, starts=not is_opening)

    def _ask(self, place: Place, progress: Progress) -> tuple[Ask | None, bool]:
        """The next preference of a search, and whether it is of its opening."""
        rule = RULES[self.section.preferences]
        if self.section.preferences == "planned":
            return rule(progress, self.section), True
        if first := opening(progress):
            return Ask(first, draw=progress.own), True
        return (None if place.algorithm.is_conditioned else rule(progress, self.section)), False

    def _trial(
        self, place: Place, progress: Progress, ask: Ask, *, starts: bool
    ) -> TrialSpec | None:
        """The trial of a preference; None where every draw of settings has been tried."""
        specs = (*(each.spec for each in progress.ended), *progress.pending)
        tried = {_without_start(each) for each in specs}
        space = space_of(place.algorithm, self.section.space)
        for attempt in range(DRAWS if space else 1):
            numbers = (self.section.seed, ask.draw, attempt)
            drawn = SAMPLERS[self.section.sampler](space, progress, numbers=numbers)
            settings = rounded(drawn, place.algorithm)
            try:
                spec = self._spec(place, ask.preference, settings)
                if starts and self.section.warm_start:
                    start = nearest_start(progress, ask.preference, spec.settings)
                    spec = self._spec(place, ask.preference, {**settings, "start": start})
            except ValueError:
                continue  # settings that do not go together
            if _without_start(spec) not in tried:
                return spec
        return None

    def _spec(self, place: Place, preference: Preference, settings: dict[str, Any]) -> TrialSpec:
        given = {key: value for key, value in settings.items() if key != "start" or value}
        return self.experiment.trial(
            place.algorithm,
            preference.scalarization,
            preferences=preference.weights,
            seed=place.seed,
            settings=given,
        )

    def _is_of(self, place: Place, spec: TrialSpec) -> bool:
        """Whether a trial is of a search."""
        if (spec.algorithm, spec.seed) != (place.algorithm.name, place.seed):
            return False
        fixed = fixed_settings(place.algorithm, self.section)
        found = {"name": spec.algorithm, "steps": spec.steps, **spec.settings}
        return all(key in found and found[key] == value for key, value in fixed.items())


def _without_start(spec: TrialSpec) -> str:
    """Name of what a trial is, whatever it begins from."""
    settings = {key: value for key, value in spec.settings.items() if key != "start"}
    return replace(spec, settings=settings).trial_id
