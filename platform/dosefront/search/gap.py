"""Gap bisection: the next trial aims at the middle of the widest gap of a front.

Each pair of neighbours on a front of two objectives spans a box in which points may still lie. The
largest box is aimed at; a box that two targets could not fill is a gap of the front itself. The
adaptive search of Chebyshev weights or limits by boxes is that of Laumanns et al. (2006),
doi:10.1016/j.ejor.2004.08.029, and Klamroth et al. (2015), doi:10.1016/j.ejor.2015.03.031.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from dosefront.experiment import SearchSection
from dosefront.front import AUGMENTATION, Objective, nondominated
from dosefront.records import TrialRecord
from dosefront.search.progress import Ask, Preference, Progress, preference_of, values_of

Corner = tuple[float, float]
"""A value vector on the reference box's scale, cut off at the reference."""

ATTEMPTS = 2
"""Trials that aimed at a gap and found nothing new, until it is believed."""
NEAR = 0.01
"""Of the reference box: a point that is so near a known one in each objective is not new."""
SMALLEST = 1e-4
"""Share of the reference box that a gap must have to be worth a trial."""
EDGE = 0.01
"""Share of a gap's width within which a target belongs to the point beside it."""
WHOLE = ((0.0, 1.0), (1.0, 0.0))
"""The gap of a front without two points."""


@dataclass(frozen=True)
class Gap:
    """The box between two neighbours on a front."""

    left: Corner
    """The neighbour that is worse in the first objective."""
    right: Corner
    attempts: int = 0
    """Trials that aimed at it and found nothing new."""

    @property
    def size(self) -> float:
        """Share of the reference box."""
        return (self.right[0] - self.left[0]) * (self.left[1] - self.right[1])

    @property
    def is_verified(self) -> bool:
        """Whether enough trials have found nothing in it."""
        return self.attempts >= ATTEMPTS

    def at(self, share: float) -> Corner:
        """The point on the line between the neighbours, this far from the left one."""
        x, y = (a + share * (b - a) for a, b in zip(self.left, self.right, strict=True))
        return (x, y)


@runtime_checkable
class Targets(Protocol):
    """A family of preferences, each of which aims at one place of a front."""

    def into(self, gap: Gap) -> tuple[Preference, ...]:
        """Preferences that aim into a gap, the best first."""
        ...

    def alone(self, objective: int) -> Preference:
        """The preference for one objective alone."""
        ...

    def side(self, preference: Preference, point: Corner) -> float:
        """On which side of its target a point lies: above 0 on the left, linear in the point.

        NaN for a preference of another family.
        """
        ...


@dataclass(frozen=True)
class ChebyshevTargets:
    """Weights whose contours have their corners on a ray from the ideal."""

    rho: float = AUGMENTATION

    def into(self, gap: Gap) -> tuple[Preference, ...]:
        """Through the middle, then the corner below, above which lies all that may be found.

        At the second, both neighbours have the same utility, and each point in the box has more.
        """
        below = (gap.left[0], gap.right[1])
        return tuple(
            self._through(each) for each in (gap.at(0.5), below, gap.at(0.25), gap.at(0.75))
        )

    def alone(self, objective: int) -> Preference:
        """All weight on it."""
        return self._weighing(1.0 - objective)

    def _through(self, point: Corner) -> Preference:
        first, second = (1.0 / max(1.0 - each, EDGE) for each in point)
        return self._weighing(round(first / (first + second), 6))

    def _weighing(self, first: float) -> Preference:
        weights = (first, round(1.0 - first, 6))
        return Preference({"name": "chebyshev", "rho": self.rho}, (weights,))

    def side(self, preference: Preference, point: Corner) -> float:
        """Which objective lacks more."""
        if preference.scalarization["name"] != "chebyshev" or len(preference.weights) > 1:
            return np.nan
        (first, second), *_ = preference.weights
        return first * (1.0 - point[0]) - second * (1.0 - point[1])


@dataclass(frozen=True)
class LimitTargets:
    """Limits on the second objective."""

    objectives: tuple[Objective, ...]

    def into(self, gap: Gap) -> tuple[Preference, ...]:
        """At the middle of the gap, then near its right end, left of which lies all else."""
        return tuple(self._at(gap.at(share)[1]) for share in (0.5, 0.9, 0.25, 0.75))

    def alone(self, objective: int) -> Preference:
        """No limit, and all weight on it."""
        return Preference({"name": "linear"}, ((1.0 - objective, float(objective)),))

    def _at(self, level: float) -> Preference:
        first, second = self.objectives
        limit = second.reference + level * (second.ideal - second.reference)
        return Preference(
            {
                "name": "epsilon-constraint",
                "maximise": first.name,
                "limits": {second.name: float(f"{limit:.6g}")},
            },
            ((1.0, 0.0),),
        )

    def side(self, preference: Preference, point: Corner) -> float:
        """How far the limit is kept."""
        first, second = self.objectives
        limits = preference.scalarization.get("limits", {})
        if preference.scalarization.get("maximise") != first.name or [*limits] != [second.name]:
            return np.nan
        extent = second.ideal - second.reference
        return point[1] - (limits[second.name] - second.reference) / extent


