"""The courses of a run's arms, rolled out once and kept in its folder."""

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from dosefront.environments import make_vector_env
from dosefront.errors import CheckpointError, UsageError
from dosefront.evaluate.checkpoint import read_policy
from dosefront.evaluate.cohorts import HELD_OUT, cohort_options
from dosefront.evaluate.courses import CourseRecords, course_records
from dosefront.evaluate.policy import Policy
from dosefront.records import (
    ComparatorRecord,
    Ledger,
    LedgerContents,
    PatientResults,
    RunFolder,
    TrialRecord,
    TrialSpec,
    read_results,
    storage_error,
    write_atomically,
)
from dosefront.suggestion import suggestion

log = logging.getLogger(__name__)

SCHEMA_VERSION: Final = 1
"""Of the file; courses of another are rolled out again."""


def run_courses(folder: RunFolder, arms: Sequence[str]) -> dict[str, CourseRecords]:
    """What happened to each held-out patient of a run under each of its arms, by the arm's id.

    Courses that the folder holds are read; others are rolled out, in a second or two for 2,000
    patients, and written there. A file that another policy, environment, cohort or version has
    left is rolled out anew. Empty where the environment's episodes are not courses of treatment.

    Args:
        folder: of the run.
        arms: ids of points and names of comparators, as the run's front shows them.

    Raises:
        UsageError: the run has no such arm, or was made on another version of its environment.
        CheckpointError: a policy is missing or damaged.
        StorageError: the folder cannot be written.
    """
    offered = _arms(Ledger(folder.ledger).read())
    if unknown := [arm for arm in arms if arm not in offered]:
        raise UsageError(
            f'{folder.path} has no point or comparator "{unknown[0]}". '
            f"{suggestion(unknown[0], offered)} `dosefront front {folder.path}` shows them."
        )
    out = {}
    for arm in arms:
        courses = _kept_or_made(folder, arm, offered[arm])
        if courses is None:
            return {}
        out[arm] = courses
    return out


def courses_bytes(courses: CourseRecords, key: Mapping[str, Any]) -> bytes:
    """The courses as a `.npz` file, with the key that says of what they are."""
    buffer = io.BytesIO()
    arrays = {field.name: np.asarray(getattr(courses, field.name)) for field in fields(courses)}
    note = np.array(json.dumps(key, sort_keys=True))
    # numpy types its keywords as if one of them could be allow_pickle.
    np.savez_compressed(buffer, key=note, **arrays)  # type: ignore[arg-type]  # see above
    return buffer.getvalue()


def read_courses(path: Path, key: Mapping[str, Any]) -> CourseRecords | None:
    """The courses in a file; None where there is none, or none that the key fits."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            if json.loads(str(stored["key"])) != json.loads(json.dumps(key)):
                return None
            arrays: dict[str, Any] = {name: stored[name] for name in stored.files if name != "key"}
        names = {name: tuple(arrays[name].tolist()) for name in ("drugs", "terms")}
        return CourseRecords(**{**arrays, **names})
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None


@dataclass(frozen=True)
class _Arm:
    """A policy at one preference, or a comparator, and the specification that its run shares."""

    spec: TrialSpec
    version: str
    """Of the environment that judged it."""
    trial: TrialRecord | None
    number: int = 0
    """Which of the trial's preferences."""


def _arms(contents: LedgerContents) -> dict[str, _Arm]:
    """Every arm that the ledger holds, by id."""
    finished = [trial for trial in contents.trials if trial.status == "finished"]
    out = {}
    for trial in finished:
        for number in range(len(trial.judged)):
            arm = _Arm(trial.spec, _version(trial), trial, number)
            out[trial.spec.point_id(number)] = arm
    for comparator in contents.comparators if finished else ():
        out[comparator.name] = _Arm(finished[0].spec, _version(comparator), None)
    return out


def _version(record: TrialRecord | ComparatorRecord) -> str:
    return str(record.provenance.get("environment", {}).get("version", ""))


def _kept_or_made(folder: RunFolder, name: str, arm: _Arm) -> CourseRecords | None:
    key = _key(folder, name, arm)
    path = folder.courses(name)
    if kept := read_courses(path, key):
        return kept
    made = _rolled_out(folder, name, arm)
    if made is None:
        return None
    courses, results = made
    _compare(folder, name, arm, results)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error
    write_atomically(path, courses_bytes(courses, key))
    return courses


def _key(folder: RunFolder, name: str, arm: _Arm) -> dict[str, Any]:
    """All that decides the courses."""
    spec = arm.spec
    return {
        "schema_version": SCHEMA_VERSION,
        "environment": [spec.environment, arm.version],
        "options": dict(spec.environment_options),
        "cohort": [spec.cohorts["seed"], HELD_OUT, spec.cohorts["held_out"]],
        "arm": name,
        "weights": list(spec.preferences[arm.number]) if arm.trial else None,
        "policy": _digest(folder, arm.trial) if arm.trial else None,
    }


def _digest(folder: RunFolder, trial: TrialRecord) -> str:
    path = folder.path / str(trial.checkpoint)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CheckpointError(
            f"cannot read {path}: {error.strerror}. Copy the trial's checkpoint back."
        ) from error


def _rolled_out(
    folder: RunFolder, name: str, arm: _Arm
) -> tuple[CourseRecords, PatientResults] | None:
    policy, own = _policy(folder, name, arm)
    spec = arm.spec
    options = cohort_options({**spec.environment_options, **own}, spec.cohorts, HELD_OUT)
    return course_records(
        policy,
        environment=spec.environment,
        options=options,
        objectives=spec.objectives,
        patients=options["patients"],
        discount=spec.discount,
    )


def _policy(folder: RunFolder, name: str, arm: _Arm) -> tuple[Policy, Mapping[str, Any]]:
    """The arm's policy, and the environment's options that it needs."""
    spec = arm.spec
    env = make_vector_env(spec.environment, num_envs=1, options=spec.environment_options)
    try:
        if str(env.metadata["version"]) != arm.version:
            raise UsageError(
                f"{name} was judged on version {arm.version} of {spec.environment}; installed is "
                f"version {env.metadata['version']}. Use the version that the run was made with, "
                "or resume the run on this one."
            )
        if arm.trial is not None:
            network = read_policy(folder.path / str(arm.trial.checkpoint))
            return network.at(spec.preferences[arm.number]), {}
        own: Any = env.unwrapped
        offered = {each.name: each for each in own.comparators()}
        return offered[name].policy, offered[name].options
    finally:
        env.close()


def _compare(folder: RunFolder, name: str, arm: _Arm, results: PatientResults) -> None:
    """Warn where the courses come to something else than what the run was judged by."""
    path = _results_file(folder, name, arm)
    if not path.exists():
        return
    judged = read_results(path).returns
    if (differs := (judged != results.returns).any(axis=1)).any():
        log.warning(
            "%s: the courses of %d of %d patients come to other returns than %s holds: they were "
            "judged on another machine, or by another version of posology",
            name,
            differs.sum(),
            differs.size,
            path,
        )


def _results_file(folder: RunFolder, name: str, arm: _Arm) -> Path:
    if arm.trial is None:
        return folder.comparator_results(name)
    several = len(arm.spec.preferences) > 1
    file = f"held-out-{arm.number}.npz" if several else "held-out.npz"
    return folder.trial(arm.spec.trial_id) / file
