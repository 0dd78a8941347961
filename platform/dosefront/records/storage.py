"""Reading JSON strictly, and writing files so that a crash leaves the old content or the new."""

import errno
import io
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from dosefront.errors import StorageError

ADVICE = {
    errno.ENOSPC: "Free disk space, then resume the run.",
    errno.EDQUOT: "Free space within your quota, then resume the run.",
    errno.EACCES: "Make the folder writable, or choose another folder with --out.",
    errno.EPERM: "Make the folder writable, or choose another folder with --out.",
    errno.EROFS: "Choose another folder with --out.",
    errno.ENOTDIR: "A part of the path is a file: choose another folder with --out.",
    errno.EEXIST: "A file has the folder's name: choose another folder with --out.",
}


def storage_error(path: Path, error: OSError) -> StorageError:
    """The error that says which file could not be written, why, and what to do."""
    advice = ADVICE.get(error.errno or 0, "Check the path and the disk, then resume the run.")
    return StorageError(f"cannot write {path}: {error.strerror or error}. {advice}")


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file's content as a whole, on disk before this returns."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise storage_error(path, error) from error


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk; a file's own sync does not see to its name."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system whose folders cannot be synced
            raise
    finally:
        os.close(handle)


def npz_bytes(arrays: Mapping[str, Any], *, compressed: bool = True) -> bytes:
    """Arrays of any shapes by name, as a `.npz` file that is read without unpickling."""
    buffer, save = io.BytesIO(), np.savez_compressed if compressed else np.savez
    save(buffer, **arrays)
    return buffer.getvalue()


def parse_json(content: bytes) -> Any:
    """The JSON value; NaN and infinities, which JSON does not have, are a ValueError."""
    return json.loads(content.decode(), parse_constant=_refuse_constant)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
