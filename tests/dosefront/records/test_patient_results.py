"""Results of single patients and the groups they belong to, as files."""

from pathlib import Path

import numpy as np
import pytest

from dosefront.errors import UsageError
from dosefront.records import (
    PatientResults,
    RunFolder,
    read_results,
    read_subgroups,
    subgroups_bytes,
)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    endpoints = {"confirmed response": np.array([True, False]), "cycles": np.array([4.0, 6.0])}
    written = PatientResults(np.array([[0.1, -2.0], [0.3, -1.0]]), endpoints)
    path = tmp_path / "held-out.npz"
    path.write_bytes(written.to_bytes())
    read = read_results(path)
    assert (read.returns == written.returns).all()
    assert {name: each.tolist() for name, each in read.endpoints.items()} == {
        "confirmed response": [True, False],
        "cycles": [4.0, 6.0],
    }
    assert read.outcome() == written.outcome()


def test_subgroups_are_read_by_name_and_in_order(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert read_subgroups(folder) is None
    masks = {"male": np.array([True, False, True]), "ancestry:EAS": np.array([False, False, True])}
    folder.subgroups_npz.write_bytes(subgroups_bytes(masks))
    read = read_subgroups(folder)
    assert list(read) == ["male", "ancestry:EAS"]
    assert all(
        (read[name] == mask).all() and read[name].dtype == bool for name, mask in masks.items()
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "held-out.npz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="resume"):
        read_results(path)
    with pytest.raises(UsageError, match="no-such"):
        read_results(tmp_path / "no-such.npz")


def test_masks_are_not_taken_for_results(tmp_path: Path) -> None:
    path = tmp_path / "held-out.npz"
    path.write_bytes(subgroups_bytes({"male": np.array([True])}))
    with pytest.raises(UsageError, match="no array `returns`"):
        read_results(path)
