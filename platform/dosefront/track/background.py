"""A tracker on a thread of its own: whatever it waits for or breaks on, training goes on."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from dosefront.records import FrontSummary, TrialRecord, TrialSpec
from dosefront.track.tracker import NoTracker, Tracker

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 120.0
"""How long `close` waits for what is still to be shown."""


class BackgroundTracker:
    """Passes every call on, in order, and returns at once; the first failure ends the tracking."""

    def __init__(
        self, open_tracker: Callable[[], Tracker], *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._open_tracker = open_tracker
        self._patience_seconds = patience_seconds
        self._calls: SimpleQueue[Callable[[Tracker], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._track, name="tracker", daemon=True)
        self._thread.start()

    def trial_progress(self, spec: TrialSpec, progress: Mapping[str, float]) -> None:
        """Pass it on."""
        numbers = dict(progress)
        self._calls.put(lambda tracker: tracker.trial_progress(spec, numbers))

    def trial_ended(self, record: TrialRecord) -> None:
        """Pass it on."""
        self._calls.put(lambda tracker: tracker.trial_ended(record))

    def front_changed(self, summary: FrontSummary, figure: Path | None) -> None:
        """Pass it on."""
        self._calls.put(lambda tracker: tracker.front_changed(summary, figure))

    def close(self) -> None:
        """Wait, with patience but not for ever, until everything is shown."""
        self._calls.put(lambda tracker: tracker.close())
        self._calls.put(None)
        self._thread.join(self._patience_seconds)
        if self._thread.is_alive():
            logger.warning(
                "tracking did not finish within %g s and is left behind. "
                "The run folder holds everything.",
                self._patience_seconds,
            )

    def _track(self) -> None:
        tracker: Tracker = NoTracker()
        try:
            tracker = self._open_tracker()
        except Exception as error:
            _warn(error)
        while (call := self._calls.get()) is not None:
            try:
                call(tracker)
            except Exception as error:
                _warn(error)
                with suppress(Exception):
                    tracker.close()
                tracker = NoTracker()


def _warn(error: Exception) -> None:
    logger.warning(
        "tracking is off from here on: %s: %s. The sweep goes on; the run folder holds everything.",
        type(error).__name__,
        error,
    )
