"""What watches a sweep: the protocol, the tracker that looks away, and the tests' stand-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from dosefront.records import FrontSummary, TrialRecord, TrialSpec


@runtime_checkable
class Tracker(Protocol):
    """Shows a sweep while it runs. It stores nothing that the run folder does not hold already."""

    def trial_progress(self, spec: TrialSpec, progress: Mapping[str, float]) -> None:
        """A trial has trained a little further."""

    def trial_ended(self, record: TrialRecord) -> None:
        """A trial finished or failed."""

    def front_changed(self, summary: FrontSummary, figure: Path | None) -> None:
        """The front is known anew; follows the end of each finished trial."""

    def close(self) -> None:
        """The sweep is over."""


class NoTracker:
    """Looks away."""

    def trial_progress(self, spec: TrialSpec, progress: Mapping[str, float]) -> None:
        """Nothing."""

    def trial_ended(self, record: TrialRecord) -> None:
        """Nothing."""

    def front_changed(self, summary: FrontSummary, figure: Path | None) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


@dataclass
class RecordingTracker:
    """Keeps what it is told, so that tests can ask."""

    progress: list[tuple[TrialSpec, Mapping[str, float]]] = field(default_factory=list)
    records: list[TrialRecord] = field(default_factory=list)
    fronts: list[tuple[FrontSummary, Path | None]] = field(default_factory=list)
    is_closed: bool = False

    def trial_progress(self, spec: TrialSpec, progress: Mapping[str, float]) -> None:
        """Keep the progress."""
        self.progress.append((spec, dict(progress)))

    def trial_ended(self, record: TrialRecord) -> None:
        """Keep the record."""
        self.records.append(record)

    def front_changed(self, summary: FrontSummary, figure: Path | None) -> None:
        """Keep the front."""
        self.fronts.append((summary, figure))

    def close(self) -> None:
        """Remember that the sweep is over."""
        self.is_closed = True
