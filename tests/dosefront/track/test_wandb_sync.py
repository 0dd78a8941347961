"""An offline sweep arrives at W&B wholly, from wherever its folder lies by then."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from wandb_server import WandbServer

from dosefront.errors import StorageError, TrackerError, UsageError
from dosefront.front import Estimate
from dosefront.records import FrontSummary, RunFolder, TrialRecord, write_front
from dosefront.report.figure import write_front_figure
from dosefront.track import WandbTracker
from dosefront.track.wandb_files import BLOCK, PREAMBLE, records, relocated
from dosefront.track.wandb_sync import sync_run

pytestmark = pytest.mark.integration

RUN = "quickstart-1"
Inspect = Callable[..., str]


@pytest.fixture(scope="module")
def offline_sweep(
    make_run_folder: Callable[[Path], RunFolder],
    trial_records: Sequence[TrialRecord],
    front_summary: FrontSummary,
    watch_a_sweep: Callable[..., None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A sweep of two trials, made offline and moved; nothing is left where it was.

    It has so many endpoints that W&B's records of the front are longer than a block of its log.
    """
    many = {f"endpoint {number}": Estimate(0.5, 0.4, 0.6) for number in range(60)}
    points = [dataclasses.replace(each, endpoints=many) for each in front_summary.points]
    summary = dataclasses.replace(front_summary, points=tuple(points))
    place = tmp_path_factory.mktemp("sweep")
    made = make_run_folder(place / "first-machine")
    write_front(made, summary)
    write_front_figure(summary, made.front_png)
    tracker = WandbTracker(made, RUN, project="dosefront", mode="offline")
    watch_a_sweep(tracker, trial_records[:2], summary, made.front_png)
    shutil.move(place / "first-machine", place / "moved")
    return place / "moved" / RUN


@pytest.fixture
def moved(offline_sweep: Path, without_credentials: None, tmp_path: Path) -> RunFolder:
    """A copy of the sweep on another machine."""
    shutil.copytree(offline_sweep, tmp_path / "copied", symlinks=True)
    return RunFolder(tmp_path / "copied")


def records_of(inspected: str, kind: str) -> list[dict[str, Any]]:
    found = map(json.loads, inspected.splitlines())
    return [record[kind] for record in found if record["type"] == kind]


def test_everything_of_a_moved_sweep_arrives_once(
    moved: RunFolder,
    server: WandbServer,
    trial_records: Sequence[TrialRecord],
    inspect: Inspect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WANDB_ENTITY", "oncology-team")
    trials = [record.spec.trial_id for record in trial_records[:2]]
    runs = {f"run-{RUN}-{suffix}" for suffix in ("front", *trials)}
    synced = sync_run(moved)
    assert set(synced.uploaded) == runs
    assert synced.before == ()

    opened = {each["name"]: each for each in reversed(server.asked("UpsertBucket"))}
    assert {each["groupName"] for each in opened.values()} == {RUN}
    assert {each["entity"] for each in opened.values()} == {"oncology-team"}
    assert opened[f"{RUN}-front"]["tags"] == ["dosefront", "front"]
    for trial in trials:
        assert [row["steps"] for row in server.history(f"{RUN}-{trial}")] == [1000, 2000]
        policy = server.uploads[f"policy-{trial}:1/policy.npz"]
        assert policy == f"policy of {trial}".encode()
    (row,) = server.history(f"{RUN}-front")
    assert row["trials_ended"] == 11
    table = json.loads(server.uploads[f"{RUN}-front/{row['front_table']['path']}"])
    kept = server.uploads[f"run-{RUN}-front-front_table:1/front_table.table.json"]
    assert json.loads(kept)["data"] == table["data"]
    assert len(table["data"]) == 15
    figure = server.uploads[f"{RUN}-front/{row['front_figure']['path']}"]
    assert figure == moved.front_png.read_bytes()
    told = server.uploads[f"front-{RUN}:1/front.json"]
    kept = {**json.loads(moved.front_json.read_bytes()), "failed_trials": []}
    assert {**json.loads(told), "failed_trials": []} == kept

    written = [
        artifact["name"]
        for suffix in ("front", *trials)
        for artifact in records_of(inspect(moved, suffix), "artifact")
    ]
    made = [each["input"]["artifactCollectionName"] for each in server.asked("CreateArtifact")]
    assert sorted(made) == sorted(written)
    assert len(server.asked("CommitArtifact")) == len(written) == 4

    requests = len(server.requests)
    again = sync_run(moved)
    assert again.uploaded == ()
    assert set(again.before) == runs
    assert len(server.requests) == requests


def test_an_unreachable_server_and_a_machine_without_an_account_are_told(
    moved: RunFolder, unreachable: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dosefront.track.wandb_session.ANSWER_SECONDS", 1)
    with pytest.raises(TrackerError, match=r"127\.0\.0\.1:9 refuses this machine's key or cannot"):
        sync_run(moved)
    monkeypatch.delenv("WANDB_API_KEY")
    with pytest.raises(TrackerError, match=r"holds no key.*wandb login"):
        sync_run(moved)
    assert TrackerError.exit_code == 5


def test_a_copy_without_the_bytes_of_an_artifact_is_not_half_uploaded(
    moved: RunFolder, server: WandbServer
) -> None:
    shutil.rmtree(moved.wandb / "data")
    with pytest.raises(StorageError, match="Copy the whole run folder, wandb/data included"):
        sync_run(moved)
    assert server.asked("UpsertBucket") == []


def test_a_run_without_wandb_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no offline W&B runs"):
        sync_run(RunFolder(tmp_path))


def test_records_longer_than_a_block_are_written_as_wandb_writes_them(
    moved: RunFolder, tmp_path: Path
) -> None:
    """Of the front's rows; all but the paths stays as it was."""
    (file,) = moved.wandb.glob("offline-run-*/*-front.wandb")
    content = file.read_bytes()
    written = list(records(content))
    assert max(map(len, written)) > BLOCK
    there = relocated(content, moved.wandb.resolve() / "data")
    assert there[:PREAMBLE] == content[:PREAMBLE]
    changed = [old for old, new in zip(written, records(there), strict=True) if old != new]
    assert all(b"/artifacts/staging/" in each for each in changed)
    assert relocated(there, moved.wandb.resolve() / "data") == there


def test_a_file_whose_last_record_was_interrupted_gives_those_before(moved: RunFolder) -> None:
    (file,) = moved.wandb.glob("offline-run-*/*-front.wandb")
    content = file.read_bytes()
    assert list(records(content[:-3])) == list(records(content))[:-1]