def widest_gap(progress: Progress, section: SearchSection) -> Ask | None:
    """A preference that aims into the largest gap, or beyond an end of the front.

    A pending trial counts as a point at its target.
    """
    targets = _targets(progress, section)
    asked = progress.asked
    aims = [*_beyond_the_ends(progress, targets)]
    for gap in _open_gaps(progress, targets):
        preferences = targets.into(gap)
        turned = (*preferences[gap.attempts :], *preferences[: gap.attempts])
        new = (each for each in turned if each not in asked)
        aims += [(gap.size, each) for each in itertools.islice(new, 1)]
    largest = max(aims, key=lambda aim: aim[0], default=None)
    return largest and Ask(largest[1], draw=progress.own)


def verified_gaps(progress: Progress, section: SearchSection) -> tuple[Gap, ...]:
    """Gaps of the front itself: two targets could not fill them."""
    gaps = _gaps(progress, _targets(progress, section))
    return tuple(gap for gap in gaps if gap.is_verified)


def _targets(progress: Progress, section: SearchSection) -> Targets:
    if section.targets == "epsilon":
        return LimitTargets(progress.objectives)
    rhos = [
        each.scalarization["rho"]
        for each in progress.planned
        if each.scalarization["name"] == "chebyshev"
    ]
    return ChebyshevTargets(*rhos[:1])


def _beyond_the_ends(progress: Progress, targets: Targets) -> Iterator[tuple[float, Preference]]:
    """Each objective alone, unless a trial was trained for it, with the size of what may be won.

    So that a policy for all preferences which falls short of the ends does not bound the search.
    """
    front = _front(progress.values)
    if not front:
        return
    trained = {each.weights for each in progress.asked if "limits" not in each.scalarization}
    (left, top), (right, bottom) = _counting(front[0]), _counting(front[-1])
    for objective, size in enumerate(((1.0 - right) * bottom, left * (1.0 - top))):
        aim = targets.alone(objective)
        if size > SMALLEST and aim.weights not in trained:
            yield size, aim


def _open_gaps(progress: Progress, targets: Targets) -> Iterator[Gap]:
    """Gaps that may be filled, divided at the targets of pending trials."""
    pending = [preference_of(each) for each in progress.pending]
    for gap in _gaps(progress, targets):
        if gap.is_verified:
            continue
        shares = sorted({0.0, 1.0, *_crossings(gap, pending, targets)})
        for start, end in pairwise(shares):
            part = Gap(gap.at(start), gap.at(end), gap.attempts)
            if part.size > SMALLEST:
                yield part


def _gaps(progress: Progress, targets: Targets) -> list[Gap]:
    """Gaps between neighbours on the front that are large enough, from left to right.

    Where all trials, those for each objective alone included, gave fewer than two points, the
    whole box is one.
    """
    front = _front(progress.values)
    if len(front) < 2:
        waits = progress.pending or any(_beyond_the_ends(progress, targets))
        front = [] if waits else [*WHOLE]
    fruitless = [preference_of(each.spec) for each in _fruitless(progress)]
    gaps = [Gap(_counting(left), _counting(right)) for left, right in pairwise(front)]
    return [
        replace(gap, attempts=len(_crossings(gap, fruitless, targets)))
        for gap in gaps
        if gap.size > SMALLEST
    ]


def _front(values: Float[np.ndarray, "points objectives"]) -> list[Corner]:
    """The nondominated points from left to right."""
    return sorted({(x, y) for x, y in values[nondominated(values)].tolist()})


def _counting(point: Corner) -> Corner:
    """The point, cut off at the reference: what lies beyond it counts nothing."""
    x, y = point
    return (max(x, 0.0), max(y, 0.0))


def _fruitless(progress: Progress) -> list[TrialRecord]:
    """Ended trials that failed, or found nothing new when they ended."""
    fruitless: list[TrialRecord] = []
    known = np.empty((0, 2))
    for record in progress.ended:
        found = values_of([record], progress.objectives)
        known = np.concatenate([known, found])
        is_new = nondominated(known)[len(known) - len(found) :]
        for number, value in enumerate(found):
            before = known[: len(known) - len(found)]
            is_new[number] &= not np.any(np.all(np.abs(before - value) <= NEAR, axis=1))
        if not np.any(is_new):
            fruitless.append(record)
    return fruitless


def _crossings(gap: Gap, preferences: Sequence[Preference], targets: Targets) -> list[float]:
    """Where on the line between the neighbours the targets within a gap lie."""
    shares = []
    for preference in preferences:
        left, right = (targets.side(preference, each) for each in (gap.left, gap.right))
        if left > 0.0 > right:  # false for NaN
            share = left / (left - right)
            if EDGE < share < 1.0 - EDGE:
                shares.append(share)
    return shares
