"""How far a sweep is: what its driver writes down every few seconds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from dosefront.errors import UsageError
from dosefront.records.folder import RunFolder
from dosefront.records.lock import is_locked
from dosefront.records.storage import parse_json, write_atomically


@dataclass(frozen=True)
class RunningTrial:
    """A trial that has reported and not ended."""

    trial: str
    """Its id."""
    label: str
    steps: int
    """Environment steps taken."""
    of: int
    """Environment steps to take."""
    seconds: float
    """Training time so far."""
    retries: int
    """How often its process died and it went on from its checkpoint."""


@dataclass(frozen=True)
class RunStatus:
    """How far a sweep is."""

    run: str
    state: Literal["running", "stopping", "complete", "stopped"]
    """stopped: no driver runs it and trials are missing."""
    finished: int
    failed: int
    running: tuple[RunningTrial, ...]
    waiting: int
    """Trials that have not begun; of a search, those its budget still allows."""
    hypervolume: float | None
    """Of the front so far, as a share of the reference box; None before the first policy."""
    seconds: float
    """Since this driver began."""
    seconds_left: float | None
    """At the pace so far; None before there is one."""
    note: str = ""
    """What the sweep waits for, if for anything."""

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "RunStatus":
        """The status that `to_mapping` wrote."""
        running = tuple(RunningTrial(**each) for each in mapping["running"])
        return cls(**{**mapping, "running": running})


def write_status(folder: RunFolder, status: RunStatus) -> None:
    """Replace the folder's status."""
    write_atomically(folder.status_json, json.dumps(status.to_mapping(), indent=1).encode())


def read_status(folder: RunFolder) -> RunStatus:
    """The newest status; one whose driver has gone says "stopped".

    Raises:
        UsageError: the folder holds no run, or one of a version that wrote no status.
    """
    try:
        status = RunStatus.from_mapping(parse_json(folder.status_json.read_bytes()))
    except FileNotFoundError as error:
        raise UsageError(
            f"{folder.path} holds no {folder.status_json.name}: it is no run, or its driver has "
            "not begun. Give the folder that `dosefront sweep` named, or a job with --address."
        ) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{folder.status_json} cannot be read: {error}. `dosefront resume {folder.path}` "
            "writes it anew."
        ) from error
    if status.state != "complete" and not is_locked(folder):
        return replace(status, state="stopped", running=(), seconds_left=None, note="")
    return status
