"""What travels with a job: our wheel, the pinned requirements and the experiment's YAML."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from dosefront.jobs.requirements import pins
from dosefront.jobs.wheel import write_wheel

EXPERIMENT_FILE = "experiment.yaml"
REQUIREMENTS_FILE = "requirements.txt"


@dataclass(frozen=True)
class Cargo:
    """Files staged for upload."""

    working_folder: Path  # holds the experiment and the requirements, and nothing else
    wheel: Path  # becomes importable on every machine of the cluster

    @property
    def wheel_digest(self) -> str:
        """SHA-256 of the wheel, in hexadecimal digits."""
        return hashlib.sha256(self.wheel.read_bytes()).hexdigest()


def stage(folder: Path, experiment: Path) -> Cargo:
    """Writes what travels into `folder` and says where it lies.

    The working folder becomes the job's current directory. It holds no Python, because a file
    there called like a module of the standard library would take that module's place.
    """
    working_folder = folder / "work"
    working_folder.mkdir()
    shutil.copyfile(experiment, working_folder / EXPERIMENT_FILE)
    lines = [f"{pin}\n" for pin in pins()]
    (working_folder / REQUIREMENTS_FILE).write_text("".join(lines), encoding="utf-8")
    return Cargo(working_folder, write_wheel(folder))
