"""Do the rewards pay for what nobody wants? Dying early, waiting for ever, not looking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posology.validation.audit_episodes import Episodes
from posology.validation.audit_policies import Switch
from posology.validation.audit_report import AuditedObjective, Check, shown
from posology.validation.audit_statistics import changes, dominates, mean_interval
from posology.validation.audit_sweep import ConstantSweep

GROUP = "incentives"
LONG, SHORT = 0.9, 0.75
"""Shares of the longest mean episode above which a policy counts as long-lived, and below which
as short-lived."""
SWITCH_TIMES = (0.125, 0.25, 0.5, 0.75)
"""When a switching policy changes its action, as shares of its first action's mean episode."""
MATERIAL = 0.01
"""Gain of a switch, as a share of the spread of the constant actions, below which it is none."""
SHOWN = 3
"""Policies that a sentence names."""

Objectives = Sequence[AuditedObjective]


def ending_early_check(constants: Sequence[Episodes], chance: Episodes) -> Check:
    """Whether a constant action that ends its episodes early dominates those that live longest."""
    name = "ending early"
    lengths = np.array([each.mean_length for each in constants])
    numbers: dict[str, Any] = {
        "longest_steps": float(lengths.max()),
        "shortest_steps": float(lengths.min()),
        "shortest_action": constants[int(lengths.argmin())].label,
        "correlation_of_return_and_length": _correlations([*constants, chance]),
    }
    long_lived = [each for each in constants if each.mean_length >= LONG * lengths.max()]
    short_lived = [
        each
        for each in constants
        if each.mean_length <= SHORT * lengths.max() and each.terminated.mean() > 0.5
    ]
    span = f"{shown(lengths.min())} to {shown(lengths.max())} steps"
    if not short_lived:
        sentence = f"No constant action ends its episodes much sooner than the others ({span})."
        return Check(GROUP, name, "pass", sentence, numbers)
    pairs = len(short_lived) * len(constants)
    dominated = {
        each.label: [
            other.label
            for other in constants
            if other is not each and _dominates(each, other, pairs)
        ]
        for each in short_lived
    }
    lasting = {each.label for each in long_lived}
    winners = [each for each in short_lived if lasting <= set(dominated[each.label])]
    numbers["short_lived"] = len(short_lived)
    numbers["dominating"] = {each.label: len(dominated[each.label]) for each in winners}
    if not winners:
        sentence = (
            f"{len(short_lived)} of {len(constants)} constant actions end their episodes early "
            f"({span}); none of them dominates those that last."
        )
        return Check(GROUP, name, "pass", sentence, numbers)
    best = max(winners, key=lambda each: len(dominated[each.label]))
    sentence = (
        f"Constant {best.label} ends its episodes after {shown(best.mean_length)} of "
        f"{shown(lengths.max())} steps and yet dominates {len(dominated[best.label])} of "
        f"{len(constants) - 1} other constant actions, all that last among them. If the end is "
        "death or failure, dying pays; if it is the goal, all is well."
    )
    return Check(GROUP, name, "warn", sentence, numbers)


def holding_check(
    constants: Sequence[Episodes], sweep: ConstantSweep, objectives: Objectives
) -> Check:
    """Whether giving nothing, for ever, is best in every objective."""
    name = "holding for ever"
    if sweep.hold is None:
        sentence = "No action is known to give nothing, so nothing can be held."
        return Check(GROUP, name, "not applicable", sentence)
    hold = constants[sweep.hold]
    nothing = f"giving nothing ({hold.label}{', if that is no dose' if sweep.hold_assumed else ''})"
    others = [each for each in constants if each is not hold]
    gains = _gains(others, hold)
    better = {
        objective.name: [
            other.label for other, signs in zip(others, gains, strict=True) if signs[k] > 0
        ]
        for k, objective in enumerate(objectives)
    }
    numbers = {"better_than_hold": {key: len(labels) for key, labels in better.items()}}
    if any(better.values()):
        found = "; ".join(
            f"{key}: {len(labels)} of {len(others)}" for key, labels in better.items()
        )
        sentence = f"Some constant actions are better than {nothing} ({found})."
        return Check(GROUP, name, "pass", sentence, numbers)
    sentence = (
        f"No constant action is better than {nothing} in any objective. A policy learns to hold "
        "for ever."
    )
    return Check(GROUP, name, "warn", sentence, numbers)


