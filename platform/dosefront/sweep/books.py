"""The books of a run: what has ended goes to the ledger, then to the front, then to the tracker."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from dosefront.errors import LedgerError, StorageError
from dosefront.evaluate import (
    HELD_OUT,
    ComparatorResults,
    cohort_options,
    evaluate_comparators,
    offered_subgroups,
)
from dosefront.experiment import ExperimentSpec, describe
from dosefront.records import (
    BegunRecord,
    ComparatorRecord,
    FrontSummary,
    Ledger,
    LedgerContents,
    LedgerRecord,
    RunFolder,
    TrialRecord,
    TrialSpec,
    storage_error,
    subgroups_bytes,
    summarise,
    with_intervals,
    write_atomically,
    write_front,
)
from dosefront.report.figure import write_front_figure
from dosefront.sweep.pace import Pace
from dosefront.sweep.provenance import provenance
from dosefront.track import Tracker
from dosefront.trial import Judgement

log = logging.getLogger(__name__)

FIGURE_SECONDS = 30.0
"""Between drawings of the front while trials end: one takes as long as judging a trial."""
FEW_TRIALS, FRONT_SHARE = 50, 0.05
"""Beyond so many trials the front is written anew, and drawn, only when each takes at most this
share of the time, so that a trial costs the driver the same whether it is the first or the
ten-thousandth."""


@dataclass
class Books:
    """Keeps a run's folder; the driver's process is the only one that writes it."""

    folder: RunFolder
    experiment: ExperimentSpec
    tracker: Tracker

    def __post_init__(self) -> None:
        self.environment = describe(self.experiment.environment)
        offered = {objective.name: objective for objective in self.environment.objectives}
        self.objectives = tuple(offered[name] for name in self.experiment.objectives)
        self._ledger = Ledger(self.folder.ledger)
        self._known: LedgerContents | None = None
        """What the ledger held when it was read."""
        self._trials: dict[str, TrialRecord] = {}
        self._comparators: dict[str, ComparatorRecord] = {}
        self._begun: dict[str, TrialSpec] = {}
        self._ended: dict[str, TrialRecord] = {}
        self._write, self._draw = Pace(FRONT_SHARE), Pace(FRONT_SHARE, least=FIGURE_SECONDS)
        self.hypervolume: float | None = None
        """Of the front as last written."""
        self._provenance = {
            **provenance(),
            "environment": {"id": self.environment.id, "version": self.environment.version},
        }

    @cached_property
    def comparators(self) -> tuple[ComparatorResults, ...]:
        """Conventional care on the experiment's cohorts; evaluated when first asked for."""
        return evaluate_comparators(
            self.environment.id,
            self.experiment.environment.constructor_arguments(),
            objectives=self.experiment.objectives,
            cohorts=self.experiment.cohorts.model_dump(),
            discount=self.experiment.evaluation.discount,
        )

    def missing(self) -> tuple[TrialSpec, ...]:
        """Trials of the plan that have not finished; damaged lines are set aside first."""
        if aside := self._ledger.set_aside_damaged():
            log.warning(
                "%d damaged lines of %s were set aside in ledger.damaged.jsonl; "
                "their trials run again",
                aside,
                self.folder.ledger,
            )
        self._known = None
        self._read()
        finished = {
            trial_id
            for trial_id, record in self._trials.items()
            if record.status == "finished" and self._counts(record)
        }
        return tuple(each for each in self.experiment.trials() if each.trial_id not in finished)

    def interrupted(self) -> tuple[TrialSpec, ...]:
        """Trials that had begun and not ended when the driver before this one went."""
        self._read()
        return tuple(spec for trial_id, spec in self._begun.items() if trial_id not in self._ended)

    def ended(self) -> tuple[TrialRecord, ...]:
        """Trials that are not to run: the finished, and those that failed under this driver."""
        self._read()
        return tuple(self._ended.values())

    @property
    def counts(self) -> tuple[int, int]:
        """How many trials have finished, and how many have failed under this driver."""
        ended = self.ended()
        finished = sum(record.status == "finished" for record in ended)
        return finished, len(ended) - finished

    def begun(self, spec: TrialSpec) -> None:
        """Write down that a trial is asked for."""
        self._read()
        if spec.trial_id not in self._begun:
            self._append(BegunRecord(spec))

    def write_comparators(self) -> None:
        """Write down how conventional care fares, and which held-out patients make up a group."""
        self._read()
        known = {name for name, record in self._comparators.items() if self._counts(record)}
        for each in self.comparators:
            path = self.folder.comparator_results(each.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, each.held_out.to_bytes())
            if each.name not in known:
                self._append(
                    ComparatorRecord(
                        name=each.name,
                        title=each.title,
                        select=each.select.outcome(),
                        held_out=each.held_out.outcome(),
                        provenance=self._provenance,
                    )
                )
        write_atomically(self.folder.subgroups_npz, subgroups_bytes(self._subgroups()))

    def complete_comparators(self) -> None:
        """Write the results of single patients that a run of an earlier version lacks."""
        self._read()
        results = [self.folder.comparator_results(name) for name in self._comparators]
        if not all(path.exists() for path in [*results, self.folder.subgroups_npz]):
            self.write_comparators()

    def finished(self, spec: TrialSpec, report: Mapping[str, Any]) -> TrialRecord:
        """Store a trial's policy and results, then its record."""
        trial = self._trial_folder(spec)
        checkpoint = trial / "policy.npz"
        judgement: Judgement = report["judgement"]
        write_atomically(checkpoint, judgement.policy)
        for number, results in enumerate(judgement.held_out):
            which = None if len(spec.preferences) == 1 else number
            write_atomically(self.folder.held_out(spec.trial_id, which), results)
        record = TrialRecord(
            spec=spec,
            status="finished",
            checkpoint=str(checkpoint.relative_to(self.folder.path)),
            judged=judgement.judged,
            steps=report["steps"],
            wall_seconds=report["wall_seconds"],
            error=None,
            provenance=self._provenance,
        )
        return self._end(record)

    def failed(
        self, spec: TrialSpec, error: str, *, steps: int, seconds: float, batch: bytes | None = None
    ) -> TrialRecord:
        """Write down that a trial failed, and why; keep the batch it failed on, if there is one."""
        if batch is not None:
            try:
                write_atomically(self._trial_folder(spec) / "batch.npz", batch)
            except StorageError as fault:  # the reason is short, and may find room
                log.warning("%s failed, and what it failed on is lost: %s", spec.label, fault)
        return self._end(
            TrialRecord(
                spec=spec,
                status="failed",
                checkpoint=None,
                judged=(),
                steps=steps,
                wall_seconds=seconds,
                error=error,
                provenance=self._provenance,
            )
        )

    def front(self, *, is_drawn: bool = True, is_last: bool = True) -> FrontSummary | None:
        """The front of what has finished so far, written to the folder; None before the first.

        The last one of a sweep has intervals over patients, which take seconds.
        """
        for damaged in self._read().damaged[:1]:
            raise LedgerError(
                f"{self.folder.ledger}:{damaged.line} is no record: {damaged.reason}. Run "
                f"`dosefront resume {self.folder.path}`, which sets it aside and repeats only that "
                "trial."
            )
        trials = [trial for trial in self._trials.values() if self._counts(trial)]
        if not any(trial.status == "finished" for trial in trials):
            return None
        with self._write.timed():
            summary = summarise(
                self.folder.path.name,
                objectives=self.objectives,
                environment=self.environment.id,
                environment_version=self.environment.version,
                trials=trials,
                comparators=tuple(self._comparators.values()),
            )
            if is_last:
                summary = with_intervals(summary, self.folder)
            write_front(self.folder, summary)
        self.hypervolume = summary.hypervolume
        if is_drawn:
            with self._draw.timed():
                write_front_figure(summary, self.folder.front_png)
        return summary

    def hang_trace(self, spec: TrialSpec) -> str | None:
        """Where a trial's process stood when it was ended for its silence, if it was."""
        try:
            trace = self.folder.hang_trace(spec.trial_id).read_text(encoding="utf-8")
        except OSError:
            return None
        return trace and f"{trace.rstrip()}\nno sign of life for too long; it stood as told above"

    def _trial_folder(self, spec: TrialSpec) -> Path:
        folder = self.folder.trial(spec.trial_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(folder, error) from error
        return folder

    def _end(self, record: TrialRecord) -> TrialRecord:
        self._append(record)
        self.tracker.trial_ended(record)
        if record.status == "finished" and self._is_front_due():
            try:
                self._show_front()
            except StorageError as fault:  # what has ended stands in the ledger, and stays
                log.warning("the front will be written later: %s", fault)
        return record

    def _subgroups(self) -> dict[str, Bool[np.ndarray, " patients"]]:
        options = cohort_options(
            self.experiment.environment.constructor_arguments(),
            self.experiment.cohorts.model_dump(),
            HELD_OUT,
        )
        return offered_subgroups(self.environment.id, options)

    def _show_front(self) -> None:
        is_drawn = self._draw.is_due
        if summary := self.front(is_drawn=is_drawn, is_last=False):
            self.tracker.front_changed(summary, self.folder.front_png if is_drawn else None)

    def _is_front_due(self) -> bool:
        return len(self._trials) <= FEW_TRIALS or self._write.is_due

    def _read(self) -> LedgerContents:
        """What the ledger held when it was first asked for; what followed is noted beside it."""
        if self._known is None:
            self._known = self._ledger.read()
            self._trials = {record.spec.trial_id: record for record in self._known.trials}
            self._comparators = {record.name: record for record in self._known.comparators}
            self._begun = {spec.trial_id: spec for spec in self._known.begun}
            self._ended = {
                trial_id: record
                for trial_id, record in self._trials.items()
                if record.status == "finished" and self._counts(record)
            }
        return self._known

    def _append(self, record: LedgerRecord) -> None:
        self._read()
        self._ledger.append(record)
        match record:
            case TrialRecord():
                self._trials[record.spec.trial_id] = self._ended[record.spec.trial_id] = record
            case ComparatorRecord():
                self._comparators[record.name] = record
            case BegunRecord():
                self._begun[record.spec.trial_id] = record.spec

    def _counts(self, record: TrialRecord | ComparatorRecord) -> bool:
        """Whether a record was made on the environment as it is now."""
        same: bool = record.provenance.get("environment") == self._provenance["environment"]
        return same
