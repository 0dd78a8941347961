"""Every error dosefront raises on purpose, with the exit code each one gives the command line.

DosefrontError            1  anything below
├── ExperimentError       2  faults in an experiment file, all of them
├── UsageError            2  a bad argument on the command line or in a call
│   └── SettingError      2  what an environment pays, or when it ends, is missing or wrong
├── LedgerError           1  a ledger cannot be read
├── StorageError          1  the run folder cannot be written, or the disk is full
├── CheckpointError       1  a checkpoint is missing, damaged, not finite or another's
├── FrontError            1  points that cannot be compared, or no points
├── ClusterError          5  the cluster is unreachable, refuses us or runs another version
├── TrackerError          5  the tracker has no account, cannot be reached or refuses us
├── SweepIncomplete       3  some trials failed
├── InfeasibleError       4  no policy is known to keep the caps
└── SweepInterrupted    130  stopped before its end; what had finished is kept
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "CheckpointError",
    "ClusterError",
    "DosefrontError",
    "ExperimentError",
    "Fault",
    "FrontError",
    "InfeasibleError",
    "LedgerError",
    "SettingError",
    "StorageError",
    "SweepIncomplete",
    "SweepInterrupted",
    "TrackerError",
    "UsageError",
]


@dataclass(frozen=True)
class Fault:
    """One fault of an experiment file, and where it stands."""

    file: str
    """Path of the file as the user gave it, or the override's name."""
    message: str
    """What was asked, what was found, what to do."""
    line: int | None = None
    """Line, counted from 1; None where the fault is the whole file's."""
    column: int | None = None
    """Column, counted from 1."""
    source: str = ""
    """The line's text."""

    def __str__(self) -> str:
        if self.line is None or self.column is None:
            return f"{self.file}: {self.message}"
        margin = f"{self.line:>5} | "
        caret = " " * (len(margin) + self.column - 1) + "^"
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.message}\n{margin}{self.source}\n{caret}"


class DosefrontError(Exception):
    """Anything that dosefront refuses or cannot do."""

    exit_code: ClassVar[int] = 1


class ExperimentError(DosefrontError):
    """An experiment file holds faults; the message lists them all."""

    exit_code: ClassVar[int] = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(tuple(faults))
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class UsageError(DosefrontError):
    """A bad argument, on the command line or in a call."""

    exit_code: ClassVar[int] = 2


class SettingError(UsageError):
    """What is said about an environment's rewards or time limit is missing or wrong."""

    def __init__(self, faults: Mapping[tuple[str | int, ...], str]) -> None:
        super().__init__(dict(faults))
        self.faults = dict(faults)
        """By place, such as ("rewards", 1, "info"); one that ends in "[key]" is that of the key."""

    def __str__(self) -> str:
        return " ".join(self.faults.values())


class LedgerError(DosefrontError):
    """A ledger cannot be read."""


class StorageError(DosefrontError):
    """The run folder cannot be written, or the disk is full."""


class CheckpointError(DosefrontError):
    """A checkpoint is missing, damaged, another trial's, or holds weights that are not finite."""


class FrontError(DosefrontError):
    """Points that cannot be compared (other environment, other reference box), or no points."""


class ClusterError(DosefrontError):
    """The cluster is unreachable, refuses us or runs another version."""

    exit_code: ClassVar[int] = 5


class TrackerError(DosefrontError):
    """The tracker has no account here, cannot be reached or refuses us."""

    exit_code: ClassVar[int] = 5


class SweepIncomplete(DosefrontError):  # noqa: N818  "incomplete" already says what went wrong
    """The sweep ended and some of its trials failed."""

    exit_code: ClassVar[int] = 3


class InfeasibleError(DosefrontError):
    """No policy of a run is known to keep every cap."""

    exit_code: ClassVar[int] = 4


class SweepInterrupted(DosefrontError):  # noqa: N818  "interrupted" does too
    """The sweep was stopped before its end; what had finished is kept."""

    exit_code: ClassVar[int] = 130
