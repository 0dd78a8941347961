"""Submission: what would be sent to a cluster, decided and checked before any cluster is asked."""

import os
import re
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from dosefront.errors import UsageError
from dosefront.experiment import load_experiment
from dosefront.jobs.cargo import EXPERIMENT_FILE, stage
from dosefront.jobs.requirements import pins

DEFAULT_OUT = "~/dosefront-runs"

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_ENDINGS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS")
_PASSWORD_IN_URL = re.compile(r"://[^/\s@]*:[^/\s@]*@")


@dataclass(frozen=True)
class Submission:
    """What would be sent. Its `repr` and `description` show the names of variables only."""

    experiment: Path  # the YAML on this machine
    run_id: str  # names the run's folder below `out`
    out: str  # folder of runs on the cluster: absolute, or in the home folder ("~/...")
    entrypoint: str  # the shell command that the cluster runs
    environment: Mapping[str, str] = field(repr=False)  # set in the driver and in every worker
    install: bool  # whether the cluster installs the requirements for the job

    def description(self) -> dict[str, object]:
        """The submission as plain data for `--dry-run`."""
        with tempfile.TemporaryDirectory(prefix="dosefront-") as folder:
            cargo = stage(Path(folder), self.experiment)
            wheel = {
                "name": cargo.wheel.name,
                "sha256": cargo.wheel_digest,
                "bytes": cargo.wheel.stat().st_size,
            }
        return {
            "experiment": str(self.experiment),
            "run_id": self.run_id,
            "out": self.out,
            "entrypoint": self.entrypoint,
            "environment": sorted(self.environment),
            "wheel": wheel,
            "requirements": [str(pin) for pin in pins()],
            "install": self.install,
        }


def prepare(
    experiment: Path,
    *,
    run_id: str | None = None,
    out: str = DEFAULT_OUT,
    environment: Mapping[str, str] = MappingProxyType({}),
    install: bool = False,
) -> Submission:
    """Checks the experiment and everything else that can be wrong on this side.

    `out` must be read by every machine of the cluster alike; the default suits a cluster of one.

    `environment` is stored by the cluster in plain text and given to anyone who may ask it about
    its jobs. Variables that look like secrets are therefore refused, without an override: set
    them where the cluster's machines start (a Kubernetes secret, the shell of `ray start`), and
    the job finds them there. Without a key W&B writes offline and `wandb sync` sends it later.

    `install` has the cluster's machines install, at the versions of this machine, what dosefront
    requires and they lack.
    """
    load_experiment(experiment)
    run_id = run_id or f"{experiment.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    if not _RUN_ID.fullmatch(run_id):
        raise UsageError(
            "a run id names a folder and a job: letters, digits, '.', '_' and '-', at most 100, "
            f"beginning with a letter or a digit; got {run_id!r}. Choose another with --run-id."
        )
    _check_out(out)
    _check_environment(environment)
    entrypoint = _entrypoint(run_id, out)
    return Submission(experiment, run_id, out, entrypoint, dict(environment), install)


def _entrypoint(run_id: str, out: str) -> str:
    # A quoted "~" would not be expanded by the cluster's shell.
    folder = f"~/{shlex.quote(out[2:])}" if out.startswith("~/") else shlex.quote(out)
    return (
        f"python -m dosefront.cli sweep {EXPERIMENT_FILE} --address auto "
        f"--out {folder} --run-id {shlex.quote(run_id)}"
    )


def _check_out(out: str) -> None:
    if not out.startswith(("/", "~/")):
        raise UsageError(
            f"the run is kept in a folder of the cluster, absolute or in its home; got {out!r}, "
            "which the cluster would remove with the job. Give --out /shared/runs or ~/runs."
        )


def _check_environment(environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if not _VARIABLE.fullmatch(name):
            raise UsageError(
                f"an environment variable has a name like WANDB_MODE; got {name!r}. "
                "Give --env NAME or --env NAME=value."
            )
        if _is_secret(name, value):
            raise UsageError(
                f"{name} looks like a secret, and the cluster shows a job's variables in plain "
                "text to whoever may ask it about jobs. Set it where the cluster's machines "
                "start (a Kubernetes secret, the shell of `ray start`) instead of --env."
            )


def _is_secret(name: str, value: str) -> bool:
    """By its name, by a password in it, or because a variable of this shell so named holds it."""
    if name.upper().endswith(_SECRET_ENDINGS) or _PASSWORD_IN_URL.search(value):
        return True
    held = {each for other, each in os.environ.items() if other.upper().endswith(_SECRET_ENDINGS)}
    return value != "" and value in held
