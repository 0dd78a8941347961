"""A driver that is killed, interrupted, or finds its disk full: what had finished is kept."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from walks import LONGEST, Walks, assert_equal_outcomes, steps_repeated, wait_for

from dosefront.records import Ledger
from dosefront.sweep.stopping import GRACE_SECONDS

pytestmark = pytest.mark.integration

SLOW = 0.002
"""Seconds that a step takes where there is to be time for a fault."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Walks]:
    """A sweep of so many steps a trial that nothing happens to."""

    @cache
    def swept(steps: int) -> Walks:
        sweep = Walks(tmp_path_factory.mktemp("undisturbed"), steps=steps)
        assert sweep.finish() == 0, sweep.told
        return sweep

    return swept


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a full disk needs a mount, which is not permitted: {mounted.stderr}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_fails_the_trial_that_finds_no_room_and_no_other(
    tmp_path: Path, disk: Path, undisturbed: Callable[[int], Walks]
) -> None:
    sweep = Walks(tmp_path, steps=3_000, slow=SLOW, out=disk)
    driver = sweep.start()
    wait_for(lambda: list(sweep.run.checkpoints.glob("session-*/*/checkpoint_*")))
    filler = disk / "filler"
    room = (
        shutil.disk_usage(disk).free - 40_000
    )  # a checkpoint takes more, a line of the ledger less
    filler.write_bytes(bytes(room))
    wait_for(lambda: sweep.records)
    filler.unlink()
    assert driver.wait(timeout=LONGEST) == 3, sweep.told
    assert "No space left on device" in sweep.by_status["failed"].error
    assert [record.status for record in sweep.records] == ["failed", "finished", "finished"]
    assert Ledger(sweep.run.ledger).read().damaged == ()
    assert sweep.finish() == 0, sweep.told
    assert_equal_outcomes(sweep, undisturbed(3_000))


@pytest.mark.parametrize(
    ("kills", "steps"), [(3, 3_000), pytest.param(10, 12_000, marks=pytest.mark.cluster)]
)
def test_a_driver_that_is_killed_again_and_again_changes_nothing(
    tmp_path: Path, undisturbed: Callable[[int], Walks], kills: int, steps: int
) -> None:
    """Each trial ends once, and with every bit as if nothing had happened."""
    sweep = Walks(tmp_path, steps=steps, slow=SLOW)
    rng = np.random.default_rng(kills)
    drivers = landed = 0
    while landed < kills:
        drivers += 1
        assert not sweep.is_complete, f"complete after {landed} kills"
        is_early = rng.random() < 0.25
        landed += kill(sweep, after=rng.uniform(0.0, 6.0 if is_early else 3.0), is_early=is_early)
    assert sweep.finish() == 0, sweep.told
    repeated = steps_repeated(sweep, undisturbed(steps))
    print(
        f"{landed} kills while a trial ran and {drivers - landed} at other times: {repeated} of "
        f"{3 * steps} steps were taken twice, {repeated * SLOW / landed:.1f} s a kill"
    )
    assert repeated <= drivers * sweep.steps_at_risk
    assert_equal_outcomes(sweep, undisturbed(steps))
    lines = [json.loads(line) for line in sweep.run.ledger.read_text().splitlines()]
    ended = [line["trial_id"] for line in lines if line["kind"] == "trial"]
    assert len(ended) == len(set(ended)) == 3
    assert sweep.points == 3
    assert sweep.status.state == "complete"
    assert not sweep.run.checkpoints.exists()
    assert not (sweep.run.path / ".ray").exists()


def kill(sweep: Walks, *, after: float, is_early: bool) -> bool:
    """Kill a new driver so many seconds after its start, or after a trial reports; did one run?"""
    driver = sweep.start()
    if not is_early:
        wait_for(lambda: sweep.has_begun(driver) or driver.poll() is not None)
    time.sleep(after)
    is_running = driver.poll() is None and sweep.has_begun(driver)
    driver.send_signal(signal.SIGKILL)
    driver.wait(timeout=60)
    return is_running


def test_ctrl_c_once_saves_what_runs_and_loses_no_step(
    tmp_path: Path, undisturbed: Callable[[int], Walks]
) -> None:
    """As a terminal does it: every process that the driver started hears it too."""
    sweep = Walks(tmp_path, steps=3_000, slow=SLOW)
    driver = sweep.start()
    wait_for(lambda: sweep.has_begun(driver))
    os.killpg(driver.pid, signal.SIGINT)
    assert driver.wait(timeout=LONGEST) == 130, sweep.told
    assert f"Go on with `dosefront resume {sweep.run.path}`" in sweep.told
    assert sweep.status.state == "stopped"
    assert sweep.finish() == 0, sweep.told
    assert_equal_outcomes(sweep, undisturbed(3_000))
    assert steps_repeated(sweep, undisturbed(3_000)) <= sweep.steps_to_build


def test_ctrl_c_twice_stops_at_once_and_nobody_else_may_run_the_folder_before(
    tmp_path: Path,
) -> None:
    sweep = Walks(tmp_path, "hang", times=1, trials=2, slow=SLOW)
    driver = sweep.start()
    wait_for(lambda: (tmp_path / "mishap-0").exists())
    assert sweep.has_begun(driver)  # one that has not reported has nothing to save
    assert sweep.finish() == 2
    assert f"is being run by another driver: process {driver.pid} on" in sweep.told
    os.killpg(driver.pid, signal.SIGINT)
    wait_for(lambda: sweep.status.state == "stopping")
    assert driver.poll() is None  # the trial that hangs has its grace
    start = time.monotonic()
    os.killpg(driver.pid, signal.SIGINT)
    assert driver.wait(timeout=LONGEST) == 130
    assert time.monotonic() - start < GRACE_SECONDS
    assert sweep.finish() == 0, sweep.told
    assert sweep.points == 2
