"""A tracker on its own thread delays nothing, keeps the order and may break."""

import logging
import threading
import time
from collections.abc import Sequence

import pytest

from dosefront.records import FrontSummary, TrialRecord
from dosefront.track import BackgroundTracker, RecordingTracker, Tracker


class BreakingTracker(RecordingTracker):
    """Fails when a trial ends."""

    def trial_ended(self, record: TrialRecord) -> None:
        raise ConnectionError("the server is gone")


def test_every_call_arrives_in_order(
    trial_records: Sequence[TrialRecord], front_summary: FrontSummary
) -> None:
    window = RecordingTracker()
    tracker = BackgroundTracker(lambda: window)
    for steps in range(100):
        tracker.trial_progress(trial_records[0].spec, {"steps": steps})
    tracker.trial_ended(trial_records[0])
    tracker.front_changed(front_summary, None)
    tracker.close()
    assert [progress["steps"] for _, progress in window.progress] == list(range(100))
    assert window.records == [trial_records[0]]
    assert window.fronts == [(front_summary, None)]
    assert window.is_closed


def test_a_tracker_that_waits_delays_nobody(trial_records: Sequence[TrialRecord]) -> None:
    answer = threading.Event()

    def open_slowly() -> Tracker:
        answer.wait()
        return window

    window = RecordingTracker()
    start = time.perf_counter()
    tracker = BackgroundTracker(open_slowly)
    for _ in range(1000):
        tracker.trial_progress(trial_records[0].spec, {"steps": 1})
    assert time.perf_counter() - start < 1.0
    answer.set()
    tracker.close()
    assert len(window.progress) == 1000


def test_what_the_caller_changes_afterwards_does_not_show(
    trial_records: Sequence[TrialRecord],
) -> None:
    window = RecordingTracker()
    tracker = BackgroundTracker(lambda: window)
    progress: dict[str, float] = {"steps": 1}
    tracker.trial_progress(trial_records[0].spec, progress)
    progress["steps"] = 2
    tracker.close()
    assert window.progress == [(trial_records[0].spec, {"steps": 1})]


def test_the_first_failure_ends_the_tracking_with_one_warning(
    trial_records: Sequence[TrialRecord], caplog: pytest.LogCaptureFixture
) -> None:
    window = BreakingTracker()
    tracker = BackgroundTracker(lambda: window)
    tracker.trial_ended(trial_records[0])
    tracker.trial_ended(trial_records[1])
    tracker.trial_progress(trial_records[2].spec, {"steps": 1})
    tracker.close()
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "the server is gone" in warnings[0].getMessage()
    assert window.progress == []
    assert window.is_closed


def test_a_tracker_that_cannot_be_opened_leaves_the_sweep_alone(
    trial_records: Sequence[TrialRecord], caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> Tracker:
        raise ImportError("wandb is not installed")

    tracker = BackgroundTracker(refuse)
    tracker.trial_ended(trial_records[0])
    tracker.close()
    assert [record.getMessage().count("wandb is not installed") for record in caplog.records] == [1]


def test_closing_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    never = threading.Event()

    class HangingTracker(RecordingTracker):
        def close(self) -> None:
            never.wait()

    tracker = BackgroundTracker(HangingTracker, patience_seconds=0.05)
    tracker.close()
    never.set()
    assert "did not finish within 0.05 s" in caplog.text
