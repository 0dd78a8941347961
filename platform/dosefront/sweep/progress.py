"""What people see while a sweep runs: one live line for each running trial."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from dosefront.front import Objective
from dosefront.records import TrialRecord, TrialSpec

PLAIN_SECONDS = 10.0
"""Time between two lines of one trial where there is no terminal to redraw."""


@dataclass(frozen=True)
class TrialProgress:
    """How far a running trial is."""

    steps: int
    seconds: float
    return_vector: tuple[float, ...]
    """Recent training returns, maximised; NaN before the first course ends."""

    def seconds_left(self, steps: int) -> float:
        """Time to reach ``steps`` at the pace so far."""
        return math.inf if self.steps == 0 else self.seconds * (steps / self.steps - 1.0)


class ProgressView(Protocol):
    """Shows trials that run and trials that have ended."""

    def running(self, spec: TrialSpec, progress: TrialProgress) -> None:
        """A trial has trained a little further."""

    def ended(self, record: TrialRecord) -> None:
        """A trial finished or failed."""

    def retried(self, spec: TrialSpec, reason: str) -> None:
        """A trial's process failed, and it goes on in another."""

    def close(self) -> None:
        """The sweep is over."""


def progress_view(
    console: Console, *, objectives: Sequence[Objective], trials: int | None, ended: int
) -> ProgressView:
    """A live table on a terminal, plain lines elsewhere; trials are None where any may come."""
    view = LiveView if console.is_terminal else PlainView
    return view(console, objectives=objectives, trials=trials, ended=ended)


class PlainView:
    """A line for each trial now and then, and one when it ends."""

    def __init__(
        self, console: Console, *, objectives: Sequence[Objective], trials: int | None, ended: int
    ) -> None:
        self._console = console
        self._objectives = objectives
        self._count = _Count(trials, ended)
        self._printed: dict[str, float] = {}

    def running(self, spec: TrialSpec, progress: TrialProgress) -> None:
        """Print the trial's line when its last one is old."""
        now = time.monotonic()
        if now - self._printed.get(spec.trial_id, -math.inf) >= PLAIN_SECONDS:
            self._printed[spec.trial_id] = now
            cells = _cells(spec, progress, self._objectives)
            self._console.print(f"{self._count}  " + "  ".join(cells), highlight=False)

    def ended(self, record: TrialRecord) -> None:
        """Print how the trial ended."""
        self._count.ended += 1
        self._console.print(f"{self._count}  {_ending(record, self._objectives)}", highlight=False)

    def retried(self, spec: TrialSpec, reason: str) -> None:
        """Print why the trial's process failed."""
        self._console.print(f"{self._count}  {_retry(spec, reason)}", highlight=False)

    def close(self) -> None:
        """Nothing is held."""


class LiveView:
    """A table that is redrawn, below the lines of the trials that have ended."""

    def __init__(
        self, console: Console, *, objectives: Sequence[Objective], trials: int | None, ended: int
    ) -> None:
        self._objectives = objectives
        self._count = _Count(trials, ended)
        self._rows: dict[str, list[str]] = {}
        self._live = Live(self._table(), console=console, refresh_per_second=2, transient=True)
        self._live.start()

    def running(self, spec: TrialSpec, progress: TrialProgress) -> None:
        """Redraw the trial's line."""
        self._rows[spec.trial_id] = _cells(spec, progress, self._objectives)
        self._live.update(self._table())

    def ended(self, record: TrialRecord) -> None:
        """Move the trial's line up into the scroll-back."""
        self._count.ended += 1
        self._rows.pop(record.spec.trial_id, None)
        self._live.console.print(
            f"{self._count}  {_ending(record, self._objectives)}", highlight=False
        )
        self._live.update(self._table())

    def retried(self, spec: TrialSpec, reason: str) -> None:
        """Print why the trial's process failed, above the table."""
        self._rows.pop(spec.trial_id, None)
        self._live.console.print(f"{self._count}  {_retry(spec, reason)}", highlight=False)
        self._live.update(self._table())

    def close(self) -> None:
        """Remove the table."""
        self._live.stop()

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, show_header=False)
        for cells in self._rows.values():
            table.add_row(*cells)
        table.caption = f"{self._count} trials ended"
        table.caption_justify = "left"
        return table


@dataclass
class _Count:
    trials: int | None
    ended: int

    def __str__(self) -> str:
        if self.trials is None:
            return rf"\[{self.ended}]"
        return rf"\[{self.ended:>{len(str(self.trials))}}/{self.trials}]"


def _cells(spec: TrialSpec, progress: TrialProgress, objectives: Sequence[Objective]) -> list[str]:
    returns = [
        f"{objective.name} {objective.clinical(value):.3g}"
        for objective, value in zip(objectives, progress.return_vector, strict=True)
        if math.isfinite(value)
    ]
    left = progress.seconds_left(spec.steps)
    return [
        spec.label,
        f"{progress.steps:,} of {spec.steps:,} steps",
        "  ".join(returns) or "first course under way",
        f"{left:.0f} s left" if math.isfinite(left) else "starting",
    ]


def _retry(spec: TrialSpec, reason: str) -> str:
    return f"{spec.label} goes on from its last checkpoint after: {_last_line(reason)}"


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def _ending(record: TrialRecord, objectives: Sequence[Objective]) -> str:
    if not record.judged:
        return f"{record.spec.label} failed: {_last_line(record.error or 'no reason given')}"
    ends = (record.judged[0].held_out, record.judged[-1].held_out)
    values = []
    for number, objective in enumerate(objectives):
        found = [objective.clinical(end.value_vector[number].value) for end in ends]
        shown = " to ".join(dict.fromkeys(f"{value:.3g}" for value in found))
        values.append(f"{objective.name} {shown}")
    early = "" if record.steps >= record.spec.steps else f", stopped after {record.steps:,} steps"
    seconds = f"{record.wall_seconds:.0f} s"
    return f"{record.spec.label}  held-out {'  '.join(values)}  in {seconds}{early}"
