"""The ledger of a run: an append-only file of JSON lines, the one truth about what has ended."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dosefront.errors import FrontError, LedgerError
from dosefront.records.record import BegunRecord, ComparatorRecord, TrialRecord
from dosefront.records.storage import parse_json, storage_error, sync_folder, write_atomically
from dosefront.records.trial import TrialSpec

LedgerRecord = TrialRecord | ComparatorRecord | BegunRecord

KINDS: Final[dict[str, type[LedgerRecord]]] = {
    "trial": TrialRecord,
    "comparator": ComparatorRecord,
    "begun": BegunRecord,
}


@dataclass(frozen=True)
class DamagedLine:
    """A line of the ledger that holds no record."""

    line: int
    """Counted from 1."""
    text: str
    reason: str
    recoverable: bool
    """True for an unfinished last line: its append never returned, so its trial runs again."""


@dataclass(frozen=True)
class LedgerContents:
    """The newest record of each trial and comparator, in the order they first ended."""

    trials: tuple[TrialRecord, ...]
    comparators: tuple[ComparatorRecord, ...]
    damaged: tuple[DamagedLine, ...]
    begun: tuple[TrialSpec, ...] = ()
    """Trials that were asked for, in that order, whether they ended or not."""


@dataclass(frozen=True)
class Ledger:
    """The ledger at a path; the file need not exist yet."""

    path: Path

    def append(self, record: LedgerRecord) -> None:
        """Add a record; it is on disk when this returns."""
        kind = next(name for name, cls in KINDS.items() if isinstance(record, cls))
        entry = {"kind": kind, **record.to_mapping()}
        try:
            _append_line(self.path, json.dumps(entry, allow_nan=False).encode())
        except OSError as error:
            raise storage_error(self.path, error) from error

    def read(self) -> LedgerContents:
        """Every record that can be read, and every line that cannot."""
        trials: dict[str, TrialRecord] = {}
        comparators: dict[str, ComparatorRecord] = {}
        begun: dict[str, TrialSpec] = {}
        damaged = []
        for _, entry in _scan(self.path):
            match entry:
                case TrialRecord():
                    trials[entry.spec.trial_id] = entry
                case ComparatorRecord():
                    comparators[entry.name] = entry
                case BegunRecord():
                    begun.setdefault(entry.spec.trial_id, entry.spec)
                case DamagedLine():
                    damaged.append(entry)
        return LedgerContents(
            trials=tuple(trials.values()),
            comparators=tuple(comparators.values()),
            damaged=tuple(damaged),
            begun=tuple(begun.values()),
        )

    def set_aside_damaged(self) -> int:
        """Move damaged lines to `<name>.damaged.jsonl`, and return how many there were."""
        entries = _scan(self.path)
        good = [line for line, entry in entries if not isinstance(entry, DamagedLine)]
        damaged = [line for line, entry in entries if isinstance(entry, DamagedLine)]
        if damaged:
            aside = self.path.with_suffix(f".damaged{self.path.suffix}")
            # The copy comes first: a crash in between leaves a line twice, never nowhere.
            write_atomically(aside, _joined([*_lines(aside), *damaged]))
            write_atomically(self.path, _joined(good))
        return len(damaged)


def _append_line(path: Path, line: bytes) -> None:
    """Write the line as a whole and wait for the disk; on failure leave the file as it was."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        size = os.fstat(handle).st_size
        is_unfinished = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        pending = (b"\n" if is_unfinished else b"") + line + b"\n"
        try:
            while pending:
                pending = pending[os.write(handle, pending) :]
            os.fsync(handle)
            if size == 0:
                sync_folder(path.parent)
        except OSError:
            with suppress(OSError):  # the first error is the one to report
                os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _scan(path: Path) -> list[tuple[bytes, LedgerRecord | DamagedLine]]:
    """Each line that is not blank, with what it holds."""
    lines = _lines(path)
    entries = []
    for number, line in enumerate(lines, start=1):
        is_unfinished = number == len(lines)  # what follows the last newline
        if line:
            entries.append((line, _entry(line, number=number, is_unfinished=is_unfinished)))
    return entries


def _entry(line: bytes, *, number: int, is_unfinished: bool) -> LedgerRecord | DamagedLine:
    try:
        fields = parse_json(line)
        return KINDS[fields.pop("kind")].from_mapping(fields)
    except (ValueError, TypeError, LookupError, AttributeError, FrontError) as error:
        reason = f"{type(error).__name__}: {error}"
        return DamagedLine(number, line.decode(errors="replace"), reason, is_unfinished)


def _lines(path: Path) -> list[bytes]:
    """The lines without their ends; the last is empty where the file ends with a newline."""
    try:
        return path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LedgerError(
            f"cannot read {path}: {error.strerror}. Check its permissions and name."
        ) from error


def _joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines if line)
