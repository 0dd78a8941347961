"""The main job end to end: a sweep, its interruption, its resumption, its faults."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dosefront.evaluate import read_policy
from dosefront.records import Ledger, RunFolder, read_front

pytestmark = pytest.mark.integration

EXPERIMENT = """\
name: tiny
environment:
  id: posology/DocetaxelCisplatin-v0
  options: {decisions: due}
objectives: [efficacy, toxicity]
cohorts: {seed: 7, train: 64, select: 32, held_out: 64}
weights: [[1.0, 0.0], [0.3, 0.7]]
algorithms:
  - {name: PPO, steps: STEPS, network: [16], environments: 16, fragment: 16, minibatch: 64}
  - {name: DQN, steps: 300, network: [16], environments: 8, learning_starts: 50, batch: 32}
seeds: [1]
tracking: {wandb: {mode: offline}}
"""


def write_experiment(folder: Path, *, steps: int = 800) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(EXPERIMENT.replace("STEPS", str(steps)))
    return path


def dosefront(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dosefront.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=400,
        **options,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A sweep that ran to its end: its folder, what it printed, what it told meanwhile."""
    folder = tmp_path_factory.mktemp("sweep")
    done = dosefront("sweep", write_experiment(folder), "--out", folder, "--run-id", "a")
    assert done.returncode == 0, done.stderr
    return folder / "a", done.stdout, done.stderr


def test_a_sweep_leaves_every_file_it_promises(finished: tuple[Path, str, str]) -> None:
    folder, *_ = finished
    for name in ("experiment.yaml", "ledger.jsonl", "front.json", "front.png", "table.csv"):
        assert (folder / name).stat().st_size > 0, name
    assert (folder / "front.png").read_bytes()[:4] == b"\x89PNG"
    assert list((folder / "wandb").rglob("*.wandb"))
    assert not (folder / ".tune").exists()


def test_the_front_holds_every_trial_with_its_intervals(finished: tuple[Path, str, str]) -> None:
    front = read_front(RunFolder(finished[0]).front_json)
    assert {(p.algorithm, p.weights) for p in front.points} == {
        (algorithm, weights) for algorithm in ("PPO", "DQN") for weights in ((1.0, 0.0), (0.3, 0.7))
    }
    assert front.comparators[0].id == "label-with-rules"
    assert front.held_out_patients == 64
    for point in front.points:
        for estimate in point.value_vector:
            assert estimate.low <= estimate.value <= estimate.high
        assert 0.0 <= point.endpoints["serious adverse event"].value <= 1.0


def test_stored_policies_give_the_stored_values_again(finished: tuple[Path, str, str]) -> None:
    folder = finished[0]
    for record in Ledger(folder / "ledger.jsonl").read().trials:
        policy = read_policy(folder / record.checkpoint)
        assert policy.provenance["preferences"] == [list(each) for each in record.spec.preferences]
        with np.load(folder / "trials" / record.spec.trial_id / "held-out.npz") as stored:
            means = stored["returns"].mean(axis=0)
        (judged,) = record.judged
        assert [each.value for each in judged.held_out.value_vector] == pytest.approx(means)


def test_people_see_progress_the_front_and_what_to_do_next(
    finished: tuple[Path, str, str],
) -> None:
    _, printed, told = finished
    assert "Label with rules" in printed
    assert "hypervolume" in printed
    assert "not for patient care" in printed
    assert "[4/4]" in told
    assert told.strip().splitlines()[-1].startswith("Next: dosefront report")


def test_front_prints_json_that_is_the_file(finished: tuple[Path, str, str]) -> None:
    folder = finished[0]
    done = dosefront("front", folder, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == json.loads((folder / "front.json").read_text())


def test_resuming_a_finished_run_runs_nothing(finished: tuple[Path, str, str]) -> None:
    folder = finished[0]
    before = (folder / "ledger.jsonl").read_bytes()
    done = dosefront("resume", folder)
    assert done.returncode == 0, done.stderr
    assert "4 of 4 trials had finished already" in done.stderr
    assert (folder / "ledger.jsonl").read_bytes() == before


def test_a_second_sweep_into_the_same_folder_is_refused(
    finished: tuple[Path, str, str],
) -> None:
    folder = finished[0]
    yaml = write_experiment(folder.parent)
    done = dosefront("sweep", yaml, "--out", folder.parent, "--run-id", "a")
    assert done.returncode == 2
    assert "already holds a run" in done.stderr


def test_a_damaged_line_is_told_and_only_its_trial_repeated(
    finished: tuple[Path, str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    subprocess.run(["cp", "-r", finished[0], folder], check=True)
    lines = (folder / "ledger.jsonl").read_text().splitlines(keepends=True)
    trial = next(i for i, line in enumerate(lines) if '"kind": "trial"' in line)
    lines[trial] = lines[trial][: len(lines[trial]) // 2] + "\n"
    (folder / "ledger.jsonl").write_text("".join(lines))
    done = dosefront("resume", folder)
    assert done.returncode == 0, done.stderr
    assert "3 of 4 trials had finished already" in done.stderr
    assert (folder / "ledger.damaged.jsonl").exists()
    assert len(read_front(folder / "front.json").points) == 4


def test_trials_that_fail_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    yaml = write_experiment(tmp_path)
    done = dosefront(
        *("sweep", yaml, "--out", tmp_path, "--run-id", "a"),
        *("--set", "algorithms.1.learning_rate=3e38", "--set", "algorithms.1.steps=2000"),
    )
    assert done.returncode == 3, done.stderr
    assert "2 trials failed" in done.stderr
    assert done.stdout.count("failed: DQN w=") == 2
    front = read_front(tmp_path / "a" / "front.json")
    assert {each.algorithm for each in front.points} == {"PPO"}
    assert len(front.failed_trials) == 2


def test_a_folder_that_cannot_be_written_stops_the_sweep_before_training(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    done = dosefront("sweep", write_experiment(tmp_path), "--out", blocked, "--run-id", "a")
    assert done.returncode == 1
    assert "choose another folder with --out" in done.stderr


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = dosefront(
        *("sweep", write_experiment(tmp_path), "--out", tmp_path, "--run-id", "a"),
        *("--address", "127.0.0.1:9"),
    )
    assert done.returncode == 5, done.stderr
    assert "no Ray cluster answers at 127.0.0.1:9" in done.stderr


def test_wandbs_own_reader_shows_the_fronts_rows(finished: tuple[Path, str, str]) -> None:
    folder = finished[0]
    ids = {point.id for point in read_front(folder / "front.json").points}
    shown = ""
    for record in (folder / "wandb").rglob("*.wandb"):
        done = subprocess.run(
            [sys.executable, "-m", "wandb", "leet", "inspect", "--json", record],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "WANDB_ERROR_REPORTING": "false"},
        )
        if '"front"' in done.stdout or "front_rows" in done.stdout:
            shown += done.stdout
    assert all(trial in shown for trial in ids)
    assert "label-with-rules" in shown or "Label with rules" in shown
