"""The audit of an environment: plays policies that see nothing and checks what they reveal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posology.validation.audit_contract import contract_checks
from posology.validation.audit_doses import dose_checks
from posology.validation.audit_episodes import (
    Episodes,
    Health,
    Settings,
    play,
    unplayable,
)
from posology.validation.audit_incentives import (
    best_in,
    chance_check,
    comparators_check,
    ending_early_check,
    holding_check,
    switch_policies,
    switching_check,
    watching_comparators,
)
from posology.validation.audit_outcomes import box_check, cut_check, health_checks
from posology.validation.audit_policies import (
    AuditPolicy,
    Chance,
    Watching,
)
from posology.validation.audit_report import (
    AuditedObjective,
    AuditReport,
    Check,
    SweepRow,
    shown,
)
from posology.validation.audit_seeds import batch_check, is_deterministic, seed_checks
from posology.validation.audit_statistics import mean_interval
from posology.validation.audit_subject import Declared, Environment, Subject, close, declared
from posology.validation.audit_sweep import ConstantSweep, constant_sweep

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many parts are done and how many there are."""


def _in_silence(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Played:
    """Episodes of every kind of policy, on the same seeds."""

    constants: tuple[Episodes, ...]
    chance: Episodes
    switches: tuple[Episodes, ...]
    comparators: tuple[Episodes, ...]
    raised: Mapping[str, str]
    """Comparators that could not be played, and why."""

    def everything(self) -> tuple[Episodes, ...]:
        """All of them, constants first."""
        return (*self.constants, self.chance, *self.comparators, *self.switches)


def audit_environment(
    subject: Subject, settings: Settings | None = None, *, progress: Progress = _in_silence
) -> AuditReport:
    """Audit an environment.

    Raises:
        ValueError: an action space that cannot be swept.
    """
    settings = settings or Settings()
    env = subject.make(settings.episodes)
    told = declared(env)
    sweep = constant_sweep(told.action_space, told.doses)
    progress("seeds and conventions", 0, 1)
    seeds = _guarded("seeds", lambda: seed_checks(subject, settings.seed))
    first = (
        *seeds,
        *_guarded("batches", lambda: (batch_check(subject, settings.seed),)),
        *_guarded("contract", lambda: contract_checks(subject, settings)),
    )
    without_chance = is_deterministic(seeds) and not subject.is_vector
    stage = _Stage(subject, env, settings, len(told.objectives), without_chance, progress)
    played = _played(stage, sweep, told)
    close(env)
    health = sum((each.health for each in played.everything()), Health())
    finite = all(np.isfinite(each.returns).all() for each in played.everything())
    checks = (
        _sweep_check(played.constants, told.objectives, sweep, finite=bool(finite)),
        *(_behaviour_checks(played, sweep, told) if finite else _unchecked()),
        *first,
        *health_checks(health),
        cut_check(played.everything(), settings),
    )
    return AuditReport(
        subject.name,
        settings.episodes,
        settings.seed,
        told.objectives,
        _rows(played, told.objectives),
        checks,
    )


@dataclass(frozen=True)
class _Stage:
    """Where policies are played."""

    subject: Subject
    env: Environment
    settings: Settings
    objectives: int
    without_chance: bool
    """The seed changes nothing, so one episode of a policy without chance stands for all."""
    progress: Progress

    def play(self, policies: Sequence[AuditPolicy], what: str) -> tuple[Episodes, ...]:
        """Episodes of each policy."""
        played = []
        for done, policy in enumerate(policies):
            self.progress(what, done, len(policies))
            played.append(self._play_one(policy))
        return tuple(played)

    def _play_one(self, policy: AuditPolicy) -> Episodes:
        n = self.settings.episodes
        try:
            if not self.without_chance or isinstance(policy, Chance):
                return play(self.env, policy, self.settings)
            return play(self.env, policy, self.settings, episodes=1).repeated(n)
        except Exception as error:  # a stranger's step may raise anything
            return unplayable(policy.label, error, episodes=n, objectives=self.objectives)

    def play_with(self, options: Mapping[str, Any], policy: AuditPolicy) -> Episodes:
        """Episodes in an environment that is made with further options."""
        env = self.subject.make(self.settings.episodes, **options)
        played = play(env, policy, self.settings)
        close(env)
        return played


def _played(stage: _Stage, sweep: ConstantSweep, told: Declared) -> Played:
    constants = stage.play(sweep.constants, "constant actions")
    (chance,) = stage.play([Chance(told.action_space)], "random actions")
    finite = all(np.isfinite(each.returns).all() for each in (*constants, chance))
    switches = switch_policies(sweep, constants) if finite else ()
    comparators, raised = [], {}
    for done, offered in enumerate(told.comparators):
        stage.progress("comparators", done, len(told.comparators))
        policy = Watching(str(offered.title), offered.policy)
        try:
            comparators.append(stage.play_with(getattr(offered, "options", {}), policy))
        except Exception as error:  # a stranger's policy may raise anything
            raised[policy.label] = f"{type(error).__name__}: {error}"
    switched = stage.play(switches, "switches")
    return Played(constants, chance, switched, tuple(comparators), raised)


def _guarded(group: str, checks: Callable[[], tuple[Check, ...]]) -> tuple[Check, ...]:
    """The checks, or one that fails where the environment raises under them."""
    try:
        return checks()
    except Exception as error:  # a stranger's environment may raise anything
        sentence = f"The environment raised {type(error).__name__}: {error}."
        return (Check(group, "exceptions", "fail", sentence),)


def _behaviour_checks(played: Played, sweep: ConstantSweep, told: Declared) -> tuple[Check, ...]:
    objectives, constants = told.objectives, played.constants
    rivals = (*constants, played.chance)
    watching = watching_comparators(constants, played.comparators)
    return (
        *dose_checks(sweep, constants, objectives=objectives, lowered_by_dose=told.lowered_by_dose),
        ending_early_check(constants, played.chance),
        holding_check(constants, sweep, objectives),
        chance_check(constants, played.chance, objectives),
        comparators_check(constants, played.comparators, played.raised),
        switching_check(played.switches, rivals, watching, objectives),
        box_check(played.everything(), objectives),
    )


def _unchecked() -> tuple[Check, ...]:
    sentence = "Returns are not finite; mend the rewards first."
    names = (
        ("doses", "dose response"),
        ("incentives", "incentives"),
        ("contract", "reference box"),
    )
    return tuple(Check(group, name, "not applicable", sentence) for group, name in names)


def _sweep_check(
    constants: Sequence[Episodes],
    objectives: Sequence[AuditedObjective],
    sweep: ConstantSweep,
    *,
    finite: bool,
) -> Check:
    """Names the best constant action of each objective; warns where actions change nothing."""
    name = "constant actions"
    if not finite:
        return Check("sweep", name, "not applicable", "Returns are not finite.")
    of = "a continuum" if sweep.actions is None else f"{sweep.actions:,}"
    numbers: dict[str, Any] = {"played": len(constants), "actions": sweep.actions, "best": {}}
    found = []
    for k, objective in enumerate(objectives):
        best = best_in(constants, k)
        mean = objective.clinical_interval(mean_interval(best.returns[:, k]))
        numbers["best"][objective.name] = {
            "action": best.label,
            "mean": [mean.value, mean.low, mean.high],
        }
        found.append(f"{objective.name} {shown(mean.value)} with {best.label}")
    inert = [
        objective.name
        for k, objective in enumerate(objectives)
        if all(np.array_equal(each.returns[:, k], constants[0].returns[:, k]) for each in constants)
    ]
    sentence = f"{len(constants)} constant actions of {of}; best: {'; '.join(found)}."
    if inert:
        sentence += f" No constant action changes {', '.join(inert)}."
        return Check("sweep", name, "warn", sentence, {**numbers, "unchanged": inert})
    return Check("sweep", name, "pass", sentence, numbers)


def _rows(played: Played, objectives: Sequence[AuditedObjective]) -> tuple[SweepRow, ...]:
    kinds = (
        ("constant", played.constants),
        ("random", (played.chance,)),
        ("comparator", played.comparators),
        ("switch", played.switches),
    )
    return tuple(
        SweepRow(
            kind,  # type: ignore[arg-type]  # a literal, though mypy widens the tuple's
            each.label,
            tuple(
                objective.clinical_interval(mean_interval(column))
                for objective, column in zip(objectives, each.returns.T, strict=True)
            ),
            mean_interval(each.lengths.astype(np.float64)),
            float(each.terminated.mean()),
        )
        for kind, episodes in kinds
        for each in episodes
    )
