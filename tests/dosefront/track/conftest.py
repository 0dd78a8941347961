"""A made sweep as W&B is shown it, and a machine without W&B credentials."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dosefront.records import FrontSummary, RunFolder, TrialRecord, write_front
from dosefront.track import WandbTracker

sys.path.insert(0, str(Path(__file__).parent))  # for wandb_server

from wandb_server import WandbServer, running

RUN = "quickstart-1"
KEY = "a" * 40
Watch = Callable[..., None]
Inspect = Callable[..., str]


@pytest.fixture(scope="session")
def make_run_folder(
    front_summary: FrontSummary, trial_records: Sequence[TrialRecord]
) -> Callable[[Path], RunFolder]:
    """Makes a run with its front and its policies in a folder."""

    def made(place: Path) -> RunFolder:
        folder = RunFolder(place / RUN)
        folder.create()
        write_front(folder, front_summary)
        for record in trial_records:
            folder.trial(record.spec.trial_id).mkdir()
            policy = folder.trial(record.spec.trial_id) / "policy.npz"
            policy.write_bytes(f"policy of {record.spec.trial_id}".encode())
        return folder

    return made


@pytest.fixture
def run_folder(tmp_path: Path, make_run_folder: Callable[[Path], RunFolder]) -> RunFolder:
    """A run with its front and its policies."""
    return make_run_folder(tmp_path)


@pytest.fixture
def without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, no mode, no server."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def server(without_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    """A stand-in for W&B's server, with a key for it."""
    with running() as stand_in:
        monkeypatch.setenv("WANDB_BASE_URL", stand_in.url)
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        yield stand_in


@pytest.fixture
def unreachable(without_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no server at its address."""
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", KEY)


@pytest.fixture(scope="session")
def watch_a_sweep() -> Watch:
    """Shows a tracker a sweep from its first trial to its end."""

    def watch(
        tracker: WandbTracker,
        records: Sequence[TrialRecord],
        summary: FrontSummary,
        figure: Path | None = None,
    ) -> None:
        for record in records:
            for steps in (1000, 2000):
                tracker.trial_progress(record.spec, {"steps": steps, "return/efficacy": 0.1})
            tracker.trial_ended(record)
        tracker.front_changed(summary, figure)
        tracker.close()

    return watch


@pytest.fixture(scope="session")
def inspect() -> Inspect:
    """What W&B's own reader tells of one of a sweep's runs."""

    def told(run_folder: RunFolder, suffix: str, *options: str) -> str:
        (file,) = run_folder.wandb.glob(f"*run-*/run-{RUN}-{suffix}.wandb")
        command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", *options, str(file)]
        # W&B's command leaves a log where it is called.
        called = run_folder.path
        return subprocess.run(
            command, cwd=called, capture_output=True, text=True, check=True
        ).stdout

    return told


@pytest.fixture(scope="session")
def summary_of(inspect: Inspect) -> Callable[[RunFolder, str], dict[str, Any]]:
    """The last state of one of a sweep's runs."""
    return lambda run_folder, suffix: json.loads(inspect(run_folder, suffix, "--summary"))
