"""Commands that run sweeps on a cluster as jobs."""

import json
import os
from typing import Annotated

import typer

from dosefront.cli.arguments import AsJson, Dashboard, File, Job, data, narration
from dosefront.errors import SweepIncomplete, UsageError


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
    install: Annotated[
        bool,
        typer.Option("--install", help="Have the cluster install dependencies that it lacks."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent, and stop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send an experiment to a Ray cluster as a job."""
    from dosefront import jobs

    variables = _variables(env or [])
    submission = jobs.prepare(file, run_id=run_id, out=out, environment=variables, install=install)
    if dry_run:
        print(json.dumps(submission.description(), indent=2))
        return
    job = jobs.submit(submission, address)
    if job.differences:
        narration.print(f"The cluster differs: {'; '.join(job.differences)}.", highlight=False)
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


def stop(job: Job, address: Dashboard) -> None:
    """Stop a job on a cluster; what its run had finished is kept."""
    from dosefront import jobs

    was_running = jobs.stop_job(job, address)
    data.print(f"{job}  {'stopping' if was_running else 'had ended already'}", highlight=False)


def print_job(job: str, address: str, *, as_json: bool) -> None:
    """Print how a job on a cluster stands."""
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


def _follow(job: str, address: str) -> None:
    from dosefront import jobs

    for piece in jobs.job_logs(job, address, follow=True):
        print(piece, end="", flush=True)
    found = jobs.job_status(job, address)
    if found.state != "succeeded":
        raise SweepIncomplete(f"job {job} ended as {found.state}: {found.message}")
