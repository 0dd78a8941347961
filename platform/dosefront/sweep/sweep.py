"""A sweep: every trial of an experiment on Ray Tune, nothing run twice, nothing finished lost."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ray import tune
from rich.console import Console

from dosefront.errors import SweepIncomplete, UsageError
from dosefront.experiment import ExperimentSpec, dump_resolved, load_experiment
from dosefront.records import FrontSummary, RunFolder, TrialSpec, locked
from dosefront.search import search_for
from dosefront.sweep.books import Books
from dosefront.sweep.checkpoints import Checkpoints
from dosefront.sweep.cluster import Places, ray_at
from dosefront.sweep.driver import Driver, StopWhenSaved
from dosefront.sweep.progress import progress_view
from dosefront.sweep.proposals import Proposals, Starts
from dosefront.sweep.stopping import Stopping
from dosefront.sweep.trainable import TrialTrainable, configuration
from dosefront.track import tracker_for

AHEAD = 8
"""Planned trials that wait at a cluster beyond what it holds, so that one that grows has a reason
to; a search looks at the front first and asks for nothing ahead."""


@dataclass(frozen=True)
class SweepResult:
    """A sweep that ran to its end."""

    folder: RunFolder
    summary: FrontSummary
    failed: int
    """Trials without a policy."""


@dataclass(frozen=True)
class Where:
    """Where a sweep runs, and how long it waits for a place."""

    address: str = "local"
    """Of the Ray cluster; "local" starts one here, "auto" joins the one around us."""
    max_wait: float | None = None
    """Seconds without a machine that can take a trial, after which the sweep stops; None waits."""


def start_sweep(
    experiment: ExperimentSpec, folder: RunFolder, *, where: Where, console: Console
) -> SweepResult:
    """Run an experiment in a new folder.

    Args:
        experiment: what to run.
        folder: where its results go; it must not hold a run yet.
        where: the machines.
        console: where progress is shown.

    Raises:
        StorageError: the folder cannot be written.
        SweepIncomplete: no trial finished.
        SweepInterrupted: stopped by Ctrl-C.
        UsageError: the folder holds a run.
    """
    if folder.experiment_yaml.exists():
        raise UsageError(
            f"{folder.path} already holds a run. Finish it with `dosefront resume {folder.path}`, "
            "or choose another folder with --run-id or --out."
        )
    folder.create()
    with locked(folder):
        dump_resolved(experiment, folder.experiment_yaml)
        return _run(experiment, folder, where=where, console=console)


def resume_sweep(folder: RunFolder, *, where: Where, console: Console) -> SweepResult:
    """Run what is missing of a run; what its ledger holds as finished is not run again."""
    if not folder.experiment_yaml.exists():
        raise UsageError(
            f"{folder.path} holds no run: it has no {folder.experiment_yaml.name}. "
            "Give the folder that `dosefront sweep` named."
        )
    folder.create()
    experiment = load_experiment(folder.experiment_yaml)
    with locked(folder):
        return _run(experiment, folder, where=where, console=console)


def _run(
    experiment: ExperimentSpec, folder: RunFolder, *, where: Where, console: Console
) -> SweepResult:
    tracker = tracker_for(experiment.tracking, folder, folder.path.name)
    try:
        books = Books(folder, experiment, tracker)
        missing, trials = books.missing(), len(experiment.trials())
        if len(missing) < trials:
            console.print(f"{trials - len(missing)} of {trials} trials had finished already.")
        if missing:
            _train(missing, books, where=where, console=console)
        if summary := books.front():
            tracker.front_changed(summary, folder.front_png)
    finally:
        tracker.close()
    if summary is None:
        raise SweepIncomplete(
            f"none of {trials} trials finished; {folder.ledger} says why of each. "
            f"Correct the experiment, or run `dosefront resume {folder.path}`."
        )
    return SweepResult(folder, summary, len(summary.failed_trials))


def _train(trials: Sequence[TrialSpec], books: Books, *, where: Where, console: Console) -> None:
    """Run trials and write down how each ends."""
    total = len(books.experiment.trials())
    view = progress_view(
        console, objectives=books.objectives, trials=total, ended=total - len(trials)
    )
    resources = books.experiment.resources
    checkpoints = Checkpoints.at(resources.storage or books.folder.checkpoints)
    session = checkpoints.new_session()
    stopping = Stopping(console)
    driver = Driver(
        books,
        trials,
        view,
        stopping=stopping,
        total=total,
        on_save=lambda trial_id: checkpoints.forget(trial_id, but=session),
    )
    starts = Starts(books.folder)
    for trial in trials:
        starts.read(trial)
    places = Places(_bundles(trials[0].settings, books.experiment)[0], console=console)

    def propose() -> TrialSpec | None:
        ...
    try:
        _tune(trials, driver, books=books, address=where.address)
    finally:
        view.close()
        driver.raise_fault()
    driver.check()
