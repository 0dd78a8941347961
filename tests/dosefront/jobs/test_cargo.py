"""What travels with a job, and what must not."""

import hashlib
from pathlib import Path

import pytest

from dosefront.jobs.cargo import Cargo, stage
from dosefront.jobs.requirements import pins


@pytest.fixture
def cargo(tmp_path: Path) -> Cargo:
    file = tmp_path / "my study.yaml"
    file.write_text("name: my study\n")
    folder = tmp_path / "staged"
    folder.mkdir()
    return stage(folder, file)


def test_the_working_folder_holds_the_experiment_and_the_requirements(cargo: Cargo) -> None:
    assert {path.name: path.read_text() for path in cargo.working_folder.iterdir()} == {
        "experiment.yaml": "name: my study\n",
        "requirements.txt": "".join(f"{pin}\n" for pin in pins()),
    }


def test_the_wheel_lies_outside_the_working_folder(cargo: Cargo) -> None:
    """Within it, it would be sent twice."""
    assert cargo.working_folder not in cargo.wheel.parents
    assert cargo.wheel_digest == hashlib.sha256(cargo.wheel.read_bytes()).hexdigest()
