"""A sweep: every trial of an experiment on Ray Tune, nothing run twice, nothing finished lost."""

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray import tune
from rich.console import Console

from dosefront.errors import (
    CheckpointError,
    ClusterError,
    DosefrontError,
    SweepIncomplete,
    SweepInterrupted,
    UsageError,
)
from dosefront.evaluate import NetworkPolicy, read_policy
from dosefront.experiment import ExperimentSpec, dump_resolved, load_experiment
from dosefront.records import FrontSummary, RunFolder, TrialSpec
from dosefront.sweep.books import Books
from dosefront.sweep.progress import ProgressView, TrialProgress, progress_view
from dosefront.sweep.trainable import TrialTrainable
from dosefront.track import tracker_for

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
}
"""Environment of Ray and Tune: we show progress and keep results ourselves."""

OBJECT_STORE_BYTES = 200 * 2**20
"""Of a Ray that we start: nothing large goes through it."""


@dataclass(frozen=True)
class SweepResult:
    """A sweep that ran to its end."""

    folder: RunFolder
    summary: FrontSummary
    failed: int
    """Trials without a policy."""


def start_sweep(
    experiment: ExperimentSpec, folder: RunFolder, *, address: str, console: Console
) -> SweepResult:
    """Run an experiment in a new folder.

    Args:
        experiment: what to run.
        folder: where; it must not hold a run yet.
        address: of the Ray cluster; "local" starts one here, "auto" joins the one around us.
        console: where progress is shown.

    Raises:
        StorageError: the folder cannot be written.
        SweepIncomplete: no trial finished.
        SweepInterrupted: stopped by Ctrl-C.
    """
    if folder.experiment_yaml.exists():
        raise UsageError(
            f"{folder.path} already holds a run. Finish it with `dosefront resume {folder.path}`, "
            "or choose another folder with --run-id or --out."
        )
    folder.create()
    dump_resolved(experiment, folder.experiment_yaml)
    return _run(experiment, folder, address=address, console=console)


def resume_sweep(folder: RunFolder, *, address: str, console: Console) -> SweepResult:
    """Run what is missing of a run; what its ledger holds as finished is not run again."""
    if not folder.experiment_yaml.exists():
        raise UsageError(
            f"{folder.path} holds no run: it has no {folder.experiment_yaml.name}. "
            "Give the folder that `dosefront sweep` named."
        )
    folder.create()
    experiment = load_experiment(folder.experiment_yaml)
    return _run(experiment, folder, address=address, console=console)


def _run(
    experiment: ExperimentSpec, folder: RunFolder, *, address: str, console: Console
) -> SweepResult:
    tracker = tracker_for(experiment.tracking, folder, folder.path.name)
    try:
        books = Books(folder, experiment, tracker)
        missing, trials = books.missing(), len(experiment.trials())
        if len(missing) < trials:
            console.print(f"{trials - len(missing)} of {trials} trials had finished already.")
        if missing:
            _train(missing, books, address=address, console=console)
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


def _train(trials: Sequence[TrialSpec], books: Books, *, address: str, console: Console) -> None:
    """Run trials and write down how each ends."""
    total = len(books.experiment.trials())
    view = progress_view(
        console, objectives=books.objectives, trials=total, ended=total - len(trials)
    )
    driver = _Driver(books, trials, view)
    try:
        _tune(trials, driver, books=books, address=address)
    finally:
        view.close()
        driver.raise_fault()
    driver.check()


class _Driver(tune.Callback):  # type: ignore[misc]  # Ray carries no types
    """Receives what the trials report; runs in the driver's process."""

    def __init__(self, books: Books, trials: Sequence[TrialSpec], view: ProgressView) -> None:
        self._books = books
        self._specs = {trial.trial_id: trial for trial in trials}
        self._view = view
        self._open = set(self._specs)
        self._fault: DosefrontError | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune stores its callbacks, and this one is of use to its own process only."""
        return {}

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Show progress, or write down how the trial ended."""
        try:
            self._receive(result)
        except DosefrontError as fault:
            self._fault = fault  # Tune would wrap it beyond recognition
            raise

    def _receive(self, result: dict[str, Any]) -> None:
        spec = self._specs[result["trial"]]
        if not result["done"]:
            progress = TrialProgress(
                result["steps"], result["seconds"], tuple(result["return_vector"])
            )
            self._view.running(spec, progress)
            self._books.tracker.trial_progress(spec, _numbers(spec, result))
            return
        if result.get("error"):
            record = self._books.failed(
                spec,
                result["error"],
                steps=result["steps"],
                seconds=result["wall_seconds"],
                batch=result.get("batch"),
            )
        else:
            record = self._books.finished(spec, result)
        self._open.discard(spec.trial_id)
        self._view.ended(record)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """The trial's process died."""
        spec = TrialSpec.from_mapping(trial.config["trial"])
        if spec.trial_id not in self._open:
            return  # it had handed over its results before
        error = trial.get_pickled_error() or "its process died"
        record = self._books.failed(spec, str(error), steps=0, seconds=0.0)
        self._open.discard(spec.trial_id)
        self._view.ended(record)

    def raise_fault(self) -> None:
        """Raise what stopped the books, such as a full disk."""
        if self._fault is not None:
            raise self._fault

    def check(self) -> None:
        """Raise when trials are missing: the sweep was stopped."""
        if self._open:
            path = self._books.folder.path
            raise SweepInterrupted(
                f"stopped with {len(self._open)} trials missing; what had finished is kept. "
                f"Go on with `dosefront resume {path}`."
            )


