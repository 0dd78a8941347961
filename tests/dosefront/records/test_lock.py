"""One driver for each run folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dosefront.errors import UsageError
from dosefront.records import RunFolder, is_locked, locked

HOLD = """
import sys, time
from pathlib import Path
from dosefront.records import RunFolder, locked
with locked(RunFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(100)
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.create()
    return made


def holder(folder: RunFolder) -> subprocess.Popen[str]:
    """Another process that has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_driver_is_refused_and_told_who_the_first_is(folder: RunFolder) -> None:
    first = holder(folder)
    try:
        with (
            pytest.raises(UsageError, match=rf"process {first.pid} on .*end that process"),
            locked(folder),
        ):
            pass
        assert is_locked(folder)
    finally:
        first.kill()
        first.communicate()


def test_a_killed_driver_leaves_no_lock(folder: RunFolder) -> None:
    first = holder(folder)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert not is_locked(folder)
    with locked(folder):
        pass


def test_a_folder_that_no_driver_has_touched_is_not_locked(folder: RunFolder) -> None:
    assert not is_locked(folder)
    with locked(folder):
        pass
    assert not is_locked(folder)
