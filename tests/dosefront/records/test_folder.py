import errno
import os

import pytest

from dosefront.errors import StorageError
from dosefront.records import RunFolder, write_atomically


def test_a_run_folder_is_created_with_its_parents_and_twice(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "a")
    folder.create()
    folder.create()
    assert [path.name for path in folder.path.iterdir()] == ["trials"]


def test_a_path_through_a_file_is_refused_with_advice(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="choose another folder with --out"):
        RunFolder(tmp_path / "file" / "run").create()


def test_a_file_in_the_folder_s_place_is_refused_with_advice(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(StorageError, match="choose another folder with --out"):
        RunFolder(tmp_path / "run").create()


def test_a_full_disk_is_found_before_training(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="Free disk space"):
        RunFolder(tmp_path / "run").create()
    assert list((tmp_path / "run").iterdir()) == [tmp_path / "run" / "trials"]


def test_a_written_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "new").touch()
    write_atomically(tmp_path / "front.json", b"{}")
    assert (tmp_path / "front.json").stat().st_mode == (tmp_path / "new").stat().st_mode


def test_a_failed_write_leaves_the_old_content_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "front.json"
    write_atomically(path, b"old")

    def refuse(_):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="quota"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
