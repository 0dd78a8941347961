"""The front of a run, as it is stored, shown and compared: nouns only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dosefront.front import Estimate, Objective


@dataclass(frozen=True)
class FrontPoint:
    """The policy of a finished trial at one preference, on its held-out cohort."""

    id: str
    """The trial's; followed by the number of the preference where it was judged at many."""
    trial: str
    """Id of the trial."""
    weights: tuple[float, ...]
    preference: str
    """What the policy was asked for, for people."""
    algorithm: str
    seed: int
    checkpoint: str | None
    """Path relative to the run folder."""
    value_vector: tuple[Estimate, ...]
    """In clinical units, in the order of the summary's objectives."""
    select_vector: tuple[float, ...]
    """Means on the select cohort, the same way: they decide who is on a front."""
    endpoints: Mapping[str, Estimate]
    on_front: bool
    """Whether no other trial dominates it on the select cohort."""
    dominates: tuple[str, ...]
    """Comparators it beats in every objective beyond 95 %: the whole interval of each paired
    difference lies above zero."""
    probability_nondominated: float | None = None
    """Share of bootstrap resamples of the held-out patients in which no other point dominates it;
    None until the sweep has ended."""


@dataclass(frozen=True)
class ComparatorPoint:
    """Conventional care, on the held-out cohort."""

    id: str
    title: str
    value_vector: tuple[Estimate, ...]
    """In clinical units, in the order of the summary's objectives."""
    endpoints: Mapping[str, Estimate]


@dataclass(frozen=True)
class FailedTrial:
    """A trial that has no point."""

    id: str
    label: str
    error: str


@dataclass(frozen=True)
class SeedHypervolume:
    """The hypervolume that one algorithm reached with one seed."""

    algorithm: str
    seed: int
    value: float
    """Of its own front, chosen on select among its own policies; held-out."""
    low: float | None = None
    """Over patients; None until the sweep has ended."""
    high: float | None = None


@dataclass(frozen=True)
class AlgorithmHypervolume:
    """The hypervolume that an algorithm reaches with a seed, over the seeds it was trained with."""

    algorithm: str
    seeds: int
    interquartile_mean: float
    low: float | None
    """Over seeds; None with fewer than two."""
    high: float | None


@dataclass(frozen=True)
class AttainmentSurface:
    """What a share of an algorithm's seeds attain."""

    algorithm: str
    level: int
    """Percent of the seeds, at least: 10 is what the luckiest reach, 90 what may be relied on."""
    vertices: tuple[tuple[float, ...], ...]
    """Corners of the surface, in clinical units, by the first objective."""


@dataclass(frozen=True)
class FrontGrowth:
    """The front when so many trials had ended."""

    trials_ended: int
    steps: int
    """Environment steps of those trials."""
    hypervolume: float
    """Of the front among them, held-out."""


@dataclass(frozen=True)
class FrontSummary:
    """Everything that reports show; all numbers are held-out."""

    run: str
    environment: str
    environment_version: str
    environment_options: Mapping[str, Any]
    cohort_seed: int
    """Of the cohorts: fronts with the same one, and options, were judged on the same patients."""
    objectives: tuple[Objective, ...]
    select_patients: int
    held_out_patients: int
    points: tuple[FrontPoint, ...]
    comparators: tuple[ComparatorPoint, ...]
    hypervolume: float
    """Of the points on the front, as a share of the reference box. It unites all seeds and so
    equals the luckiest: what to expect of an algorithm is in `hypervolume_by_algorithm`."""
    hypervolume_low: float | None
    """Over patients; None until the sweep has ended."""
    hypervolume_high: float | None
    hypervolume_per_seed: tuple[SeedHypervolume, ...]
    hypervolume_by_algorithm: tuple[AlgorithmHypervolume, ...]
    attainment: tuple[AttainmentSurface, ...]
    """Of each algorithm with two seeds or more, for two objectives; else none."""
    history: tuple[FrontGrowth, ...]
    """Where the front changed, in the order in which trials ended, and the last."""
    comparators_hypervolume: float
    points_beyond_reference: int
    """Points on the front that add nothing to the hypervolume."""
    comparators_dominated: float
    """Share of the comparators whose means a point on the front dominates."""
    failed_trials: tuple[FailedTrial, ...]
