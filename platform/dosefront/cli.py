"""The command line. stdout carries data, stderr carries what people read meanwhile."""

import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dosefront.errors import DosefrontError, SweepIncomplete, UsageError
from dosefront.records import FrontSummary, RunFolder, read_front, read_status
from dosefront.records.storage import storage_error

# Ray, torch, wandb, matplotlib and the simulator take seconds to import: the commands that need
# them import their rooms themselves, and this file is the only one that does so.
if TYPE_CHECKING:
    from dosefront.experiment import ExperimentSpec
    from dosefront.sweep import SweepResult
    from posology.library import TrialArm
    from posology.validation import ArmResult, AuditReport, Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Map the trade-off between efficacy and toxicity of cancer drug combinations by "
    "multi-objective reinforcement learning. In silico, for research use only.",
)
cluster = typer.Typer(no_args_is_help=True, help="Write what a Ray cluster is started with.")
app.add_typer(cluster, name="cluster")
narration = Console(stderr=True, soft_wrap=True)
data = Console(soft_wrap=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Experiment, a YAML file.")]
Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a run, such as runs/quickstart.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a value, e.g. seeds=[1,2,3]."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RayAddress = Annotated[
    str,
    typer.Option(
        help="Ray to use: local starts one here, auto joins the one around us, "
        "ray://HOST:10001 another."
    ),
]
MaxWait = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="Stop when no machine could take a trial for so long; wait for ever if left out.",
    ),
]
Dashboard = Annotated[
    str, typer.Option("--address", metavar="URL", help="The cluster, e.g. http://HOST:8265.")
]
Job = Annotated[str, typer.Argument(metavar="JOB", help="Job that `dosefront submit` named.")]


@app.command()
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


@app.command()
def resume(
    run: Run, address: RayAddress = "local", max_wait: MaxWait = None, as_json: AsJson = False
) -> None:
    """Finish an interrupted run; what has finished is not run again."""
    with _signals():
        from dosefront.sweep import resume_sweep

        result = resume_sweep(RunFolder(run), address=address, max_wait=max_wait, console=narration)
    _conclude(result, as_json=as_json)


@app.command()
def front(run: Run, as_json: AsJson = False) -> None:
    """Show the front of a run, with conventional care on the same patients."""
    folder = RunFolder(run)
    summary = read_front(folder.front_json)
    if as_json:
        print(folder.front_json.read_text(encoding="utf-8"), end="")
        return
    _print_front(summary, folder)


