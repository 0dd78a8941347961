"""What people see while a sweep runs."""

import io
import math

import pytest
from rich.console import Console

from dosefront.front import Objective
from dosefront.records import TrialRecord
from dosefront.sweep.progress import LiveView, PlainView, TrialProgress, progress_view


def plain() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=120), text


def test_time_left_follows_the_pace_so_far() -> None:
    progress = TrialProgress(steps=250, seconds=10.0, return_vector=(0.1, -2.0))
    assert progress.seconds_left(1000) == pytest.approx(30.0)
    assert TrialProgress(0, 1.0, ()).seconds_left(1000) == math.inf


def test_without_a_terminal_lines_are_plain_and_rare(
    objectives: tuple[Objective, ...], trial_records: tuple[TrialRecord, ...]
) -> None:
    console, text = plain()
    view = progress_view(console, objectives=objectives, trials=10, ended=0)
    assert isinstance(view, PlainView)
    spec = trial_records[0].spec
    for steps in (1000, 2000, 3000):
        view.running(spec, TrialProgress(steps, 1.0, (12.5, -2.5)))
    lines = text.getvalue().splitlines()
    assert len(lines) == 1
    assert spec.label in lines[0]
    assert "1,000 of 60,000 steps" in lines[0]
    assert "efficacy 12.5  toxicity 2.5" in lines[0]
    assert "59 s left" in lines[0]


def test_every_trial_that_ends_gets_a_line(
    objectives: tuple[Objective, ...],
    trial_records: tuple[TrialRecord, ...],
    failed_record: TrialRecord,
) -> None:
    console, text = plain()
    view = progress_view(console, objectives=objectives, trials=11, ended=3)
    view.ended(trial_records[0])
    view.ended(failed_record)
    view.close()
    first, second = text.getvalue().splitlines()
    assert first.startswith("[ 4/11]")
    assert "held-out efficacy -8.1  toxicity 0.35" in first
    assert second.startswith("[ 5/11]")
    assert second.endswith("failed: weights are not finite")


def test_a_terminal_gets_a_live_table(
    objectives: tuple[Objective, ...], trial_records: tuple[TrialRecord, ...]
) -> None:
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=True)
    view = progress_view(console, objectives=objectives, trials=10, ended=0)
    assert isinstance(view, LiveView)
    view.running(trial_records[0].spec, TrialProgress(1000, 1.0, (math.nan, math.nan)))
    view._live.refresh()
    view.ended(trial_records[0])
    view.close()
    assert "first course under way" in text.getvalue()
    assert "held-out efficacy" in text.getvalue()
