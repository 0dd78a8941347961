"""Does more of a drug do more? Each objective along every line of doses."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from posology.validation.audit_episodes import Episodes
from posology.validation.audit_report import AuditedObjective, Check, Interval, shown
from posology.validation.audit_statistics import changes, mean_interval
from posology.validation.audit_sweep import ConstantSweep, DoseLine

GROUP = "doses"


@dataclass(frozen=True)
class Step:
    """What happens to an objective, in clinical units, from one dose of a line to a higher one."""

    line: DoseLine
    low: float
    high: float
    change: Interval
    sign: int
    """Of the change, or 0 within its interval, which holds together over all steps looked at."""


def dose_checks(
    sweep: ConstantSweep,
    played: Sequence[Episodes],
    *,
    objectives: Sequence[AuditedObjective],
    lowered_by_dose: frozenset[str],
) -> tuple[Check, ...]:
    """One check an objective. Toxicity that falls as the dose rises is a fail."""
    if sweep.lines and not sweep.are_doses:
        sentence = "Actions go below zero, so they are no doses."
        return (Check(GROUP, "dose response", "not applicable", sentence),)
    if not sweep.lines:
        sentence = (
            "Nothing says which action gives more. Declare action_doses, the dose of every drug "
            "for every action, to have this checked."
        )
        return (Check(GROUP, "dose response", "not applicable", sentence),)
    return tuple(
        _dose_check(
            objective,
            _steps(sweep, np.stack([each.returns[:, k] for each in played]), objective),
            is_toxicity=objective.sense == "minimise" and objective.name not in lowered_by_dose,
        )
        for k, objective in enumerate(objectives)
    )


def _steps(
    sweep: ConstantSweep,
    returns: Float[np.ndarray, "actions episodes"],
    objective: AuditedObjective,
) -> list[Step]:
    """Every pair of doses on every line, with the change paired by seed."""
    pairs = [
        (line, first, second)
        for line in sweep.lines
        for first, second in itertools.combinations(range(len(line.levels)), 2)
    ]
    scale = float(np.abs(returns).max())
    steps = []
    for line, first, second in pairs:
        difference = returns[line.actions[second]] - returns[line.actions[first]]
        sign = int(changes(difference[:, None], comparisons=len(pairs), scale=scale)[0])
        change = objective.clinical_interval(mean_interval(difference, comparisons=len(pairs)))
        clinical_sign = round(objective.clinical(float(sign)))
        steps.append(Step(line, line.levels[first], line.levels[second], change, clinical_sign))
    return steps


def _dose_check(objective: AuditedObjective, steps: list[Step], *, is_toxicity: bool) -> Check:
    name = f"{objective.name} against dose"
    axes = list(dict.fromkeys(step.line.axis for step in steps))
    signs = {axis: 1 if is_toxicity else _axis_sign(axis, steps) for axis in axes}
    broken = [step for step in steps if step.sign * signs[step.line.axis] < 0]
    numbers = {
        "sign": {axis: signs[axis] for axis in axes},
        "steps": len(steps),
        "changing": sum(step.sign != 0 for step in steps),
        "broken": len(broken),
    }
    if not any(step.sign for step in steps):
        sentence = f"{objective.name} does not depend on the dose beyond chance."
        return Check(GROUP, name, "pass", sentence, numbers)
    course = _course(signs)
    if not broken:
        sentence = f"{objective.name} {course}, within intervals at each of {len(steps)} steps."
        return Check(GROUP, name, "pass", sentence, numbers)
    worst = max(broken, key=lambda step: abs(step.change.value))
    numbers["worst"] = {
        "axis": worst.line.axis,
        "setting": worst.line.setting,
        "from": worst.low,
        "to": worst.high,
        "change": [worst.change.value, worst.change.low, worst.change.high],
    }
    should = "should rise with dose" if is_toxicity else course
    sentence = (
        f"{objective.name} {should}, but {_turn(worst)}; broken in {len(broken)} of {len(steps)} "
        f"steps. {_consequence(is_toxicity)}"
    )
    return Check(GROUP, name, "fail" if is_toxicity else "warn", sentence, numbers)


def _axis_sign(axis: str, steps: list[Step]) -> int:
    """Where the objective goes along the axis, by the sum of its steps."""
    total = sum(step.change.value for step in steps if step.line.axis == axis and step.sign)
    return int(np.sign(total))


def _course(signs: dict[str, int]) -> str:
    words = {1: "rises", -1: "falls", 0: "stays"}
    if len(set(signs.values())) == 1:
        return f"{words[next(iter(signs.values()))]} with dose"
    return "; ".join(f"{words[sign]} along {axis}" for axis, sign in signs.items())


def _turn(step: Step) -> str:
    word = "falls" if step.change.value < 0.0 else "rises"
    ends = sorted((abs(step.change.low), abs(step.change.high)))
    axis = step.line.axis if step.line.axis != "dose" else "the dose"
    where = f" ({step.line.setting})" if step.line.setting else ""
    return (
        f"from {shown(step.low)} to {shown(step.high)} on {axis}{where} it {word} by "
        f"{shown(abs(step.change.value))}{_span(ends)}"
    )


def _span(ends: list[float]) -> str:
    low, high = map(shown, ends)
    return f" [{low}, {high}]" if low != high else ""


def _consequence(is_toxicity: bool) -> str:
    if is_toxicity:
        return "A policy can lower toxicity by giving more."
    return "More is not always more: fine where overdosing harms, a fault where it should not."
