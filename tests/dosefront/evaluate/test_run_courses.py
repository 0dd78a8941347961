"""Courses of a run's arms: made once, and made anew where what they were made of has changed."""

import logging
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from dosefront.environments import make_vector_env
from dosefront.errors import CheckpointError, UsageError
from dosefront.evaluate import (
    HELD_OUT,
    CourseRecords,
    NetworkPolicy,
    chosen_objectives,
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
    read_front,
    summarise,
    write_atomically,
    write_front,
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


def make_run(path: Path, spec: TrialSpec = SPEC) -> RunFolder:
    """A run of one trial and one comparator, judged."""
    folder = RunFolder(path)
    folder.create()
    trial = folder.trial(spec.trial_id)
    trial.mkdir()
    write_atomically(trial / "policy.npz", policy_bytes(policy(1)))
    results = roll_out(
        policy(1),
        environment=ENVIRONMENT,
        options=cohort_options(spec.environment_options, spec.cohorts, HELD_OUT),
        objectives=spec.objectives,
        patients=30,
    )
    write_atomically(trial / "held-out.npz", results.to_bytes())
    outcome = results.outcome()
    record = TrialRecord(
        spec=spec,
        status="finished",
        checkpoint=f"trials/{spec.trial_id}/policy.npz",
        judged=(JudgedPolicy(spec.preferences[0], outcome, outcome, {}),),
        steps=1000,
        wall_seconds=1.0,
        error=None,
        provenance=PROVENANCE,
    )
    care = ComparatorRecord(CARE, "Label", outcome, outcome, PROVENANCE)
    for each in (record, care):
        Ledger(folder.ledger).append(each)
    env = make_vector_env(ENVIRONMENT, num_envs=1, options=spec.environment_options)
    summary = summarise(
        "run",
        objectives=chosen_objectives(env.metadata, spec.objectives)[0],
        environment=ENVIRONMENT,
        environment_version="1",
        trials=[record],
        comparators=[care],
    )
    write_front(folder, summary)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return make_run(tmp_path / "run")


def courses_of(run: RunFolder, *arms: str) -> dict[str, CourseRecords]:
    return run_courses(run, arms)


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
        made = courses_of(run, SPEC.trial_id, CARE)
    assert caplog.messages == []  # they come to what the trial was judged by, to the last bit
    written = [run.courses(arm).stat().st_mtime_ns for arm in made]
    read = courses_of(run, SPEC.trial_id, CARE)
    assert [run.courses(arm).stat().st_mtime_ns for arm in made] == written
    assert list(read) == [SPEC.trial_id, CARE]
    for arm, courses in made.items():
        assert same(courses, read[arm])
    assert not same(made[SPEC.trial_id], made[CARE])


def test_what_another_policy_left_is_made_anew(run: RunFolder) -> None:
    before = courses_of(run, SPEC.trial_id)[SPEC.trial_id]
    write_atomically(run.trial(SPEC.trial_id) / "policy.npz", policy_bytes(policy(2)))
    assert not same(before, courses_of(run, SPEC.trial_id)[SPEC.trial_id])


def test_what_another_cohort_left_is_made_anew(run: RunFolder, tmp_path: Path) -> None:
    before = courses_of(run, CARE)[CARE]
    other = make_run(tmp_path / "other", replace(SPEC, cohorts={**SPEC.cohorts, "seed": 6}))
    other.courses(CARE).parent.mkdir()
    run.courses(CARE).rename(other.courses(CARE))
    assert not same(before, courses_of(other, CARE)[CARE])


def test_a_damaged_file_is_made_anew(run: RunFolder) -> None:
    before = courses_of(run, CARE)[CARE]
    path = run.courses(CARE)
    write_atomically(path, path.read_bytes()[:1000])
    assert same(before, courses_of(run, CARE)[CARE])


def test_courses_that_differ_from_what_was_judged_are_told(
    run: RunFolder, caplog: pytest.LogCaptureFixture
) -> None:
    write_atomically(run.trial(SPEC.trial_id) / "policy.npz", policy_bytes(policy(2)))
    with caplog.at_level(logging.WARNING):
        courses_of(run, SPEC.trial_id)
    assert "come to other returns than" in caplog.messages[0]


def test_an_unknown_arm_is_refused(run: RunFolder) -> None:
    with pytest.raises(UsageError, match='has no point "label-without-rules"'):
        courses_of(run, "label-without-rules")


def test_a_missing_checkpoint_is_told(run: RunFolder) -> None:
    (run.trial(SPEC.trial_id) / "policy.npz").unlink()
    with pytest.raises(CheckpointError, match="Copy the trial's checkpoint back"):
        courses_of(run, SPEC.trial_id)


def test_another_version_of_the_environment_makes_no_courses(run: RunFolder) -> None:
    write_front(run, replace(read_front(run.front_json), environment_version="0"))
    with pytest.raises(UsageError, match=r"made on version 0 of .* installed is version 1"):
        courses_of(run, SPEC.trial_id)
