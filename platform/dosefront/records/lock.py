"""One driver for each run folder: a lock that its owner's death releases."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dosefront.errors import UsageError
from dosefront.records.folder import RunFolder
from dosefront.records.storage import storage_error


@contextmanager
def locked(folder: RunFolder) -> Iterator[None]:
    """Hold the run folder's lock.

    The kernel holds the lock, so it ends with the process, even with one that is killed; the file
    only says who the owner is.

    Raises:
        UsageError: another driver holds it.
        StorageError: the file cannot be written.
    """
    try:
        handle = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise storage_error(folder.lock, error) from error
    try:
        if not _taken(handle, folder.lock):
            raise UsageError(
                f"{folder.path} is being run by another driver: {_owner(handle)}. Wait for it, or "
                "end that process: the lock ends with it. `dosefront status "
                f"{folder.path}` shows how far it is."
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_myself()).encode(), 0)
        yield
    finally:
        os.close(handle)


def is_locked(folder: RunFolder) -> bool:
    """Whether a driver runs the folder now."""
    try:
        handle = os.open(folder.lock, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _taken(handle, folder.lock)
    finally:
        os.close(handle)


def _taken(handle: int, path: Path) -> bool:
    """Take the lock unless another process has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a file system without locks
        raise storage_error(path, error) from error
    return True


def _myself() -> dict[str, object]:
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return {"host": socket.gethostname(), "process": os.getpid(), "since": now}


def _owner(handle: int) -> str:
    try:
        owner = json.loads(os.pread(handle, 1000, 0))
        return f"process {owner['process']} on {owner['host']} since {owner['since']}"
    except (ValueError, KeyError, TypeError):
        return "one that has just begun"