def chance_check(constants: Sequence[Episodes], chance: Episodes, objectives: Objectives) -> Check:
    """What the best constant action gains over random ones; the floor for anything learned."""
    pairs = len(constants)
    dominating = [each for each in constants if _dominates(each, chance, pairs)]
    gains: list[str] = []
    numbers: dict[str, list[float]] = {}
    for k, objective in enumerate(objectives):
        best = best_in(constants, k)
        gain = mean_interval(best.returns[:, k] - chance.returns[:, k])
        numbers[objective.name] = [gain.value, gain.low, gain.high]
        span = f"[{shown(gain.low)}, {shown(gain.high)}]"
        gains.append(f"{objective.name} {shown(gain.value, signed=True)} {span}")
    sentence = (
        f"{len(dominating)} of {len(constants)} constant actions dominate random ones. Gain of the "
        f"best constant (plus is better): {'; '.join(gains)}. A learned policy has to beat both."
    )
    found = {"gain": numbers, "dominating": [each.label for each in dominating]}
    return Check(GROUP, "constant against random", "pass", sentence, found)


def comparators_check(
    constants: Sequence[Episodes],
    comparators: Sequence[Episodes],
    raised: Mapping[str, str],
) -> Check:
    """Whether constant actions dominate every comparator that looks at the patient.

    ``raised`` holds the comparators that could not be played, and why.
    """
    name = "constant against comparators"
    if raised:
        found = "; ".join(f"{title} ({error})" for title, error in raised.items())
        sentence = f"Comparators that cannot be played: {found}."
        return Check(GROUP, name, "fail", sentence, {"raised": dict(raised)})
    if not comparators:
        sentence = "The environment offers no comparators."
        return Check(GROUP, name, "not applicable", sentence)
    watching = watching_comparators(constants, comparators)
    if not watching:
        sentence = "Every comparator does what a constant action does."
        return Check(GROUP, name, "not applicable", sentence, {"comparators": len(comparators)})
    beaten = _beaten(constants, watching)
    numbers = {"beaten": beaten, "comparators": len(watching)}
    names = "; ".join(f"{title} by {action}" for title, action in beaten.items())
    sentence = (
        f"{len(beaten)} of {len(watching)} comparators that are no constant action themselves are "
        f"dominated by one{f' ({names})' if beaten else ''}."
    )
    if len(beaten) < len(watching):
        return Check(GROUP, name, "pass", sentence, numbers)
    sentence += " Looking at the patient gains nothing here, or the comparators are strawmen."
    return Check(GROUP, name, "warn", sentence, numbers)


def switching_check(
    switches: Sequence[Episodes],
    rivals: Sequence[Episodes],
    comparators: Sequence[Episodes],
    objectives: Objectives,
) -> Check:
    """Whether one constant action for a while and then another beats everything else played."""
    name = "switching by the calendar"
    if not switches:
        sentence = "There is no second action to switch to, or episodes are too short to switch."
        return Check(GROUP, name, "not applicable", sentence)
    everything = [*rivals, *comparators]
    pairs = len(switches) * len(everything)
    material = MATERIAL * np.ptp([each.value_vector for each in rivals], axis=0)
    champions = [
        each
        for each in switches
        if all(
            _dominates(each, other, pairs)
            and (each.value_vector - other.value_vector >= material).any()
            for other in everything
        )
    ]
    beaten = _beaten(switches, comparators)
    numbers: dict[str, Any] = {
        "switches": len(switches),
        "beating_everything": [each.label for each in champions],
        "comparators_beaten": beaten,
    }
    gains = []
    for k, objective in enumerate(objectives):
        best, rival = best_in(switches, k), best_in(rivals, k)
        gain = mean_interval(best.returns[:, k] - rival.returns[:, k])
        numbers[f"gain in {objective.name}"] = [gain.value, gain.low, gain.high]
        gains.append(f"{objective.name} {shown(gain.value, signed=True)} ({best.label})")
    summary = f"Gain of the best switch over constants and chance: {'; '.join(gains)}."
    if champions:
        sentence = (
            f"Better than every constant, random and comparator policy: {_named(champions)}. "
            f"{summary} A schedule that sees nothing is what an adaptive policy has to beat."
        )
        return Check(GROUP, name, "warn", sentence, numbers)
    if comparators and len(beaten) == len(comparators):
        sentence = f"{summary} Every comparator that looks is dominated by such a switch."
        return Check(GROUP, name, "warn", sentence, numbers)
    found = f" Comparators dominated: {len(beaten)} of {len(comparators)}."
    return Check(GROUP, name, "pass", summary + (found if comparators else ""), numbers)


