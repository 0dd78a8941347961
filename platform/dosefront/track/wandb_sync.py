"""Uploading the offline W&B runs of a sweep, wherever its folder lies now."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dosefront.errors import TrackerError, UsageError
from dosefront.records import RunFolder
from dosefront.track.wandb_files import relocated
from dosefront.track.wandb_session import account, wandb_environment

SYNCED: Final = ".wandb.synced"
"""Ends the name of the mark that W&B leaves beside a file that it has uploaded."""


@dataclass(frozen=True)
class Synced:
    """What a sync did."""

    uploaded: tuple[str, ...]
    """Ids of the W&B runs that it uploaded."""
    before: tuple[str, ...]
    """Ids of those that were uploaded before."""


def sync_run(run_folder: RunFolder) -> Synced:
    """Upload every offline W&B run of a sweep that is not uploaded yet.

    Raises:
        UsageError: the run has no W&B files.
        StorageError: an artifact's bytes are missing.
        TrackerError: there is no account, or W&B cannot be reached or does not take all of it.
    """
    files = _offline_files(run_folder)
    if not files:
        raise UsageError(
            f"{run_folder.wandb} holds no offline W&B runs. Sweeps write them where they have no "
            "W&B account, unless tracking.wandb.mode is off or online."
        )
    waiting = [file for file in files if not _mark(file).exists()]
    before = tuple(file.stem for file in files if file not in waiting)
    if not waiting:
        return Synced((), before)
    with account():
        pass
    with tempfile.TemporaryDirectory() as place:
        copies = [_copy(file, Path(place), run_folder) for file in waiting]
        _upload(copies, run_folder)
        for file, copy in zip(waiting, copies, strict=True):
            if _mark(copy).exists():
                shutil.copyfile(_mark(copy), _mark(file))
    left = [file.stem for file in waiting if not _mark(file).exists()]
    if left:
        raise TrackerError(
            f"W&B has not taken {len(left)} of {len(waiting)} runs, {left[0]} first. What it said "
            f"stands above; `dosefront sync {run_folder.path}` goes on with them."
        )
    return Synced(tuple(file.stem for file in waiting), before)


def unsynced(run_folder: RunFolder) -> tuple[str, ...]:
    """Ids of the offline W&B runs that are not uploaded yet."""
    files = _offline_files(run_folder)
    return tuple(file.stem for file in files if not _mark(file).exists())


def _offline_files(run_folder: RunFolder) -> list[Path]:
    """The files to upload; of a sweep that lost its server, also those begun online."""
    files = sorted(run_folder.wandb.glob("offline-run-*/*.wandb"))
    if any(file.stem.endswith("-offline") for file in files):
        files += sorted(run_folder.wandb.glob("run-*/*.wandb"))
    return files


def _copy(file: Path, place: Path, run_folder: RunFolder) -> Path:
    """A copy of a run that finds its artifacts where they are now; media stay where they are."""
    folder = place / file.parent.name
    folder.mkdir()
    copy = folder / file.name
    copy.write_bytes(relocated(file.read_bytes(), run_folder.wandb.resolve() / "data"))
    (folder / "files").symlink_to(file.parent.resolve() / "files")
    return copy


def _upload(files: list[Path], run_folder: RunFolder) -> None:
    command = [sys.executable, "-m", "wandb", "sync", "--yes", "--include-online"]
    if entity := os.environ.get("WANDB_ENTITY"):
        command += ["--entity", entity]  # `wandb sync` itself does not look at the variable
    variables = {**os.environ, **wandb_environment(run_folder)}
    for name in ("WANDB_MODE", "WANDB_SILENT"):
        variables.pop(name, None)
    # W&B tells its progress on stderr; stdout is this command's data.
    subprocess.run(
        [*command, *(str(file.parent) for file in files)],
        env=variables,
        stdout=sys.stderr.fileno(),
        check=False,
    )


def _mark(file: Path) -> Path:
    return file.with_suffix(SYNCED)
