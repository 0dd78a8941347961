"""Job: one submission on a cluster, from sending it to its end."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ray.job_submission import JobSubmissionClient

from dosefront.errors import ClusterError
from dosefront.jobs.cargo import Cargo, stage
from dosefront.jobs.cluster import cluster_at
from dosefront.jobs.compatibility import check_fits, differences, installation
from dosefront.jobs.requirements import pins
from dosefront.jobs.submission import Submission

_ENDED = {"stopped", "succeeded", "failed"}


@dataclass(frozen=True)
class SubmittedJob:
    """A job that a cluster has accepted."""

    job_id: str  # the cluster's name for it: what status, logs and stop ask for
    run_id: str
    out: str  # folder of runs on the cluster
    differences: tuple[str, ...]  # what the cluster has at another version than this machine


@dataclass(frozen=True)
class JobStatus:
    """What a cluster says of a job."""

    job_id: str
    state: str  # "pending", "running", "stopped", "succeeded" or "failed"
    message: str  # Ray's explanation; of a failed job the end of its log
    exit_code: int | None  # of the command, once it has ended
    run_id: str | None  # None for a job that dosefront did not submit
    out: str | None
    started: datetime | None
    ended: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the state can no longer change."""
        return self.state in _ENDED


def submit(submission: Submission, address: str) -> SubmittedJob:
    """Sends the wheel and the experiment to the cluster and starts the sweep there.

    A cluster that lacks what dosefront needs is refused first, and so is a run id whose job still
    runs there: two jobs would write one ledger.

    Raises:
        ClusterError: the cluster cannot be reached, refuses us, or does not fit.
    """
    needed = pins()
    job_id = f"{submission.run_id}-{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="dosefront-") as folder:
        cargo = stage(Path(folder), submission.experiment)
        with cluster_at(address) as client:
            _check_run_is_free(client, submission.run_id, address)
            names = [pin.name for pin in needed]
            found = installation(client, names, job_id=f"{job_id}-check")
            check_fits(found, needed, address=address, install=submission.install)
            client.submit_job(
                entrypoint=submission.entrypoint,
                submission_id=job_id,
                runtime_env=_runtime_environment(cargo, submission),
                metadata={"run_id": submission.run_id, "out": submission.out},
            )
    noted = () if submission.install else differences(found, needed)
    return SubmittedJob(job_id, submission.run_id, submission.out, noted)


def job_status(job_id: str, address: str) -> JobStatus:
    """The job's state now."""
    with cluster_at(address) as client:
        return _status(client.get_job_info(job_id))


def job_logs(job_id: str, address: str, *, follow: bool = False) -> Iterator[str]:
    """What the job has printed, in pieces; with `follow`, what it will print until it ends."""
    with cluster_at(address) as client:
        client.get_job_info(job_id)
        if follow:
            yield from _followed(client, job_id)
        else:
            yield client.get_job_logs(job_id)


def stop_job(job_id: str, address: str) -> bool:
    """Asks the job to end, and says whether it was still running.

    The cluster sends SIGTERM, and SIGKILL some seconds later. What the ledger holds stays.
    """
    with cluster_at(address) as client:
        return bool(client.stop_job(job_id))


def _runtime_environment(cargo: Cargo, submission: Submission) -> dict[str, object]:
    environment: dict[str, object] = {
        "working_dir": str(cargo.working_folder),
        "py_modules": [str(cargo.wheel)],
        "env_vars": dict(submission.environment),
    }
    if submission.install:  # Ray itself is the cluster's, and must stay as it is
        environment["pip"] = [str(pin) for pin in pins() if pin.name != "ray"]
    return environment


def _check_run_is_free(client: JobSubmissionClient, run_id: str, address: str) -> None:
    for job in map(_status, client.list_jobs()):
        if job.run_id == run_id and not job.is_over:
            raise ClusterError(
                f"asked {address} to run {run_id!r}; its job {job.job_id} is still {job.state} "
                f"there. Stop that job first, or choose another --run-id."
            )


def _status(details: Any) -> JobStatus:
    metadata = details.metadata or {}
    return JobStatus(
        job_id=details.submission_id or details.job_id,
        state=details.status.value.lower(),
        message=details.message or "",
        exit_code=details.driver_exit_code,
        run_id=metadata.get("run_id"),
        out=metadata.get("out"),
        started=_moment(details.start_time),
        ended=_moment(details.end_time),
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _followed(client: JobSubmissionClient, job_id: str) -> Iterator[str]:
    pieces = client.tail_job_logs(job_id)
    with asyncio.Runner() as runner:
        while (piece := runner.run(_next_piece(pieces))) is not None:
            yield piece


async def _next_piece(pieces: AsyncIterator[str]) -> str | None:
    try:
        return await anext(pieces, None)
    except Exception as fault:  # aiohttp's own errors share no ancestor with OSError
        raise ConnectionError(
            f"the log broke off ({fault}); the job goes on, ask for its log again"
        ) from fault
