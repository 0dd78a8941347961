"""What the cluster has installed, compared with what a job needs, before the job is sent."""

import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version
from ray.job_submission import JobStatus, JobSubmissionClient

from dosefront.errors import ClusterError
from dosefront.jobs.requirements import Pin

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python of this machine, to the minor version."""
ANSWER_SECONDS = 120.0
"""For a head that is busy: starting Python there takes one or two seconds."""
_LOOK_SECONDS = 0.2
_MARK = "INSTALLED "

# Runs on the cluster's head as a sweep's driver would, so that it finds what a driver would find.
_QUESTION = """\
import json, shutil, sys
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print({mark!r} + json.dumps({{
    "python": "%d.%d" % sys.version_info[:2],
    "has_pip": shutil.which("pip") is not None,
    "versions": {{name: of(name) for name in {names!r}}},
}}))
"""


@dataclass(frozen=True)
class Installation:
    """What a cluster's head runs jobs with."""

    python: str  # such as "3.12"
    has_pip: bool  # the command `pip`, with which Ray unpacks a wheel
    versions: Mapping[str, str | None]  # by package; None: not installed


def installation(client: JobSubmissionClient, names: Sequence[str], *, job_id: str) -> Installation:
    """Asks the head what it has, by a job of a second or two that is forgotten afterwards.

    Raises:
        ClusterError: no answer came.
    """
    question = _QUESTION.format(mark=_MARK, names=list(names))
    client.submit_job(entrypoint=f"python -c {shlex.quote(question)}", submission_id=job_id)
    deadline = time.monotonic() + ANSWER_SECONDS
    while not (status := client.get_job_status(job_id)).is_terminal():
        if time.monotonic() > deadline:
            client.stop_job(job_id)
            raise ClusterError(
                f"asked the cluster what it has installed; found no answer in {ANSWER_SECONDS:g} s "
                f"(the job {job_id} is {status.value.lower()}). Look at the load of the head."
            )
        time.sleep(_LOOK_SECONDS)
    log = client.get_job_logs(job_id)
    answers = [line for line in log.splitlines() if line.startswith(_MARK)]
    if status != JobStatus.SUCCEEDED or not answers:
        raise ClusterError(
            f"asked the cluster what it has installed; found no `python` there that answers: "
            f"{client.get_job_info(job_id).message or log}. Start Ray in an environment that has "
            "dosefront's dependencies, activated."
        )
    client.delete_job(job_id)
    return Installation(**json.loads(answers[-1].removeprefix(_MARK)))


def check_fits(found: Installation, pins: Sequence[Pin], *, address: str, install: bool) -> None:
    """Refuse a cluster on which the job would fail, with all reasons in one pass.

    Args:
        found: what the cluster has.
        pins: what the job needs, and what is installed here.
        address: of the cluster.
        install: whether the job brings the packages itself.
    """
    faults = []
    if found.python != PYTHON:
        faults.append(f"Python {found.python} where this machine has {PYTHON}")
    if not found.has_pip:
        faults.append("no command `pip`, with which Ray unpacks what is sent")
    lacking = [] if install else [fault for pin in pins if (fault := _fault(found, pin))]
    if not faults and not lacking:
        return
    advice = ["Start the cluster with the same Python"] if faults else []
    if lacking:
        advice.append("install these in the environment that Ray runs in, or submit with --install")
    raise ClusterError(
        f"asked {address} to run dosefront as it is installed here; found "
        f"{'; '.join(faults + lacking)}. {_sentence(', and '.join(advice))}"
    )


def differences(found: Installation, pins: Sequence[Pin]) -> tuple[str, ...]:
    """Versions that work, but are not those of this machine; and extras that are missing."""
    return tuple(
        f"{pin.name} {found.versions[pin.name] or 'missing'} there, {pin.version} here"
        for pin in pins
        if (there := found.versions[pin.name]) is None or Version(there).public != pin.version
    )


def _fault(found: Installation, pin: Pin) -> str | None:
    there = found.versions[pin.name]
    if there is None:
        return f"no {pin.name}" if pin.is_needed else None
    if not pin.works.contains(there, prereleases=True):
        return f"{pin.name} {there} where dosefront needs {pin.works}"
    return None


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
