"""What goes wrong in a sweep: it is tried again, told, and costs nothing that had finished."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ray._private.utils import get_system_memory, get_used_memory

from dosefront.errors import UsageError
from dosefront.records import Ledger, RunFolder, TrialRecord, read_front, read_status

pytestmark = pytest.mark.integration

EXPERIMENT = """\
name: mishaps
environment:
  id: mishaps:Walk
  options: {mishap: MISHAP, times: TIMES, marks: MARKS, slow: SLOW}
  time_limit: 10
  rewards:
    - {name: gain, reference: 0, ideal: 10}
    - {name: ease, reference: -10, ideal: 0}
objectives: [gain, ease]
cohorts: {train: 100, select: 1, held_out: 3}
weights: {lattice: 3}
algorithms: [{name: PPO, steps: STEPS, twins: 1, environments: 8, fragment: 10, minibatch: 40}]
resources: {max_concurrent: 1, max_failures: 1, checkpoint_every: 1, hang_after: 8}
tracking: {wandb: {mode: "off"}}
"""


def experiment(
    folder: Path,
    mishap: str = "none",
    *,
    times: int = 0,
    steps: int = 8_000,
    slow: float = 0.0,
) -> Path:
    path = folder / "mishaps.yaml"
    text = EXPERIMENT.replace("MISHAP", mishap).replace("TIMES", str(times))
    text = text.replace("MARKS", str(folder)).replace("SLOW", str(slow))
    path.write_text(text.replace("STEPS", str(steps)))
    return path


def environment(**more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{Path(__file__).parent}:{os.getenv('PYTHONPATH', '')}",
    } | more


def dosefront(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dosefront.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=400,
        env=environment(**variables),
    )


def records(run: Path) -> tuple[TrialRecord, ...]:
    return Ledger(RunFolder(run).ledger).read().trials


def test_a_trial_that_raises_once_is_tried_again(tmp_path: Path) -> None:
    yaml = experiment(tmp_path, "raise", times=1)
    done = dosefront("sweep", yaml, "--out", tmp_path, "--run-id", "a")
    assert done.returncode == 0, done.stderr
    assert "goes on from its last checkpoint after: RuntimeError: the pump ran dry" in done.stderr
    assert [record.status for record in records(tmp_path / "a")] == ["finished"] * 3


def test_a_trial_that_always_raises_has_failed_with_its_traceback(tmp_path: Path) -> None:
    yaml = experiment(tmp_path, "raise", times=2)
    done = dosefront("sweep", yaml, "--out", tmp_path, "--run-id", "a")
    assert done.returncode == 3, done.stderr
    by_status = {record.status: record for record in records(tmp_path / "a")}
    assert "mishaps.py" in by_status["failed"].error
    assert "RuntimeError: the pump ran dry" in by_status["failed"].error
    assert len(read_front(tmp_path / "a" / "front.json").points) == 2
    again = dosefront("resume", tmp_path / "a")
    assert again.returncode == 0, again.stderr
    assert len(read_front(tmp_path / "a" / "front.json").points) == 3


def test_a_trial_that_hangs_is_ended_and_its_record_says_where_it_stood(tmp_path: Path) -> None:
    yaml = experiment(tmp_path, "hang", times=2)
    done = dosefront("sweep", yaml, "--out", tmp_path, "--run-id", "a")
    assert done.returncode == 3, done.stderr
    by_status = {record.status: record for record in records(tmp_path / "a")}
    assert "no sign of life" in by_status["failed"].error
    assert "in _suffer" in by_status["failed"].error
    assert len(read_front(tmp_path / "a" / "front.json").points) == 2


def test_a_trial_whose_process_dies_is_tried_again(tmp_path: Path) -> None:
    yaml = experiment(tmp_path, "die", times=1)
    done = dosefront("sweep", yaml, "--out", tmp_path, "--run-id", "a")
    assert done.returncode == 0, done.stderr
    assert "goes on from its last checkpoint" in done.stderr


def test_a_trial_that_eats_memory_is_ended_by_ray_and_told(tmp_path: Path) -> None:
    yaml = experiment(tmp_path, "eat", times=2)
    done = dosefront(
        *("sweep", yaml, "--out", tmp_path, "--run-id", "a"),
        RAY_memory_usage_threshold=f"{share_of_memory(more_gb=3.0):.3f}",
        RAY_memory_monitor_refresh_ms="100",
    )
    assert done.returncode == 3, done.stderr
    by_status = {record.status: record for record in records(tmp_path / "a")}
    assert "memory" in by_status["failed"].error.lower()
    assert len(read_front(tmp_path / "a" / "front.json").points) == 2


def share_of_memory(*, more_gb: float) -> float:
    """What share of this machine's memory is in use when so much more is."""
    return (get_used_memory() + more_gb * 2**30) / get_system_memory()


def test_a_driver_killed_ten_times_costs_nothing_that_had_finished(tmp_path: Path) -> None:
    """Every trial has one record in the end, of all its steps, and the front lacks no point."""
    yaml = experiment(tmp_path, steps=6_000, slow=0.002)
    run = tmp_path / "a"
    arguments: tuple[object, ...] = ("sweep", yaml, "--out", tmp_path, "--run-id", "a")
    moments = np.random.default_rng(1).uniform(1.0, 5.0, size=10)
    killed = 0
    for moment in moments:
        driver = subprocess.Popen(
            [sys.executable, "-m", "dosefront.cli", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        arguments = ("resume", run)
        until = time.monotonic() + 100
        while time.monotonic() < until and driver.poll() is None and not has_begun(run, driver.pid):
            time.sleep(0.1)
        time.sleep(moment)
        killed += driver.poll() is None
        driver.send_signal(signal.SIGKILL)
        driver.wait(timeout=60)
        if len(records(run)) == 3:
            break
    assert killed >= 1
    done = dosefront("resume", run)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]
    ended = [line["trial_id"] for line in lines if line["kind"] == "trial"]
    assert len(ended) == len(set(ended)) == 3
    assert all(record.steps >= 6_000 for record in records(run))
    assert len(read_front(run / "front.json").points) == 3
    assert read_status(RunFolder(run)).state == "complete"
    assert not (run / ".tune").exists()
    assert not (run / ".ray").exists()


def has_begun(run: Path, driver: int) -> bool:
    """Whether a trial reports to that driver."""
    try:
        owner = json.loads((run / "driver.lock").read_text())
        status = read_status(RunFolder(run))
    except (OSError, ValueError, UsageError):
        return False
    return bool(owner["process"] == driver and status.running)
