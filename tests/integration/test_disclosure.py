"""Nothing of a single patient leaves for W&B, though the environment tells all of it."""

from pathlib import Path

import numpy as np
import pytest

from dosefront.evaluate import (
    HELD_OUT,
    SELECT,
    NetworkPolicy,
    cohort_options,
    policy_bytes,
    roll_out,
)
from dosefront.experiment import load_experiment
from dosefront.records import RunFolder, TrialSpec, read_results
from dosefront.sweep.books import Books
from dosefront.track import WandbTracker
from dosefront.trial import judge
from posology.dosing import CourseVectorEnv

pytestmark = pytest.mark.integration

EXPERIMENT = """\
name: planted
environment: {id: posology/DocetaxelCisplatin-v0, options: {decisions: due, cycles: 2}}
objectives: [efficacy, toxicity]
cohorts: {seed: 3, train: 10, select: 20, held_out: 30}
weights: [[1, 0], [0, 1]]
algorithms: [{name: PPO}]
"""
PATIENTS = 30
RECORD_NUMBERS = 90_071_000 + 37 * np.arange(PATIENTS)
ACCOUNTS = 731_000.25 + 17.0 * np.arange(PATIENTS) ** 2  # the mean is nobody's


@pytest.fixture
def telling_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's endpoints carry identifiers, as a whole number and as a number."""
    told = CourseVectorEnv._endpoints

    def endpoints(env: CourseVectorEnv) -> dict[str, np.ndarray]:
        return {
            **told(env),
            "record number": RECORD_NUMBERS[: env.num_envs],
            "account": ACCOUNTS[: env.num_envs],
        }

    monkeypatch.setattr(CourseVectorEnv, "_endpoints", endpoints)


def finish(books: Books, spec: TrialSpec) -> None:
    """Judge a policy that always gives the first dose, and end its trial."""
    policy = NetworkPolicy([np.zeros((25, 36), np.float32)], [np.zeros(25, np.float32)], "tanh", {})
    select, held_out = (
        roll_out(
            policy,
            environment=spec.environment,
            options=cohort_options(spec.environment_options, spec.cohorts, split),
            objectives=spec.objectives,
            patients=spec.cohorts[split.replace("-", "_")],
        )
        for split in (SELECT, HELD_OUT)
    )
    judgement = judge(
        policy_bytes(policy),
        spec,
        select=[select],
        held_out=[held_out],
        comparators=books.comparators,
    )
    books.finished(spec, {"judgement": judgement, "steps": 100, "wall_seconds": 1.0})


def identifiers() -> set[bytes]:
    """Each planted number, as text and in the bytes of an array."""
    found: set[bytes] = set()
    for number in RECORD_NUMBERS:
        found |= {str(number).encode(), number.astype(np.int64).tobytes()}
    for account in ACCOUNTS:
        found |= {str(account).encode(), account.tobytes()}
    return found


def test_no_identifier_of_a_patient_is_in_anything_that_wandb_was_given(
    tmp_path: Path, telling_environment: None
) -> None:
    file = tmp_path / "planted.yaml"
    file.write_text(EXPERIMENT)
    folder = RunFolder(tmp_path / "run")
    folder.create()
    tracker = WandbTracker(folder, "run", project="dosefront", mode="offline")
    books = Books(folder, load_experiment(file), tracker)
    books.write_comparators()
    finished, failed = books.missing()
    quoted = f"Traceback\nbuiltins.ValueError: record {RECORD_NUMBERS[7]} has no weight"
    books.failed(failed, quoted, steps=5, seconds=1.0)
    tracker.trial_progress(finished, {"steps": 50, "return/efficacy": 0.1})
    finish(books, finished)
    tracker.close()

    kept = read_results(folder.trial(finished.trial_id) / "held-out.npz").endpoints
    assert kept["record number"].tolist() == RECORD_NUMBERS.tolist()  # the run has them
    assert str(RECORD_NUMBERS[7]) in folder.front_json.read_text()
    written = [path for path in folder.wandb.rglob("*") if path.is_file()]
    content = b"\n".join(path.read_bytes() for path in written)
    assert b"account_low" in content  # the means of the cohort are there
    assert [each for each in identifiers() if each in content] == []
