"""Courses of a run's arms: made once, and made anew where what they were made of has changed."""

import logging
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from dosefront.errors import CheckpointError, UsageError
from dosefront.evaluate import (
    HELD_OUT,
    CourseRecords,
    NetworkPolicy,
    cohort_options,
    policy_bytes,
    roll_out,
    run_courses,
)
from dosefront.records import (
    ComparatorRecord,
    JudgedPolicy,
    Ledger,
    RunFolder,
    TrialRecord,
    TrialSpec,
    write_atomically,
)

ENVIRONMENT = "posology/DocetaxelCisplatin-v0"
PROVENANCE = {"environment": {"id": ENVIRONMENT, "version": "1"}}
SPEC = TrialSpec(
    environment=ENVIRONMENT,
    environment_options={"decisions": "due"},
    objectives=("toxicity", "efficacy"),  # not in the environment's order
    algorithm="PPO",
    scalarization={"name": "linear"},
    preferences=((0.3, 0.7),),
    seed=1,
    steps=1000,
    settings={},
    cohorts={"seed": 5, "train": 10, "select": 20, "held_out": 30},
)
CARE = "label-with-rules"


def policy(seed: int) -> NetworkPolicy:
    weights = np.random.default_rng(seed).normal(size=(25, 36)).astype(np.float32)
    return NetworkPolicy([weights], [np.zeros(25, np.float32)], "tanh", {})


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of one trial and one comparator, judged."""
    folder = RunFolder(tmp_path / "run")
    folder.create()
    trial = folder.trial(SPEC.trial_id)
    trial.mkdir()
    write_atomically(trial / "policy.npz", policy_bytes(policy(1)))
    options = cohort_options(SPEC.environment_options, SPEC.cohorts, HELD_OUT)
    results = roll_out(
        policy(1),
        environment=ENVIRONMENT,
        options=options,
        objectives=SPEC.objectives,
        patients=30,
    )
    write_atomically(trial / "held-out.npz", results.to_bytes())
    outcome = results.outcome()
    Ledger(folder.ledger).append(
        TrialRecord(
            spec=SPEC,
            status="finished",
            checkpoint=f"trials/{SPEC.trial_id}/policy.npz",
            judged=(JudgedPolicy(SPEC.preferences[0], outcome, outcome, {}),),
            steps=1000,
            wall_seconds=1.0,
            error=None,
            provenance=PROVENANCE,
        )
    )
    Ledger(folder.ledger).append(ComparatorRecord(CARE, "Label", outcome, outcome, PROVENANCE))
    return folder


def same(one: CourseRecords, other: CourseRecords) -> bool:
    return all(
        np.array_equal(
            np.asarray(getattr(one, field.name)),
            np.asarray(getattr(other, field.name)),
            equal_nan=field.name in ("neutrophils", "platelets", "size", "scanned", "best_change"),
        )
        for field in fields(one)
    )


def test_courses_are_rolled_out_once_and_then_read(
    run: RunFolder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        made = run_courses(run, [SPEC.trial_id, CARE])
    assert caplog.messages == []  # they come to what the trial was judged by, to the last bit
    written = [run.courses(arm).stat().st_mtime_ns for arm in made]
    read = run_courses(run, [SPEC.trial_id, CARE])
    assert [run.courses(arm).stat().st_mtime_ns for arm in made] == written
    assert list(read) == [SPEC.trial_id, CARE]
    for arm, courses in made.items():
        assert same(courses, read[arm])
    assert not same(made[SPEC.trial_id], made[CARE])


@pytest.mark.parametrize("change", ["policy", "cohort", "damage"])
def test_what_another_policy_or_cohort_left_is_made_anew(run: RunFolder, change: str) -> None:
    before = run_courses(run, [SPEC.trial_id])[SPEC.trial_id]
    path = run.courses(SPEC.trial_id)
    if change == "policy":
        write_atomically(run.trial(SPEC.trial_id) / "policy.npz", policy_bytes(policy(2)))
    elif change == "cohort":
        other = replace(SPEC, cohorts={**SPEC.cohorts, "seed": 6})
        record = Ledger(run.ledger).read().trials[0]
        Ledger(run.ledger).append(replace(record, spec=other))
        path.rename(run.courses(other.trial_id))
        after = run_courses(run, [other.trial_id])[other.trial_id]
        assert not same(before, after)
        return
    else:
        write_atomically(path, path.read_bytes()[:1000])
    after = run_courses(run, [SPEC.trial_id])[SPEC.trial_id]
    assert same(before, after) is (change == "damage")


def test_courses_that_differ_from_what_was_judged_are_told(
    run: RunFolder, caplog: pytest.LogCaptureFixture
) -> None:
    write_atomically(run.trial(SPEC.trial_id) / "policy.npz", policy_bytes(policy(2)))
    with caplog.at_level(logging.WARNING):
        run_courses(run, [SPEC.trial_id])
    assert "come to other returns than" in caplog.messages[0]


def test_an_unknown_arm_is_told_with_the_nearest(run: RunFolder) -> None:
    with pytest.raises(UsageError, match=r'no point or comparator "label-with-rule".*with-rules"'):
        run_courses(run, ["label-with-rule"])


def test_a_missing_checkpoint_is_told(run: RunFolder) -> None:
    (run.trial(SPEC.trial_id) / "policy.npz").unlink()
    with pytest.raises(CheckpointError, match="Copy the trial's checkpoint back"):
        run_courses(run, [SPEC.trial_id])


def test_another_version_of_the_environment_makes_no_courses(run: RunFolder) -> None:
    record = Ledger(run.ledger).read().trials[0]
    older = {"environment": {"id": ENVIRONMENT, "version": "0"}}
    Ledger(run.ledger).append(replace(record, provenance=older))
    with pytest.raises(UsageError, match=r"judged on version 0 of .* installed is version 1"):
        run_courses(run, [SPEC.trial_id])