@app.command()
def export(
    run: Run,
    point: Annotated[
        str,
        typer.Option(
            metavar="ID", help="The point, as `dosefront front` shows it; its start if that is one."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder to write; RUN/policies/ID if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the policy of a point as a folder that posology and torch run without dosefront.

    It holds safetensors, JSON and a README; nothing in it is executed when it is read.
    """
    from dosefront.export import export_point

    name, folder = export_point(RunFolder(run), point, out.expanduser() if out else None)
    if as_json:
        files = sorted(file.name for file in folder.iterdir())
        print(json.dumps({"point": name, "folder": str(folder), "files": files}))
        return
    data.print(str(folder), highlight=False)
    narration.print(
        f"The policy of {name}. {folder / 'README.md'} shows how to run it.", highlight=False
    )


@app.command()
def validate(file: File, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check an experiment; all its faults are shown in one pass."""
    from dosefront.experiment import load_experiment

    experiment = load_experiment(file, tuple(overrides or ()))
    if as_json:
        _print_plan(experiment, as_json=True)
        return
    data.print(f"{file}: {len(experiment.trials())} trials, no faults", highlight=False)
    narration.print(f"Next: dosefront sweep {file}", highlight=False)


@app.command()
def envs(
    environment: Annotated[
        str | None, typer.Argument(metavar="[ENV]", help="One of them, in full.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the environments: regimens by tumour, drugs, doses and objectives."""
    from dosefront.experiment import catalogue, listed, named_subject
    from dosefront.report import environment_sheet, environments_table

    if environment is not None:
        named_subject(environment)  # an unknown name is told with the nearest
        entry = listed(environment)
        print(json.dumps(entry.to_mapping(), indent=2) if as_json else environment_sheet(entry))
        return
    entries = catalogue()
    if as_json:
        print(json.dumps([entry.to_mapping() for entry in entries], indent=2))
        return
    data.print(environments_table(entries), soft_wrap=False, highlight=False)
    narration.print(
        "Each regimen has continuous doses as posology/...Continuous-v0 too. "
        "Next: dosefront envs posology/FOLFOX6-v0, for actions, objectives and reference boxes.",
        highlight=False,
    )


@app.command()
def audit(
    environment: Annotated[
        str,
        typer.Argument(metavar="ENV", help="A registered id, mo:id, module:id or module:Class."),
    ],
    episodes: Annotated[int, typer.Option(min=8, help="Episodes of each policy.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Of the first episode.")] = 0,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="Argument of its constructor."),
    ] = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Longer episodes are cut here.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Check what an environment pays for, and whether it can be repeated.

    Exits with 1 when a check fails.
    """
    from posology.validation import Settings

    settings = Settings(episodes=episodes, seed=seed, max_steps=max_steps)
    report = _audited(environment, tuple(options or ()), settings)
    if as_json:
        print(json.dumps(report.to_mapping(), indent=2))
    else:
        _print_audit(report)
    if report.fails:
        raise typer.Exit(1)


@app.command("validate-model")
def validate_model(
    arms: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            help="Arms in the columns of the library's trials.csv; the library's if left out.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="This arm; may be repeated.")
    ] = None,
    patients: Annotated[int, typer.Option(min=1, help="Virtual patients of each arm.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the patients.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder of the table and the figure.")] = Path("."),
    as_json: AsJson = False,
) -> None:
    """Emulate published trials and compare: response, progression and toxicity."""
    from dosefront.report import (
        agreement_table,
        validation_mapping,
        validation_table,
        write_validation_figure,
        write_validation_table,
    )
    from posology.validation import agreements, compare

    results, left_out = _emulated(_chosen_arms(arms, only or []), patients=patients, seed=seed)
    cells = compare(results)
    agreement = agreements(cells)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(out, error) from error
    table_csv, figure_png = out / "model-validation.csv", out / "model-validation.png"
    write_validation_table(cells, table_csv)
    write_validation_figure(cells, figure_png)
    if as_json:
        print(json.dumps(validation_mapping(cells, agreement, left_out), indent=2))
    else:
        data.print(
            f"{len(results)} arms, {patients:,} virtual patients each: simulated/published, "
            "! beyond tolerance",
            highlight=False,
        )
        data.print(validation_table(cells, width=data.width), soft_wrap=False, highlight=False)
        print()
        data.print(agreement_table(agreement), soft_wrap=False, highlight=False)
    narration.print(f"Files: {table_csv}, {figure_png}", highlight=False)


@app.command()
def submit(
    file: File,
    address: Dashboard,
    out: Annotated[
        str, typer.Option(help="Folder of runs on the cluster, read by all its machines.")
    ] = "~/dosefront-runs",
    run_id: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=VALUE]", help="Environment variable for the job; no secrets."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Print the job's log to its end.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent, and stop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send an experiment to a Ray cluster as a job."""
    from dosefront import jobs

    submission = jobs.prepare(file, run_id=run_id, out=out, environment=_variables(env or []))
    if dry_run:
        print(json.dumps(submission.description(), indent=2))
        return
    job = jobs.submit(submission, address)
    if as_json:
        print(json.dumps({"job": job.job_id, "run": job.run_id, "out": job.out}))
    else:
        data.print(job.job_id, highlight=False)
        narration.print(f"The run will be {job.out}/{job.run_id} on the cluster.", highlight=False)
    if follow:
        _follow(job.job_id, address)
        return
    narration.print(
        f"Next: dosefront logs {job.job_id} --address {address} --follow", highlight=False
    )


@app.command()
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
        _print_job(target, address, as_json=as_json)
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


@app.command()
def logs(
    job: Job,
    address: Dashboard,
    follow: Annotated[bool, typer.Option("--follow", help="Go on to the job's end.")] = False,
) -> None:
    """Print what a job on a cluster has written."""
    from dosefront import jobs

    if follow:
        _follow(job, address)
        return
    for piece in jobs.job_logs(job, address):
        print(piece, end="", flush=True)


@app.command()
def stop(job: Job, address: Dashboard) -> None:
    """Stop a job on a cluster; what its run had finished is kept."""
    from dosefront import jobs

    was_running = jobs.stop_job(job, address)
    data.print(f"{job}  {'stopping' if was_running else 'had ended already'}", highlight=False)


@cluster.command()
def render(
    kind: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="kuberay-cluster, kuberay-job, slurm, aws, gcp or on-premise.",
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Of the cluster; its secrets' names begin with it.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Machines or pods that run trials, at most.")
    ] = None,
    min_workers: Annotated[
        int | None, typer.Option(help="Of those, how many stay while no trial waits.")
    ] = None,
    cpus: Annotated[int | None, typer.Option(help="Of each worker; a trial takes one.")] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="GiB", help="Of each worker, such as 16 or 16Gi.")
    ] = None,
    gpus: Annotated[
        int | None, typer.Option(help="Of each worker; trials themselves ask for none.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="Container image, such as cluster/docker's.")
    ] = None,
    storage_class: Annotated[
        str | None, typer.Option(help="Of the volume of runs, on Kubernetes: ReadWriteMany.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="GiB", help="Of the volume of runs, on Kubernetes.")
    ] = None,
    redis: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Keeps the head's state, on Kubernetes."),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="On-premise: the head, then each worker; repeated."),
    ] = None,
    nfs: Annotated[
        str | None,
        typer.Option(metavar="SERVER:/PATH", help="Keeps the runs, outside Kubernetes."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write this file instead of stdout.")
    ] = None,
) -> None:
    """Write a manifest, script or configuration of a Ray cluster from a few values."""
    from dosefront import manifests

    given: dict[str, Any] = {
        "name": name,
        "workers": len(host) - 1 if host and workers is None else workers,
        "min_workers": min_workers,
        "cpus": cpus,
        "memory_gib": manifests.gibibytes(memory) if memory else None,
        "gpus": gpus,
        "image": image,
        "storage_class": storage_class,
        "storage_gib": manifests.gibibytes(storage) if storage else None,
        "redis": redis,
        "hosts": tuple(host) if host else None,
        "nfs": nfs,
    }
    plan = manifests.ClusterPlan(**{key: each for key, each in given.items() if each is not None})
    text = manifests.render(kind, plan)
    if out is None:
        print(text, end="")
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise storage_error(out, error) from error
    command = manifests.KINDS[kind].command.format(file=out)
    narration.print(f"Next: {command}", highlight=False)


def main() -> None:
    """Run a command; errors are told without a traceback and set the exit code."""
    try:
        app()
    except DosefrontError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted", 130)


def _fail(message: str, code: int) -> NoReturn:
    narration.print(f"[bold red]error:[/] {escape(message)}", highlight=False)
    sys.exit(code)


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM is treated as Ctrl-C."""
    import signal

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_job(job: str, address: str, *, as_json: bool) -> None:
    from dosefront import jobs

    found = jobs.job_status(job, address)
    if as_json:
        print(
            json.dumps(
                {
                    "job": found.job_id,
                    "state": found.state,
                    "message": found.message,
                    "exit_code": found.exit_code,
                    "run": found.run_id,
                    "out": found.out,
                }
            )
        )
        return
    data.print(f"{found.job_id}  {found.state}  {found.message}", highlight=False)


def _variables(given: list[str]) -> dict[str, str]:
    variables = {}
    for item in given:
        name, has_value, value = item.partition("=")
        if not has_value and name not in os.environ:
            raise UsageError(f"--env {name} names no variable of this shell. Write {name}=VALUE.")
        variables[name] = value if has_value else os.environ[name]
    return variables


def _audited(environment: str, options: tuple[str, ...], settings: "Settings") -> "AuditReport":
    """The audit, while strangers' code writes to stderr only and its warnings are kept quiet."""
    from dosefront.experiment import named_subject
    from posology.validation import audit_environment

    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        subject = named_subject(environment, options)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=narration,
            transient=True,
            disable=not narration.is_terminal,
        ) as progress:
            task = progress.add_task(environment, total=None)

            def follow(what: str, done: int, total: int) -> None:
                label = f"{escape(environment)}: {what}"
                progress.update(task, description=label, completed=done, total=total)

            try:
                return audit_environment(subject, settings, progress=follow)
            except ValueError as error:
                raise UsageError(f"{environment} cannot be audited: {error}") from error


def _print_audit(report: "AuditReport") -> None:
    from dosefront.report import findings_table, hidden_rows, sweep_table, verdict_line

    data.print(
        f"[bold]{escape(report.environment)}[/]: {report.episodes} episodes of each policy, means "
        "with 95 % intervals, ★ the best constant action",
        highlight=False,
    )
    data.print(sweep_table(report, width=data.width), soft_wrap=False, highlight=False)
    if hidden := hidden_rows(report):
        data.print(f"[dim]{hidden} more policies were played: --json[/]", highlight=False)
    print()
    data.print(findings_table(report), soft_wrap=False, highlight=False)
    print()
    data.print(escape(verdict_line(report)), highlight=False)


def _chosen_arms(file: Path | None, only: list[str]) -> "tuple[TrialArm, ...]":
    """The arms of a file, or the library's: all, or those named."""
    from posology.library import read_arms, trial_arms

    try:
        arms = trial_arms() if file is None else read_arms(file)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    ids = [arm.id for arm in arms]
    if unknown := [name for name in only if name not in ids]:
        raise UsageError(f"no arm is called {', '.join(unknown)}; there are {', '.join(ids)}.")
    return tuple(arm for arm in arms if not only or arm.id in only)


def _emulated(
    arms: "tuple[TrialArm, ...]", *, patients: int, seed: int
) -> "tuple[list[ArmResult], dict[str, str]]":
    """Every arm that can be emulated, and why the others cannot, by id."""
    from posology.validation import emulate

    results, left_out = [], {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=narration,
        transient=True,
        disable=not narration.is_terminal,
    ) as progress:
        task = progress.add_task("emulating", total=len(arms))
        for arm in arms:
            progress.update(task, description=escape(f"{arm.id} {arm.regimen}"))
            try:
                results.append(emulate(arm, patients=patients, seed=seed))
            except ValueError as error:
                left_out[arm.id] = str(error)
            progress.advance(task)
    if not results:
        raise UsageError(
            "no arm can be emulated:\n" + "\n".join(f"{k}: {v}" for k, v in left_out.items())
        )
    for name, reason in left_out.items():
        narration.print(f"[yellow]left out:[/] {escape(name)}: {escape(reason)}", highlight=False)
    return results, left_out


def _follow(job: str, address: str) -> None:
    from dosefront import jobs

    for piece in jobs.job_logs(job, address, follow=True):
        print(piece, end="", flush=True)
    found = jobs.job_status(job, address)
    if found.state != "succeeded":
        raise SweepIncomplete(f"job {job} ended as {found.state}: {found.message}")


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
    data.print(
        f"{len(trials)} trials, {plan['steps']:,} environment steps, "
        f"{plan['cpus_per_trial']} CPU each",
        highlight=False,
    )


def _announce(experiment: "ExperimentSpec", folder: RunFolder) -> None:
    trials = experiment.trials()
    narration.print(
        f"{experiment.name}: {len(trials)} trials, "
        f"{sum(trial.steps for trial in trials):,} environment steps, in {folder.path}",
        highlight=False,
    )


def _conclude(result: "SweepResult", *, as_json: bool) -> None:
    """Print the front of a sweep; some failed trials are an error of their own."""
    if as_json:
        print(result.folder.front_json.read_text(encoding="utf-8"), end="")
    else:
        _print_front(result.summary, result.folder)
    if result.failed:
        raise SweepIncomplete(
            f"{result.failed} trials failed; {result.folder.ledger} says why. "
            f"Run them again with `dosefront resume {result.folder.path}`."
        )


def _print_front(summary: FrontSummary, folder: RunFolder) -> None:
    from dosefront.report import front_plot, front_table, hypervolume_sentence

    width = data.width
    data.print(front_table(summary, width=width))
    if len(summary.objectives) == 2:
        print(front_plot(summary, width=min(width, 100)))
    beaten = [point for point in summary.points if point.dominates]
    print()
    print(hypervolume_sentence(summary))
    if summary.comparators:
        print(
            f"comparators dominated by the front (means): {summary.comparators_dominated:.0%}; "
            f"{len(beaten)} of {len(summary.points)} policies beat at least one beyond 95 %"
        )
    for failed in summary.failed_trials:
        print(f"failed: {failed.label}: {failed.error.strip().splitlines()[-1]}")
    narration.print(
        f"Files: {folder.path}: {folder.front_json.name}, {folder.table_csv.name}, "
        f"{folder.front_png.name}, {folder.ledger.name}\n"
        f"Next: dosefront front {folder.path} --json",
        highlight=False,
    )


if __name__ == "__main__":
    main()
