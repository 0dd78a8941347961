"""Which running trials to stop: successive halving among neighbouring preferences.

Successive halving stops the worse part of the trials at each rung of steps (Li et al. 2020, ASHA,
arXiv:1810.05934). Here trials are ranked by their value vectors, never by scalarized rewards, which
differ in unit from one preference to the next, and only among trials that are after nearly the
same, with the same algorithm and seed. So no end of the front dies because it starts slowly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile

import numpy as np

from dosefront.experiment import SchedulerSection
from dosefront.front import Objective, contributions, ranks
from dosefront.records import TrialSpec


@dataclass(frozen=True)
class Reached:
    """What a trial had reached at a rung."""

    spec: TrialSpec
    return_vector: tuple[float, ...]
    """Mean of its training courses then, maximised, in the experiment's order of objectives."""


def rungs(scheduler: SchedulerSection, steps: int) -> tuple[int, ...]:
    """Environment steps at which a trial of so many steps is compared.

    >>> rungs(SchedulerSection(name="front-asha", grace=1000, reduction=4), 20_000)
    (1000, 4000, 16000)
    """
    heights = (scheduler.grace * scheduler.reduction**level for level in count())
    return tuple(takewhile(lambda height: height < steps, heights))


def stops(
    trial: Reached,
    others: Sequence[Reached],
    *,
    scheduler: SchedulerSection,
    objectives: Sequence[Objective],
) -> bool:
    """Whether a trial stops at a rung.

    Args:
        trial: that has come to the rung.
        others: that came to it before, whatever became of them.
        scheduler: how many go on, and who is a neighbour.
        objectives: of the experiment, with the reference box.

    Returns:
        True where so many neighbours are better that it is not in the share that goes on. Better
        is a lower nondominated rank; within a rank, a larger contribution to the hypervolume.
    """
    rivals = [
        each
        for each in others
        if _are_neighbours(trial.spec, each.spec, scheduler.distance, objectives)
    ]
    if not rivals:
        return False
    values = np.array([each.return_vector for each in (trial, *rivals)])
    if not np.all(np.isfinite(values[0])):
        return False  # no course has ended yet
    values = values[np.all(np.isfinite(values), axis=1)]
    layers = ranks(values)
    added = np.zeros(len(values))
    for layer in np.unique(layers):
        added[layers == layer] = contributions(values[layers == layer], objectives)
    better = (layers < layers[0]) | ((layers == layers[0]) & (added > added[0]))
    go_on = -(-len(values) // scheduler.reduction)
    return int(better.sum()) >= go_on


def _are_neighbours(
    one: TrialSpec, other: TrialSpec, distance: float, objectives: Sequence[Objective]
) -> bool:
    """Whether two trials are after nearly the same, with the same algorithm and seed."""
    if (one.algorithm, one.seed) != (other.algorithm, other.seed):
        return False
    if len(one.preferences) != len(other.preferences):
        return False
    if one.scalarization["name"] != other.scalarization["name"]:
        return False
    apart = np.abs(np.array(one.preferences) - np.array(other.preferences)).max()
    return bool(apart <= distance) and _bounds_are_near(one, other, distance, objectives)


def _bounds_are_near(
    one: TrialSpec, other: TrialSpec, distance: float, objectives: Sequence[Objective]
) -> bool:
    """Whether limits or thresholds, if any, are on the same objectives and near each other."""
    extent = {each.name: abs(each.ideal - each.reference) for each in objectives}
    for kind in ("limits", "thresholds"):
        first, second = (each.scalarization.get(kind, {}) for each in (one, other))
        if first.keys() != second.keys():
            return False
        if any(abs(first[name] - second[name]) > distance * extent[name] for name in first):
            return False
    return True
