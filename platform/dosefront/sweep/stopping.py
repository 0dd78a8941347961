"""A sweep that is asked to stop: what runs saves itself first, within a grace."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from dosefront.errors import DosefrontError, SweepInterrupted

GRACE_SECONDS = 60.0
"""For the checkpoints of a sweep that is asked to stop."""


class Stopping:
    """Whether, why and by when a sweep stops."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._by = float("inf")
        self.reason: str | None = None
        """Why nothing is to begin any more; None while the sweep goes on."""
        self.error: type[DosefrontError] | None = None
        """What the sweep ends with; None where it has done all that it was to do."""

    def ask(
        self, reason: str, *, error: type[DosefrontError] | None, grace: float = GRACE_SECONDS
    ) -> None:
        """Begin nothing more; what runs may save itself for ``grace`` seconds."""
        if self.reason is None:
            self.reason, self.error = reason, error
            self._by = time.monotonic() + grace
            self._console.print(f"Stopping: {reason}.", highlight=False)

    @property
    def is_overdue(self) -> bool:
        """Whether the grace has passed."""
        return time.monotonic() >= self._by

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Ctrl-C or SIGTERM once: save and stop; a second time: at once."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only a main thread hears signals
            return
        before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

        def hear(number: int, frame: Any) -> None:
            for each in before:
                signal.signal(each, signal.default_int_handler)
            self.ask(
                "trials under way save themselves first; once more stops at once",
                error=SweepInterrupted,
            )

        for each in before:
            signal.signal(each, hear)
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
