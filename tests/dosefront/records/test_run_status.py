"""How far a sweep is, read back."""

from pathlib import Path

import pytest

from dosefront.errors import UsageError
from dosefront.records import (
    RunFolder,
    RunningTrial,
    RunStatus,
    locked,
    read_status,
    write_status,
)

STATUS = RunStatus(
    run="a",
    state="running",
    finished=3,
    failed=1,
    running=(RunningTrial("0123456789", "PPO w=(1, 0) s1", 500, 1000, 2.5, retries=1),),
    waiting=5,
    hypervolume=0.5,
    seconds=10.0,
    seconds_left=20.0,
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "a")
    made.create()
    return made


def test_a_status_is_read_as_it_was_written_while_its_driver_lives(folder: RunFolder) -> None:
    write_status(folder, STATUS)
    with locked(folder):
        assert read_locked_by_another(folder) == STATUS


def read_locked_by_another(folder: RunFolder) -> RunStatus:
    """A lock is of an open file: opening it once more is like another process."""
    return read_status(folder)


def test_without_its_driver_a_run_has_stopped_and_nothing_runs(folder: RunFolder) -> None:
    write_status(folder, STATUS)
    found = read_status(folder)
    assert (found.state, found.running, found.seconds_left) == ("stopped", (), None)
    assert (found.finished, found.failed) == (3, 1)


def test_a_folder_without_a_run_is_told(folder: RunFolder) -> None:
    with pytest.raises(UsageError, match="Give the folder that `dosefront sweep` named"):
        read_status(folder)


def test_a_damaged_status_is_told_and_how_to_have_it_written_anew(folder: RunFolder) -> None:
    folder.status_json.write_text('{"run": ')
    with pytest.raises(UsageError, match="dosefront resume"):
        read_status(folder)
