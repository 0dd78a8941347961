"""The books of a run: what has ended goes to the ledger, then to the front, then to the tracker."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dosefront.errors import LedgerError
from dosefront.evaluate import ComparatorResults, evaluate_comparators, paired_differences
from dosefront.experiment import ExperimentSpec, describe
from dosefront.records import (
    ComparatorRecord,
    FrontSummary,
    JudgedPolicy,
    Ledger,
    LedgerContents,
    RunFolder,
    TrialRecord,
    TrialSpec,
    summarise,
    write_atomically,
    write_front,
)
from dosefront.report import write_front_figure
from dosefront.sweep.provenance import provenance
from dosefront.track import Tracker

log = logging.getLogger(__name__)

FIGURE_SECONDS = 30.0
"""Between drawings of the front while trials end: one takes as long as judging a trial."""


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
        self._contents: LedgerContents | None = None
        self._drawn = -FIGURE_SECONDS
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
        """Trials of the experiment that have not finished; damaged lines are set aside first."""
        if aside := self._ledger.set_aside_damaged():
            log.warning(
                "%d damaged lines of %s were set aside in ledger.damaged.jsonl; "
                "their trials run again",
                aside,
                self.folder.ledger,
            )
        self._contents = self._ledger.read()
        finished = {
            trial.spec.trial_id
            for trial in self._contents.trials
            if trial.status == "finished" and self._counts(trial)
        }
        trials = self.experiment.trials()
        return tuple(trial for trial in trials if trial.trial_id not in finished)

    def write_comparators(self) -> None:
        """Write down how conventional care fares, unless the ledger holds it."""
        known = {record.name for record in self._read().comparators if self._counts(record)}
        for each in self.comparators:
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

    def finished(self, spec: TrialSpec, report: Mapping[str, Any]) -> TrialRecord:
        """Store a trial's policy and results, then its record."""
        trial = self.folder.trial(spec.trial_id)
        trial.mkdir(parents=True, exist_ok=True)
        checkpoint = trial / "policy.npz"
        write_atomically(checkpoint, report["policy"])
        for number, results in enumerate(report["held_out"]):
            name = "held-out.npz" if len(spec.preferences) == 1 else f"held-out-{number}.npz"
            write_atomically(trial / name, results.to_bytes())
        each = zip(spec.preferences, report["select"], report["held_out"], strict=True)
        record = TrialRecord(
            spec=spec,
            status="finished",
            checkpoint=str(checkpoint.relative_to(self.folder.path)),
            judged=tuple(
                JudgedPolicy(
                    weights=weights,
                    select=select.outcome(),
                    held_out=held_out.outcome(),
                    paired=paired_differences(held_out, self.comparators),
                )
                for weights, select, held_out in each
            ),
            steps=report["steps"],
            wall_seconds=report["wall_seconds"],
            error=None,
            provenance=self._provenance,
        )
        return self._ended(record)

    def failed(
        self, spec: TrialSpec, error: str, *, steps: int, seconds: float, batch: bytes | None = None
    ) -> TrialRecord:
        """Write down that a trial failed, and why; keep the batch it failed on, if there is one."""
        if batch is not None:
            trial = self.folder.trial(spec.trial_id)
            trial.mkdir(parents=True, exist_ok=True)
            write_atomically(trial / "batch.npz", batch)
        return self._ended(
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

    def front(self, *, is_drawn: bool = True) -> FrontSummary | None:
        """The front of what has finished so far, written to the folder; None before the first."""
        contents = self._read()
        if contents.damaged:
            first = contents.damaged[0]
            raise LedgerError(
                f"{self.folder.ledger}:{first.line} is no record: {first.reason}. Run `dosefront "
                f"resume {self.folder.path}`, which sets it aside and repeats only that trial."
            )
        trials = [trial for trial in contents.trials if self._counts(trial)]
        if not any(trial.status == "finished" for trial in trials):
            return None
        summary = summarise(
            self.folder.path.name,
            objectives=self.objectives,
            environment=self.environment.id,
            environment_version=self.environment.version,
            trials=trials,
            comparators=contents.comparators,
        )
        write_front(self.folder, summary)
        if is_drawn:
            write_front_figure(summary, self.folder.front_png)
            self._drawn = time.monotonic()
        return summary

    def _ended(self, record: TrialRecord) -> TrialRecord:
        self._append(record)
        self.tracker.trial_ended(record)
        if record.status == "finished":
            is_drawn = time.monotonic() - self._drawn >= FIGURE_SECONDS
            if summary := self.front(is_drawn=is_drawn):
                self.tracker.front_changed(summary, self.folder.front_png if is_drawn else None)
        return record

    def _read(self) -> LedgerContents:
        if self._contents is None:
            self._contents = self._ledger.read()
        return self._contents

    def _append(self, record: TrialRecord | ComparatorRecord) -> None:
        before = self._read()
        self._ledger.append(record)
        self._contents = before.followed_by(record)

    def _counts(self, record: TrialRecord | ComparatorRecord) -> bool:
        """Whether a record was made on the environment as it is now."""
        same: bool = record.provenance.get("environment") == self._provenance["environment"]
        return same
