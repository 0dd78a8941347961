"""Offline W&B runs that moved to another folder or machine: their files are found again.

A `.wandb` file is a log in the format of LevelDB's, of Protocol Buffers messages. An artifact's
record names where its bytes lie by an absolute path, that of the machine that wrote it.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from dosefront.errors import StorageError

try:
    from wandb.proto.wandb_internal_pb2 import Record
except ImportError:
    Record = None

PREAMBLE: Final = 7
"""Bytes before the first record: `:W&B`, a magic number and a version."""
BLOCK: Final = 32 * 1024
HEAD: Final = struct.Struct("<IHB")
"""Of a piece of a record: checksum, length, and which piece it is."""
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def relocated(content: bytes, data_folder: Path) -> bytes:
    """The `.wandb` file with the bytes of its artifacts in this data folder.

    Args:
        content: of the file.
        data_folder: what `WANDB_DATA_DIR` named when the file was written, where it is now.

    Raises:
        StorageError: an artifact's bytes are not there.
    """
    return content[:PREAMBLE] + _log(_relocated(record, data_folder) for record in records(content))


def records(content: bytes) -> Iterator[bytes]:
    """Each message of a `.wandb` file; one whose writing was interrupted ends the file."""
    place, pieces = PREAMBLE, b""
    while place + HEAD.size <= len(content):
        room = BLOCK - place % BLOCK
        if room < HEAD.size:  # the rest of a block that holds no head is empty
            place += room
            continue
        checksum, length, kind = HEAD.unpack_from(content, place)
        piece = content[place + HEAD.size : place + HEAD.size + length]
        if len(piece) < length or checksum != _checksum(kind, piece):
            return
        pieces = piece if kind in (WHOLE, FIRST) else pieces + piece
        if kind in (WHOLE, LAST):
            yield pieces
        place += HEAD.size + length


def _log(messages: Iterable[bytes]) -> bytes:
    """The messages as the log's blocks, after the preamble."""
    out = bytearray()
    for message in messages:
        rest, is_first = message, True
        while True:
            room = BLOCK - (PREAMBLE + len(out)) % BLOCK
            if room < HEAD.size:
                out += bytes(room)
                room = BLOCK
            piece, rest = rest[: room - HEAD.size], rest[room - HEAD.size :]
            kind = (WHOLE if is_first else LAST) if not rest else FIRST if is_first else MIDDLE
            out += HEAD.pack(_checksum(kind, piece), len(piece), kind) + piece
            is_first = False
            if not rest:
                break
    return bytes(out)


def _checksum(kind: int, piece: bytes) -> int:
    return zlib.crc32(piece, zlib.crc32(bytes([kind])))


def _relocated(message: bytes, data_folder: Path) -> bytes:
    record: Any = Record.FromString(message)
    if record.WhichOneof("record_type") != "artifact":
        return message
    for each in record.artifact.manifest.contents:
        if each.local_path:
            each.local_path = str(_found(each.local_path, data_folder))
    return bytes(record.SerializeToString())


def _found(written: str, data_folder: Path) -> Path:
    """Where the bytes lie that lay at this path below the data folder of another place."""
    _, found, below = written.replace("\\", "/").rpartition("/artifacts/staging/")
    path = data_folder / "artifacts" / "staging" / below
    if not found or not path.exists():
        raise StorageError(
            f"the bytes of a W&B artifact must lie at {path}, and are not there (they were written "
            f"to {written}). Copy the whole run folder, wandb/data included, and sync again."
        )
    return path
