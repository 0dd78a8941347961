"""The driver's side of a sweep: what trials report, when they are saved, how far all of it is."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ray import tune
from ray.tune.result import SHOULD_CHECKPOINT

from dosefront.errors import DosefrontError, StorageError, SweepInterrupted
from dosefront.records import RunningTrial, RunStatus, TrialRecord, TrialSpec, write_status
from dosefront.sweep.books import Books
from dosefront.sweep.progress import ProgressView, TrialProgress
from dosefront.sweep.stopping import Stopping
from dosefront.sweep.tune_amended import forget

log = logging.getLogger(__name__)

STATUS_SECONDS = 2.0
"""Between two writings of the status."""


@dataclass
class _UnderWay:
    """A trial that has reported and not ended."""

    progress: TrialProgress
    saved: float
    """When its last checkpoint was asked for, on the monotonic clock."""


class Driver(tune.Callback):  # type: ignore[misc]  # Ray carries no types
    """Receives what the trials report; runs in the driver's process.

    Args:
        books: of the run.
        trials: missing ones that are known beforehand.
        view: where people see progress.
        stopping: whether the sweep is asked to stop.
        total: trials of the whole run; None where a search may ask for any number.
        on_save: called with a trial's id once a checkpoint of it is whole.
        note: what the sweep waits for; empty when for nothing.
    """

    def __init__(
        self,
        books: Books,
        trials: Sequence[TrialSpec],
        view: ProgressView,
        *,
        stopping: Stopping,
        total: int | None,
        on_save: Callable[[str], None] = lambda trial_id: None,
        note: Callable[[], str] = lambda: "",
    ) -> None:
        self._books, self._view, self._stopping = books, view, stopping
        self._total = total
        self._on_save, self._note = on_save, note
        self._specs = {trial.trial_id: trial for trial in trials}
        self.has_asked_all = False
        """Whether the search has asked for all that it wants."""
        self._begun: dict[str, None] = {}
        """Ids of trials that were begun and have no record of their end yet, in their order."""
        self._under_way: dict[str, _UnderWay] = {}
        self._retries: dict[str, int] = {}
        self._fault: DosefrontError | None = None
        self._began = time.monotonic()
        self._steps = 0
        self._written, self._status_fault = -STATUS_SECONDS, ""

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune stores its callbacks, and this one is of use to its own process only."""
        return {}

    @property
    def pending(self) -> tuple[TrialSpec, ...]:
        """Trials that were begun and have not ended."""
        return tuple(self._specs[each] for each in self._begun)

    @property
    def is_idle(self) -> bool:
        """Whether no trial has anything to save."""
        return not self._under_way

    def begin(self, spec: TrialSpec) -> None:
        """Note that a trial is handed to Tune."""
        self._specs[spec.trial_id] = spec
        self._begun[spec.trial_id] = None
        with self._kept():
            self._books.begun(spec)

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Say how far the sweep is."""
        if time.monotonic() - self._written >= STATUS_SECONDS:
            self._try_status()

    def _try_status(self) -> None:
        """Write the status if the disk lets us: it is for people, and the sweep needs none."""
        try:
            self.write_status("stopping" if self._stopping.reason else "running")
            self._status_fault = ""
        except StorageError as fault:
            if str(fault) != self._status_fault:
                log.warning("%s", fault)
            self._status_fault = str(fault)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Show progress, or write down how the trial ended."""
        with self._kept():
            self._receive(result)
        forget(result)

    def _receive(self, result: dict[str, Any]) -> None:
        spec = self._specs[result["trial"]]
        if is_over(result):
            self._under_way.pop(spec.trial_id, None)
            self._end(spec, result)
            return
        if self._stopping.reason and spec.trial_id not in self._under_way:
            return  # Tune began it since: were it waited for, so would be the next in its place
        progress = TrialProgress(result["steps"], result["seconds"], tuple(result["return_vector"]))
        now = time.monotonic()
        under_way = self._under_way.setdefault(spec.trial_id, _UnderWay(progress, saved=now))
        under_way.progress = progress
        every = self._books.experiment.resources.checkpoint_every
        if self._stopping.reason or now - under_way.saved >= every:
            under_way.saved = now
            result[SHOULD_CHECKPOINT] = True
        self._view.running(spec, progress)
        self._books.tracker.trial_progress(spec, _numbers(spec, result))

    def _end(self, spec: TrialSpec, result: dict[str, Any]) -> None:
        if result.get("error"):
            record = self._books.failed(
                spec,
                result["error"],
                steps=result["steps"],
                seconds=result["wall_seconds"],
                batch=result.get("batch"),
            )
        else:
            record = self._finished(spec, result)
        self._close(record)

    def _finished(self, spec: TrialSpec, result: dict[str, Any]) -> TrialRecord:
        try:
            return self._books.finished(spec, result)
        except StorageError as fault:  # the policy found no room; a line in the ledger may
            return self._books.failed(
                spec, str(fault), steps=result["steps"], seconds=result["wall_seconds"]
            )

    def _close(self, record: TrialRecord) -> None:
        self._begun.pop(record.spec.trial_id, None)
        self._steps += record.steps
        self._view.ended(record)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """The trial has left its process; one that was stopped is saved."""
        self._under_way.pop(_id(trial), None)

    def on_checkpoint(
        self, iteration: int, trials: list[Any], trial: Any, checkpoint: Any, **info: Any
    ) -> None:
        """A checkpoint of the trial is whole."""
        self._on_save(_id(trial))

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """The trial's process failed, and another goes on from its checkpoint."""
        spec = self._specs[_id(trial)]
        self._under_way.pop(spec.trial_id, None)
        self._retries[spec.trial_id] = self._retries.get(spec.trial_id, 0) + 1
        self._view.retried(spec, self._books.hang_trace(spec) or _reason(trial))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """The trial's process failed once too often."""
        spec = TrialSpec.from_mapping(trial.config["trial"])
        under_way = self._under_way.pop(spec.trial_id, None)
        if spec.trial_id not in self._begun:
            return  # it had handed over its results before
        progress = under_way.progress if under_way else TrialProgress(0, 0.0, ())
        error = self._books.hang_trace(spec) or _reason(trial)
        with self._kept():
            self._close(
                self._books.failed(spec, error, steps=progress.steps, seconds=progress.seconds)
            )

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Keep what stops the books: Tune would wrap it beyond recognition."""
        try:
            yield
        except DosefrontError as fault:
            self._fault = fault
            raise

    def raise_fault(self) -> None:
        """Raise what stopped the books, such as a full disk."""
        if self._fault is not None:
            raise self._fault

    def check(self) -> None:
        """Raise when trials are missing: the sweep was stopped."""
        error = self._stopping.error
        is_over = self.has_asked_all and not self._begun
        if not is_over and not self._stopping.reason:
            error = SweepInterrupted
        if error is not None:
            reason = f" ({self._stopping.reason})" if error is not SweepInterrupted else ""
            missing = len(self._begun) + self._unbegun()
            raise error(
                f"stopped with {missing} trials missing{reason}; what had finished is kept. "
                f"Go on with `dosefront resume {self._books.folder.path}`."
            )

    def write_status(self, state: Literal["running", "stopping", "complete", "stopped"]) -> None:
        """Write down how far the sweep is."""
        self._written = time.monotonic()
        finished, failed = self._books.counts
        waiting = self._unbegun() + len(self._begun) - len(self._under_way)
        seconds = self._written - self._began
        write_status(
            self._books.folder,
            RunStatus(
                run=self._books.folder.path.name,
                state=state,
                finished=finished,
                failed=failed,
                running=tuple(self._running(each) for each in self._under_way),
                waiting=waiting,
                hypervolume=self._books.hypervolume,
                seconds=seconds,
                seconds_left=self._seconds_left(seconds, waiting),
                note=self._stopping.reason or self._note(),
            ),
        )

    def _unbegun(self) -> int:
        """Trials that have neither ended nor begun, as far as their number is known."""
        if self._total is None or self.has_asked_all:
            return 0
        return max(0, self._total - sum(self._books.counts) - len(self._begun))

    def _running(self, trial_id: str) -> RunningTrial:
        spec, progress = self._specs[trial_id], self._under_way[trial_id].progress
        return RunningTrial(
            trial=trial_id,
            label=spec.label,
            steps=progress.steps,
            of=spec.steps,
            seconds=progress.seconds,
            retries=self._retries.get(trial_id, 0),
        )

    def _seconds_left(self, seconds: float, waiting: int) -> float | None:
        """At the pace of the environment steps so far; waiting trials count as the mean known."""
        under_way = [(self._specs[each], each) for each in self._under_way]
        taken = [self._under_way[each].progress.steps for _, each in under_way]
        done = self._steps + sum(taken)
        if done == 0:
            return None
        left = sum(spec.steps for spec, _ in under_way) - sum(taken)
        mean = sum(spec.steps for spec in self._specs.values()) / len(self._specs)
        return (left + waiting * mean) * seconds / done


def is_over(result: dict[str, Any]) -> bool:
    """Whether a report is a trial's last, with its policy or its fault."""
    return "error" in result or "judgement" in result


