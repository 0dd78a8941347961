"""Figures of a front that its means alone give: per seed, by algorithm, attained, over time."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from dosefront.front import (
    Objective,
    attainment_surface,
    hypervolume,
    interquartile_mean,
    interquartile_mean_interval,
    nondominated,
)
from dosefront.records.front_summary import (
    AlgorithmHypervolume,
    AttainmentSurface,
    FrontGrowth,
    FrontPoint,
    SeedHypervolume,
)
from dosefront.records.record import TrialRecord

LEVELS: Final = (10, 50, 90)
"""Percent of the seeds, of the attainment surfaces."""


def values_of(
    points: Sequence[FrontPoint], objectives: Sequence[Objective]
) -> Float[np.ndarray, "points objectives"]:
    """Held-out means, maximised."""
    means = [[estimate.value for estimate in point.value_vector] for point in points]
    return _maximised(means, objectives)


def select_values_of(
    points: Sequence[FrontPoint], objectives: Sequence[Objective]
) -> Float[np.ndarray, "points objectives"]:
    """Means on the select cohort, maximised."""
    return _maximised([point.select_vector for point in points], objectives)


def front_among(
    points: Sequence[FrontPoint], objectives: Sequence[Objective]
) -> tuple[FrontPoint, ...]:
    """Those that none of these points dominates on the select cohort."""
    members = nondominated(select_values_of(points, objectives))
    return tuple(point for point, is_member in zip(points, members, strict=True) if is_member)


def seed_fronts(
    points: Sequence[FrontPoint], objectives: Sequence[Objective]
) -> dict[tuple[str, int], tuple[FrontPoint, ...]]:
    """The front of each algorithm and seed, chosen among its own policies."""
    groups: dict[tuple[str, int], list[FrontPoint]] = {}
    for point in points:
        groups.setdefault((point.algorithm, point.seed), []).append(point)
    return {group: front_among(groups[group], objectives) for group in sorted(groups)}


def hypervolume_per_seed(
    points: Sequence[FrontPoint], objectives: Sequence[Objective]
) -> tuple[SeedHypervolume, ...]:
    """Of each algorithm and seed, without intervals."""
    return tuple(
        SeedHypervolume(algorithm, seed, hypervolume(values_of(front, objectives), objectives))
        for (algorithm, seed), front in seed_fronts(points, objectives).items()
    )


def hypervolume_by_algorithm(
    per_seed: Sequence[SeedHypervolume],
) -> tuple[AlgorithmHypervolume, ...]:
    """The interquartile mean over each algorithm's seeds; its interval where there are two."""
    reached = []
    for algorithm, values in _by_algorithm(per_seed).items():
        if len(values) < 2:
            mean, low, high = interquartile_mean(values), None, None
        else:
            estimate = interquartile_mean_interval(values)
            mean, low, high = estimate.value, estimate.low, estimate.high
        reached.append(AlgorithmHypervolume(algorithm, len(values), mean, low, high))
    return tuple(reached)


def _by_algorithm(
    per_seed: Sequence[SeedHypervolume],
) -> Mapping[str, Float[np.ndarray, " seeds"]]:
    names = dict.fromkeys(each.algorithm for each in per_seed)
    return {
        name: np.array([each.value for each in per_seed if each.algorithm == name])
        for name in names
    }


def attainment(
    points: Sequence[FrontPoint], objectives: Sequence[Objective]
) -> tuple[AttainmentSurface, ...]:
    """The surfaces of each algorithm with two seeds or more, for two objectives; else none."""
    if len(objectives) != 2:
        return ()
    fronts: dict[str, list[Float[np.ndarray, "points 2"]]] = {}
    for (algorithm, _), front in seed_fronts(points, objectives).items():
        fronts.setdefault(algorithm, []).append(values_of(front, objectives))
    return tuple(
        AttainmentSurface(algorithm, level, _clinical(seeds, objectives, level=level))
        for algorithm, seeds in fronts.items()
        if len(seeds) > 1
        for level in LEVELS
    )


def history(
    trials: Sequence[TrialRecord], points: Sequence[FrontPoint], objectives: Sequence[Objective]
) -> tuple[FrontGrowth, ...]:
    """How the front grew: each trial that changed it, and the last, in the order of the ledger."""
    of_trial: dict[str, list[FrontPoint]] = {}
    for point in points:
        of_trial.setdefault(point.trial, []).append(point)
    grown: list[FrontGrowth] = []
    front: tuple[FrontPoint, ...] = ()
    steps = 0
    for number, trial in enumerate(trials, start=1):
        steps += trial.steps
        candidates = (*front, *of_trial.get(trial.spec.trial_id, ()))
        after = front_among(candidates, objectives) if len(candidates) > len(front) else front
        if after != front:
            front = after
            volume = hypervolume(values_of(front, objectives), objectives)
            grown.append(FrontGrowth(number, steps, volume))
        elif number == len(trials) and grown:
            grown.append(FrontGrowth(number, steps, grown[-1].hypervolume))
    return tuple(grown)


def _clinical(
    fronts: Sequence[Float[np.ndarray, "_ 2"]], objectives: Sequence[Objective], *, level: float
) -> tuple[tuple[float, ...], ...]:
    surface = attainment_surface(fronts, level=level)
    columns = [
        objective.clinical(column) for objective, column in zip(objectives, surface.T, strict=True)
    ]
    return tuple(zip(*(column.tolist() for column in columns), strict=True))


def _maximised(
    clinical: Sequence[Sequence[float]], objectives: Sequence[Objective]
) -> Float[np.ndarray, "points objectives"]:
    values = np.array(clinical, dtype=np.float64).reshape(len(clinical), len(objectives))
    columns = [
        objective.maximised(column) for objective, column in zip(objectives, values.T, strict=True)
    ]
    return np.stack(columns, axis=1)
