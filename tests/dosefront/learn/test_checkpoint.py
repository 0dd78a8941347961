"""The file of a training that is not finished: whole, or refused before it is unpickled."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dosefront.errors import CheckpointError, StorageError
from dosefront.learn import checkpoint
from dosefront.learn.checkpoint import FILE, read_checkpoint, write_checkpoint
from dosefront.records import TrialRecord, TrialSpec

pytestmark = pytest.mark.integration


@pytest.fixture
def trial(trial_records: tuple[TrialRecord, ...]) -> TrialSpec:
    return trial_records[0].spec


class Bomb:
    """Goes off where it is unpickled."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("it was unpickled",)


def test_what_was_written_is_read_and_what_was_before_is_replaced(
    trial: TrialSpec, tmp_path: Path
) -> None:
    write_checkpoint(tmp_path / "new", {"steps": 1}, trial=trial)
    write_checkpoint(tmp_path / "new", {"steps": 2}, trial=trial)
    assert read_checkpoint(tmp_path / "new", trial=trial) == {"steps": 2}
    assert [each.name for each in (tmp_path / "new").iterdir()] == [FILE]


def test_a_state_that_cannot_be_written_leaves_the_one_before(
    trial: TrialSpec, tmp_path: Path
) -> None:
    write_checkpoint(tmp_path, {"steps": 1}, trial=trial)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        write_checkpoint(tmp_path, {"steps": lambda: 2}, trial=trial)
    (tmp_path / f".{FILE}.draft").mkdir()  # in the way of what would be written
    with pytest.raises(StorageError, match="cannot write"):
        write_checkpoint(tmp_path, {"steps": 2}, trial=trial)
    assert read_checkpoint(tmp_path, trial=trial) == {"steps": 1}


def test_a_folder_that_cannot_be_made_is_a_storage_error(trial: TrialSpec, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write"):
        write_checkpoint(tmp_path / "file" / "folder", {}, trial=trial)


def test_a_folder_without_a_checkpoint_is_refused(trial: TrialSpec, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=rf"{FILE}; No such file .* train the trial from"):
        read_checkpoint(tmp_path, trial=trial)


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"[1]\nx", b"PK\x03\x04", b"\xff\xfe\n"])
def test_what_is_no_checkpoint_is_refused(content: bytes, trial: TrialSpec, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"no checkpoint of a training. Delete it"):
        read_checkpoint(tmp_path, trial=trial)


def test_a_damaged_checkpoint_is_refused_before_it_is_unpickled(
    trial: TrialSpec, tmp_path: Path
) -> None:
    path = tmp_path / FILE
    write_checkpoint(tmp_path, [Bomb(), "a" * 50], trial=trial)
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:-30] + b"b" + whole[-29:], whole + b"."):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"is damaged: .* from its beginning"):
            read_checkpoint(tmp_path, trial=trial)


def test_another_trials_checkpoint_is_refused_before_it_is_unpickled(
    trial: TrialSpec, tmp_path: Path
) -> None:
    other = replace(trial, seed=7)
    write_checkpoint(tmp_path, Bomb(), trial=other)
    with pytest.raises(CheckpointError, match=f"trial {trial.trial_id}; found {other.trial_id}"):
        read_checkpoint(tmp_path, trial=trial)


def test_another_versions_checkpoint_is_refused_before_it_is_unpickled(
    trial: TrialSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(checkpoint, "version", lambda package: "0.0.7")
        write_checkpoint(tmp_path, Bomb(), trial=trial)
    with pytest.raises(CheckpointError, match=r"versions .*; found .*'torch': '0.0.7'"):
        read_checkpoint(tmp_path, trial=trial)