class StopWhenSaved(tune.Stopper):  # type: ignore[misc]  # Ray carries no types
    """Ends a sweep that is asked to stop: each trial at its next report, which saves it."""

    def __init__(self, stopping: Stopping, driver: Driver) -> None:
        self._stopping, self._driver = stopping, driver

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: see `Driver`."""
        return {}

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether a trial stops at this report."""
        return self._stopping.reason is not None and not is_over(result)

    def stop_all(self) -> bool:
        """Whether nothing is left to wait for."""
        return self._stopping.reason is not None and (
            self._driver.is_idle or self._stopping.is_overdue
        )


def _id(trial: Any) -> str:
    return TrialSpec.from_mapping(trial.config["trial"]).trial_id


def _reason(trial: Any) -> str:
    """What Tune says of the trial's last failure; it keeps that on this machine."""
    try:
        text = Path(trial.error_file).read_text(encoding="utf-8")
    except (OSError, TypeError):
        return "its process died"
    return text.rpartition("Failure # ")[2].partition("\n")[2].strip() or "its process died"


def _numbers(spec: TrialSpec, result: dict[str, Any]) -> dict[str, float]:
    returns = zip(spec.objectives, result["return_vector"], strict=True)
    return {
        "steps": float(result["steps"]),
        "seconds": float(result["seconds"]),
        "return/scalar": float(result["scalar_return"]),
        **{f"return/{name}": float(value) for name, value in returns},
    }
