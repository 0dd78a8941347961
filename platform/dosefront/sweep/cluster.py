"""The Ray that a sweep runs on: joined or started, and how many trials it can hold."""

import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ray

# isort: split
import psutil  # type: ignore[import-untyped]  # Ray brings it, and finds it once imported

from dosefront.errors import ClusterError, UsageError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "1000000",
}
"""Environment of Ray and Tune: we show progress, keep results and count machines ourselves."""
OBJECT_STORE_BYTES = 200 * 2**20
"""Of a Ray that we start: nothing large goes through it."""

LOOK_SECONDS = 2.0
"""Between looks at which machines there are."""


def check_address(address: str) -> None:
    """Refuse Ray's client, under which Tune would carry a copy of our books into the cluster.

    Raises:
        UsageError: the address is of Ray's client.
    """
    if address.startswith("ray://"):
        raise UsageError(
            "a sweep's driver keeps the run's folder and runs inside its cluster; got the address "
            f"of a client outside, {address}. Send the sweep there with `dosefront submit FILE "
            "--address http://HOST:8265`, or run it on the cluster's head with --address auto."
        )


@contextmanager
def ray_at(address: str, *, note: Path) -> Iterator[None]:
    """A connection to Ray; one that we start leaves nothing behind.

    "local" is said outright, since a bare `ray.init()` silently joins any cluster on this host.

    Args:
        address: of the cluster; "local" starts one here.
        note: a file that names the folder of a Ray we started, so that the next driver clears
            away what one that was killed has left.

    Raises:
        ClusterError: no cluster answers there, or Ray does not start here.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # faults of trials are told by us
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
    if note.exists():
        _clear_away(note.read_text())
    session = tempfile.mkdtemp(prefix="df")  # short: Ray's sockets live below it
    note.write_text(session)
    try:
        _start(session, **quiet)
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(session, ignore_errors=True)
        note.unlink(missing_ok=True)


def _start(session: str, **quiet: Any) -> None:
    """Start Ray on this machine, its files in the folder ``session``."""
    try:
        ray.init(
            address="local",
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            _temp_dir=session,
            **quiet,
        )
    except Exception as error:  # Ray raises nothing narrower where its processes are slow to start
        raise ClusterError(
            f"Ray did not start on this machine: {str(error).rstrip('.')}. A machine that is busy "
            "with other work takes too long: try again when it is less so, or name a cluster with "
            "--address."
        ) from error


class Places:
    """How many trials the cluster's machines can hold, looked up now and then."""

    def __init__(self, bundle: dict[str, float]) -> None:
        self._bundle = bundle
        self._looked = -LOOK_SECONDS
        self._count = 0

    @property
    def need(self) -> str:
        """What one trial takes, for people."""
        return ", ".join(f"{need:g} {name}" for name, need in self._bundle.items())

    def count(self) -> int:
        """Trials of the smallest kind that could run at once, others' work aside."""
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            alive = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            self._count = sum(self._held_by(resources) for resources in alive)
        return self._count

    def _held_by(self, resources: dict[str, float]) -> int:
        return int(min(resources.get(name, 0.0) // need for name, need in self._bundle.items()))


def _clear_away(session: str) -> None:
    """End the Ray that a killed driver of this run left here, and delete its folder.

    Its processes are those that were given the folder's name, which is no other's.
    """
    for process in psutil.process_iter(["cmdline"]):
        if any(session in argument for argument in process.info["cmdline"] or ()):
            with suppress(psutil.Error):
                process.kill()
    shutil.rmtree(session, ignore_errors=True)


def _check_answers(address: str) -> None:
    """Raise OSError where nobody listens; Ray itself would go on asking for minutes."""
    host, _, port = address.rpartition(":")
    if host:
        socket.create_connection((host, int(port)), timeout=10).close()