def switch_policies(sweep: ConstantSweep, constants: Sequence[Episodes]) -> tuple[Switch, ...]:
    """The best constants and the extreme actions, each for a while and then an extreme one."""
    columns = range(constants[0].returns.shape[1])
    best = [_index(constants, best_in(constants, k)) for k in columns]
    extremes = (sweep.lowest, sweep.highest)
    pairs = dict.fromkeys(
        (first, then) for first in (*best, *extremes) for then in extremes if first != then
    )
    return tuple(
        Switch(sweep.constants[first], sweep.constants[then], after)
        for first, then in pairs
        for after in _switch_times(constants[first].mean_length)
    )


def _switch_times(length: float) -> list[int]:
    times = {max(1, round(share * length)) for share in SWITCH_TIMES}
    return sorted(time for time in times if time < length)


def best_in(played: Sequence[Episodes], objective: int) -> Episodes:
    """The policy with the highest mean return in one objective."""
    return max(played, key=lambda each: float(each.value_vector[objective]))


def _index(played: Sequence[Episodes], chosen: Episodes) -> int:
    return next(k for k, each in enumerate(played) if each is chosen)


def watching_comparators(
    constants: Sequence[Episodes], comparators: Sequence[Episodes]
) -> list[Episodes]:
    """The comparators whose episodes no constant action equals."""
    return [
        comparator
        for comparator in comparators
        if not any(np.array_equal(each.returns, comparator.returns) for each in constants)
    ]


def _beaten(played: Sequence[Episodes], comparators: Sequence[Episodes]) -> dict[str, str]:
    """Comparators that a played policy dominates, and which one does."""
    pairs = len(played) * len(comparators)
    beaten = {}
    for comparator in comparators:
        winners = [each for each in played if _dominates(each, comparator, pairs)]
        if winners:
            beaten[comparator.label] = winners[0].label
    return beaten


def _dominates(first: Episodes, second: Episodes, pairs: int) -> bool:
    return dominates(first.returns, second.returns, comparisons=pairs)


def _gains(others: Sequence[Episodes], base: Episodes) -> list[Any]:
    """For each policy and objective, the sign of its change against ``base``."""
    comparisons = max(1, len(others) * base.returns.shape[1])
    scale = float(max(np.abs(each.returns).max() for each in (*others, base)))
    return [
        changes(each.returns - base.returns, comparisons=comparisons, scale=scale)
        for each in others
    ]


def _correlations(played: Sequence[Episodes]) -> list[float | None]:
    """Of return with length over all episodes, per objective; None where either never varies."""
    lengths = np.concatenate([each.lengths for each in played]).astype(float)
    returns = np.concatenate([each.returns for each in played])
    return [
        float(np.corrcoef(lengths, column)[0, 1]) if lengths.std() and column.std() else None
        for column in returns.T
    ]


def _named(played: Sequence[Episodes]) -> str:
    labels = [each.label for each in played]
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return "; ".join(labels[:SHOWN]) + more
