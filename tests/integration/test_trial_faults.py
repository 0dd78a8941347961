"""A trial that raises, hangs, dies or eats memory: it is tried again, told, and costs no other."""

from pathlib import Path

import pytest
from ray._private.utils import get_system_memory, get_used_memory
from walks import Walks

pytestmark = pytest.mark.integration


def test_a_trial_that_raises_once_is_tried_again(tmp_path: Path) -> None:
    sweep = Walks(tmp_path, "raise", times=1)
    assert sweep.finish() == 0, sweep.told
    assert "goes on from its last checkpoint after: RuntimeError: the pump ran dry" in sweep.told
    assert [record.status for record in sweep.records] == ["finished"] * 3


def test_a_trial_that_always_raises_has_failed_with_its_traceback(tmp_path: Path) -> None:
    sweep = Walks(tmp_path, "raise", times=2)
    assert sweep.finish() == 3, sweep.told
    error = sweep.by_status["failed"].error
    assert "mishaps.py" in error
    assert "RuntimeError: the pump ran dry" in error
    assert sweep.points == 2
    assert sweep.finish() == 0, sweep.told
    assert sweep.points == 3


def test_a_trial_that_hangs_is_ended_and_its_record_says_where_it_stood(tmp_path: Path) -> None:
    """On a machine that is busy enough, building another trial takes as long; that fails too."""
    resources = "max_concurrent: 1, hang_after: 30"
    sweep = Walks(tmp_path, "hang", times=1, max_failures=0, resources=resources)
    assert sweep.finish() == 3, sweep.told
    assert "failed: no sign of life" in sweep.told
    (error,) = [each.error for each in sweep.records if "in _suffer" in (each.error or "")]
    assert error.splitlines()[-1].startswith("no sign of life")
    assert "finished" in sweep.by_status


def test_a_trial_whose_process_dies_is_tried_again(tmp_path: Path) -> None:
    sweep = Walks(tmp_path, "die", times=1)
    assert sweep.finish() == 0, sweep.told
    assert "goes on from its last checkpoint" in sweep.told


def test_a_trial_that_eats_memory_is_ended_by_ray_and_told(tmp_path: Path) -> None:
    sweep = Walks(tmp_path, "eat", times=2)
    code = sweep.finish(
        RAY_memory_usage_threshold=f"{share_of_memory(more_gb=3.0):.3f}",
        RAY_memory_monitor_refresh_ms="100",
    )
    assert code == 3, sweep.told
    assert "memory" in sweep.by_status["failed"].error.lower()
    assert sweep.points == 2


def share_of_memory(*, more_gb: float) -> float:
    """What share of this machine's memory is in use when so much more is."""
    return (get_used_memory() + more_gb * 2**30) / get_system_memory()