def _numbers(spec: TrialSpec, result: dict[str, Any]) -> dict[str, float]:
    returns = zip(spec.objectives, result["return_vector"], strict=True)
    return {
        "steps": float(result["steps"]),
        "seconds": float(result["seconds"]),
        "return/scalar": float(result["scalar_return"]),
        **{f"return/{name}": float(value) for name, value in returns},
    }


def _tune(trials: Sequence[TrialSpec], driver: _Driver, *, books: Books, address: str) -> None:
    """Run the trials; Tune's own files are scratch, for the ledger is the truth."""
    scratch = books.folder.path / ".tune"
    resources = books.experiment.resources
    starts = _starts(trials)
    with ThreadPoolExecutor(1) as aside:
        comparators = aside.submit(books.write_comparators)  # Ray takes as long to start
        with _ray(address):
            comparators.result()  # compiled the simulator; workers load it from the cache
            tuner = tune.Tuner(
                tune.with_resources(
                    tune.with_parameters(TrialTrainable, starts=starts),
                    lambda config: _resources(config, cpus=resources.cpus_per_trial),
                ),
                param_space={"trial": tune.grid_search([trial.to_mapping() for trial in trials])},
                tune_config=tune.TuneConfig(
                    max_concurrent_trials=resources.max_concurrent,
                    reuse_actors=True,
                    trial_name_creator=lambda trial: trial.trial_id,
                    trial_dirname_creator=lambda trial: trial.trial_id,
                ),
                run_config=tune.RunConfig(
                    name="tune",
                    storage_path=str(scratch.resolve()),
                    callbacks=[driver],
                    checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                    verbose=0,
                ),
            )
            tuner.fit()
    shutil.rmtree(scratch, ignore_errors=True)


def _starts(trials: Sequence[TrialSpec]) -> dict[str, NetworkPolicy]:
    """The policies that trials begin from, by their path."""
    starts = {}
    for path in {trial.settings["start"] for trial in trials if trial.settings.get("start")}:
        try:
            starts[path] = read_policy(Path(path))
        except CheckpointError as error:
            raise UsageError(
                f"trials are to start from the policy at {path}, but: "
                f"{str(error.__cause__ or error).rstrip('.')}. Give the path of a trial's "
                "policy.npz."
            ) from error
    return starts


def _resources(config: dict[str, Any], *, cpus: int) -> tune.PlacementGroupFactory:
    """What a trial takes: its own processors, and one for each process that samples for it."""
    runners = config["trial"]["settings"].get("runners", 0)
    return tune.PlacementGroupFactory([{"CPU": cpus}] + [{"CPU": 1}] * runners)


def _check_answers(address: str) -> None:
    """Raise OSError where nobody listens; Ray itself would go on asking for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        socket.create_connection((host, int(port)), timeout=10).close()


@contextmanager
def _ray(address: str) -> Iterator[None]:
    """A connection to Ray; one that we start leaves nothing behind.

    "local" is said outright, since a bare `ray.init()` silently joins any cluster on this host.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address != "local":
        try:
            _check_answers(address)
            ray.init(address=address, **quiet)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no Ray cluster answers at {address}: {error}. Start one with `ray start --head`, "
                "or use --address local."
            ) from error
        try:
            yield
        finally:
            ray.shutdown()
        return
    session = tempfile.mkdtemp(prefix="df")
    try:
        ray.init(
            address="local",
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            _temp_dir=session,
            **quiet,
        )
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(session, ignore_errors=True)
