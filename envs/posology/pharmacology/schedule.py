"""The week as the kernel walks it: when each agent runs in, and how long each step is.

Steps are powers of two times the shortest, so that decay factors follow by squaring. After every
start and end of an infusion they begin short and grow with the time since: docetaxel's fast phase
has a half-life of five minutes, the marrow's answer one of days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

WEEK = 168.0
"""Hours in a week."""
SHORTEST = 0.0625
"""Shortest step, and the grain of every infusion's start and length [h]."""
LEVELS = 8
"""Step lengths are ``SHORTEST * 2**level``; the longest is 8 h."""

_GROWTH = 2.0
"""A step is at most this share of the time since an infusion began or ended."""
_SUBSTEP_GROWTH, _SHORTEST_SUBSTEP = 12.0, 1.0 / 192.0
"""The same of a saturable agent's substeps since its own infusion did; and the shortest [h]."""
_LINGERING_LEVEL, _FREE_LEVEL = 6, 7

Window = tuple[float, float]
"""Start and end of an infusion, hours from the week's start."""


class Schedule(NamedTuple):
    """The weeks of a regimen, one after the other, as the kernel reads them.

    The first week carries drug of the week before and gives none, the second has none at all, and
    then come the weeks in which something is given.
    """

    levels: Int[np.ndarray, " steps"]
    """Length of each step, as a power of two of ``SHORTEST``."""
    running: Float[np.ndarray, "steps agents"]
    """1 while an agent's infusion runs."""
    substeps: Int[np.ndarray, "steps agents"]
    """In how many substeps an agent is followed, if its kinetics are saturable."""
    first: Int[np.ndarray, " weeks+1"]
    """Where each week begins in the three above."""
    hours: Float[np.ndarray, "weeks agents"]
    """Hours for which an agent's infusions run in the week; 1 where they do not."""


LINGERING, FREE, GIVEN = 0, 1, 2
"""Which week of a schedule is which; given weeks are numbered from ``GIVEN``."""


def schedule(weeks: Sequence[Sequence[Sequence[Window]]], *, agents: int) -> Schedule:
    """The schedule of a regimen from each week's infusions, by agent.

    >>> one = schedule([[[(0.0, 1.0)]]], agents=1)
    >>> float((SHORTEST * 2.0 ** one.levels[one.first[GIVEN] :]).sum())
    168.0

    Raises:
        ValueError: an infusion off the grain, without length, or beyond its week.
    """
    # An infusion that ends with its week leaves what falls fast to the week after.
    falls = any(end == WEEK for week in weeks for each in week for _, end in each)
    lingering = _grid([()] * agents) if falls else _even(_LINGERING_LEVEL, agents)
    grids = [lingering, _even(_FREE_LEVEL, agents)]
    hours = [np.ones(agents), np.ones(agents)]
    for week in weeks:
        grids.append(_grid(week))
        hours.append(np.array([sum(end - start for start, end in each) or 1.0 for each in week]))
    return Schedule(
        levels=np.concatenate([levels for levels, _ in grids]),
        running=np.concatenate([running for _, running in grids]),
        substeps=np.concatenate([_substeps(levels, running) for levels, running in grids]),
        first=np.cumsum([0, *(levels.size for levels, _ in grids)]),
        hours=np.array(hours),
    )


def _even(level: int, agents: int) -> tuple[np.ndarray, np.ndarray]:
    steps = int(WEEK / (SHORTEST * 2**level))
    return np.full(steps, level), np.zeros((steps, agents))


def _grid(week: Sequence[Sequence[Window]]) -> tuple[np.ndarray, np.ndarray]:
    """Levels of a week's steps, and which infusions run in each."""
    windows = [window for each in week for window in each]
    for start, end in windows:
        on_grain = start % SHORTEST == 0.0 and end % SHORTEST == 0.0
        if not (on_grain and 0.0 <= start < end <= WEEK):
            raise ValueError(
                f"an infusion from hour {start:g} to {end:g} does not fit: it must begin and end "
                f"on a multiple of {SHORTEST:g} h within the {WEEK:g} h of its week."
            )
    events = sorted({0.0, WEEK, *(moment for window in windows for moment in window)})
    levels: list[int] = []
    running: list[list[float]] = []
    stretches = [
        (begin, [float(any(a <= begin < b for a, b in each)) for each in week])
        for begin in events[:-1]
    ]
    # Where one infusion follows another at once, nothing happens.
    changes = [now for k, now in enumerate(stretches) if k == 0 or now[1] != stretches[k - 1][1]]
    ends = [*(begin for begin, _ in changes[1:]), WEEK]
    for (begin, on), end in zip(changes, ends, strict=True):
        for level in _levels_between(end - begin):
            levels.append(level)
            running.append(on)
    return np.array(levels), np.array(running)


def _substeps(levels: np.ndarray, running: np.ndarray) -> np.ndarray:
    """Substeps of each agent, short where its infusion has just begun or ended."""
    substeps = np.ones(running.shape, np.int64)
    for agent in range(running.shape[1]):
        age = 0.0 if running[0, agent] else WEEK
        for k, level in enumerate(levels):
            if k and running[k, agent] != running[k - 1, agent]:
                age = 0.0
            step = SHORTEST * 2.0**level
            longest = max(age / _SUBSTEP_GROWTH, _SHORTEST_SUBSTEP)
            substeps[k, agent] = math.ceil(step / longest - 1e-9)
            age += step
    return substeps


def _levels_between(hours: float) -> list[int]:
    """Steps that grow with time and end exactly after ``hours``."""
    levels: list[int] = []
    age = 0.0
    while age < hours:
        level = _LINGERING_LEVEL
        while level and SHORTEST * 2**level > min(age / _GROWTH, hours - age):
            level -= 1
        levels.append(level)
        age += SHORTEST * 2**level
    return levels
