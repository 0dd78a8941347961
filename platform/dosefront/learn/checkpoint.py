"""The file of a training that is not finished. It is a pickle: reading one runs what it holds.

A sweep reads what it wrote itself and nothing else. What is handed on is a policy, which is arrays
and JSON, see `dosefront.evaluate.checkpoint`.
"""

import hashlib
import json
import pickle
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dosefront.errors import CheckpointError
from dosefront.records import TrialSpec, storage_error, write_atomically

FILE = "training.checkpoint"
PACKAGES = ("dosefront", "gymnasium", "numpy", "ray", "torch")
"""Whose objects are pickled."""
REMEDY = "Delete it, and train the trial from its beginning."


def write_checkpoint(folder: Path, state: Any, *, trial: TrialSpec) -> None:
    """Put the state into a folder; until it is there as a whole, what was there before stays.

    The file's first line says as JSON whose state it is; the pickle follows.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error
    content = pickle.dumps(state, pickle.HIGHEST_PROTOCOL)
    note = {**_owner(trial), "sha256": hashlib.sha256(content).hexdigest()}
    write_atomically(folder / FILE, json.dumps(note).encode() + b"\n" + content)


def read_checkpoint(folder: Path, *, trial: TrialSpec) -> Any:
    """The state that was written for this trial. It is unpickled: read only what you wrote.

    Raises:
        CheckpointError: there is none, it is damaged, or of another trial or other versions.
    """
    path = folder / FILE
    try:
        first, _, content = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise CheckpointError(
            f"a training that goes on needs {path}; {error.strerror or error}. "
            "Copy it back, or train the trial from its beginning."
        ) from error
    try:
        note = json.loads(first)
        found, digest = {name: note[name] for name in _owner(trial)}, note["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is no checkpoint of a training. {REMEDY}") from error
    for name, asked in _owner(trial).items():
        if found[name] != asked:
            raise CheckpointError(
                f"{path} must hold a training with {name} {asked}; found {found[name]}. {REMEDY}"
            )
    if hashlib.sha256(content).hexdigest() != digest:
        raise CheckpointError(
            f"{path} is damaged: its {len(content)} bytes are not those that were written. {REMEDY}"
        )
    return pickle.loads(content)


def _owner(trial: TrialSpec) -> dict[str, Any]:
    return {
        "trial": trial.trial_id,
        "versions": {package: version(package) for package in PACKAGES},
    }
