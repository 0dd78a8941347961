"""Commands that check, run and follow an experiment."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live

from dosefront.cli.arguments import (
    AsJson,
    File,
    MaxWait,
    Overrides,
    RayAddress,
    Run,
    data,
    narration,
)
from dosefront.cli.fronts import print_front
from dosefront.cli.jobs import print_job
from dosefront.errors import SweepIncomplete
from dosefront.records import RunFolder, read_status

if TYPE_CHECKING:
    from dosefront.experiment import ExperimentSpec
    from dosefront.sweep import SweepResult


def validate(file: File, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check an experiment; all its faults are shown in one pass."""
    from dosefront.experiment import load_experiment

    experiment = load_experiment(file, tuple(overrides or ()))
    if as_json:
        _print_plan(experiment, as_json=True)
        return
    data.print(f"{file}: {len(experiment.trials())} trials, no faults", highlight=False)
    narration.print(f"Next: dosefront sweep {file}", highlight=False)


def sweep(
    file: File,
    out: Annotated[Path, typer.Option(help="Folder of runs.")] = Path("runs"),
    run_id: Annotated[
        str | None,
        typer.Option(help="Name of the run; the experiment's name and time if left out."),
    ] = None,
    address: RayAddress = "local",
    max_wait: MaxWait = None,
    overrides: Overrides = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would run, and stop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train every trial of an experiment and map its front."""
    from dosefront.experiment import load_experiment

    experiment = load_experiment(file, tuple(overrides or ()))
    if dry_run:
        _print_plan(experiment, as_json=as_json)
        return
    name = run_id or f"{experiment.name}-{datetime.now():%Y%m%d-%H%M%S}"
    folder = RunFolder(out.expanduser() / name)
    with _signals():
        from dosefront.sweep import start_sweep

        _announce(experiment, folder)
        result = start_sweep(
            experiment, folder, address=address, max_wait=max_wait, console=narration
        )
    _conclude(result, as_json=as_json)


def resume(
    run: Run, address: RayAddress = "local", max_wait: MaxWait = None, as_json: AsJson = False
) -> None:
    """Finish an interrupted run; what has finished is not run again."""
    with _signals():
        from dosefront.sweep import resume_sweep

        result = resume_sweep(RunFolder(run), address=address, max_wait=max_wait, console=narration)
    _conclude(result, as_json=as_json)


def status(
    target: Annotated[
        str,
        typer.Argument(metavar="RUN|JOB", help="Folder of a run; with --address, a job's id."),
    ],
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="URL", help="The job's cluster, e.g. http://HOST:8265."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Redraw every two seconds until the sweep ends.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say how far a run is, or how a job on a cluster stands."""
    if address is not None:
        print_job(target, address, as_json=as_json)
        return
    from dosefront.report import status_text

    folder = RunFolder(Path(target).expanduser())
    found = read_status(folder)
    with Live(status_text(found), console=data, transient=True) if watch else nullcontext() as live:
        while live is not None and found.state in ("running", "stopping"):
            time.sleep(2.0)
            found = read_status(folder)
            live.update(status_text(found))
    if as_json:
        print(json.dumps(found.to_mapping(), indent=2))
    else:
        data.print(status_text(found), highlight=False)
    if found.state == "stopped":
        narration.print(f"Next: dosefront resume {folder.path}", highlight=False)
    else:
        narration.print(f"Next: dosefront front {folder.path}", highlight=False)


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM is treated as Ctrl-C."""
    import signal

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_plan(experiment: "ExperimentSpec", *, as_json: bool) -> None:
    trials = experiment.trials()
    plan: dict[str, Any] = {
        "experiment": experiment.model_dump(mode="json", by_alias=True),
        "trials": [{"id": trial.trial_id, **trial.to_mapping()} for trial in trials],
        "steps": sum(trial.steps for trial in trials),
        "cpus_per_trial": experiment.resources.cpus_per_trial,
    }
    if as_json:
        print(json.dumps(plan, indent=2))
        return
    for trial in trials:
        data.print(f"{trial.trial_id}  {trial.label}  {trial.steps:,} steps", highlight=False)
    if experiment.search is None:
        extent = f"{len(trials)} trials, {plan['steps']:,} environment steps"
    else:
        extent = "A search begins with these, as far as none serves another, and goes on from there"
    data.print(f"{extent}; {plan['cpus_per_trial']} CPU each", highlight=False)


def _announce(experiment: "ExperimentSpec", folder: RunFolder) -> None:
    if experiment.search is None:
        trials = experiment.trials()
        steps = sum(trial.steps for trial in trials)
        extent = f"{len(trials)} trials, {steps:,} environment steps"
    else:
        extent = "a search"
    narration.print(f"{experiment.name}: {extent}, in {folder.path}", highlight=False)


def _conclude(result: "SweepResult", *, as_json: bool) -> None:
    """Print the front of a sweep; some failed trials are an error of their own."""
    if as_json:
        print(result.folder.front_json.read_text(encoding="utf-8"), end="")
    else:
        print_front(result.summary, result.folder)
    if result.failed:
        raise SweepIncomplete(
            f"{result.failed} trials failed; {result.folder.ledger} says why. "
            f"Run them again with `dosefront resume {result.folder.path}`."
        )
