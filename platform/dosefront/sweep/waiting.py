"""A sweep without machines: it waits, says so, and gives up when it is told to."""

import time
from typing import Any

from ray import tune
from rich.console import Console

from dosefront.errors import ClusterError
from dosefront.sweep.cluster import Places
from dosefront.sweep.stopping import Stopping

REMINDER_SECONDS = 60.0
"""Between two notes that no machine can take a trial."""


class WaitForMachines(tune.Callback):  # type: ignore[misc]  # Ray carries no types
    """Watches whether any machine can take a trial.

    Args:
        places: for trials on the cluster.
        stopping: asked when the wait has been too long.
        console: where it is said.
        max_wait: seconds; None waits for as long as it takes.
    """

    def __init__(
        self, places: Places, *, stopping: Stopping, console: Console, max_wait: float | None
    ) -> None:
        self._places, self._stopping, self._console = places, stopping, console
        self._max_wait = max_wait
        self._since: float | None = None
        self._told = 0.0

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune stores its callbacks, and this one is of use to its own process only."""
        return {}

    @property
    def note(self) -> str:
        """What the sweep waits for; empty while there is a place."""
        if self._since is None:
            return ""
        waited = time.monotonic() - self._since
        return f"no machine can take a trial ({self._places.need}) since {waited:.0f} s"

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Look, tell once a minute, and ask to stop when the wait has been too long."""
        now = time.monotonic()
        if self._places.count() > 0:
            if self._since is not None:
                self._console.print("A machine is there: going on.", highlight=False)
            self._since = None
            return
        if self._since is None:
            self._since = self._told = now
            self._console.print(f"Waiting: {self.note}.", highlight=False)
        if now - self._told >= REMINDER_SECONDS:
            self._told = now
            self._console.print(f"Waiting: {self.note}.", highlight=False)
        if self._max_wait is not None and now - self._since >= self._max_wait:
            self._stopping.ask(self.note, error=ClusterError, grace=0.0)
