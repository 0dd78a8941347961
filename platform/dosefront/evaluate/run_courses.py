"""The courses of a run's arms, rolled out once and kept in its folder."""

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from dosefront.environments import make_vector_env
from dosefront.errors import CheckpointError
from dosefront.evaluate.archive import Archive
from dosefront.evaluate.cohorts import HELD_OUT, cohort_options
from dosefront.evaluate.comparators import offered_comparators
from dosefront.evaluate.courses import CourseRecords, course_records
from dosefront.evaluate.policy import Policy
from dosefront.records import (
    PatientResults,
    RunFolder,
    TrialSpec,
    npz_bytes,
    read_results,
    storage_error,
    write_atomically,
)

log = logging.getLogger(__name__)

SCHEMA_VERSION: Final = 2
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
    archive, out = Archive.read(folder), {}
    for arm in arms:
        is_care = arm in archive.comparators
        made = _care_courses(archive, arm) if is_care else _point_courses(archive, arm)
        if made is None:
            return {}
        out[arm] = made
    return out


def courses_bytes(courses: CourseRecords, key: Mapping[str, Any]) -> bytes:
    """The courses as a `.npz` file, with the key that says of what they are."""
    arrays = {field.name: np.asarray(getattr(courses, field.name)) for field in fields(courses)}
    return npz_bytes({"key": np.array(json.dumps(key, sort_keys=True)), **arrays})


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


def _point_courses(archive: Archive, name: str) -> CourseRecords | None:
    point = archive.point(name)
    record, checkpoint = archive.record(point), archive.checkpoint(point)
    try:
        content = checkpoint.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"cannot read {checkpoint}: {error.strerror}. Copy the trial's checkpoint back."
        ) from error
    several = len(record.spec.preferences) > 1
    file = f"held-out{point.id.removeprefix(point.trial)}.npz" if several else "held-out.npz"
    return _kept_or_made(
        archive,
        name=point.id,
        of={"weights": list(point.weights), "policy": hashlib.sha256(content).hexdigest()},
        policy=lambda: (archive.policy(point), {}),
        judged=archive.folder.trial(point.trial) / file,
    )


def _care_courses(archive: Archive, name: str) -> CourseRecords | None:
    spec = _spec(archive)

    def policy() -> tuple[Policy, Mapping[str, Any]]:
        offered = offered_comparators(spec.environment, spec.environment_options)
        (own,) = (each for each in offered if each.name == name)
        return own.policy, own.options

    return _kept_or_made(
        archive,
        name=name,
        of={"comparator": name},
        policy=policy,
        judged=archive.folder.comparator_results(name),
    )


def _spec(archive: Archive) -> TrialSpec:
    """What all trials of a run share: environment, options, objectives, cohorts, discount."""
    return archive.trials[archive.summary.points[0].trial].spec


def _kept_or_made(
    archive: Archive,
    *,
    name: str,
    of: Mapping[str, Any],
    policy: Callable[[], tuple[Policy, Mapping[str, Any]]],
    judged: Path,
) -> CourseRecords | None:
    """The courses in the folder, if they are of what they are asked for; or else new ones."""
    spec, path = _spec(archive), archive.folder.courses(name)
    key = {
        "schema_version": SCHEMA_VERSION,
        "environment": [spec.environment, archive.summary.environment_version],
        "options": dict(spec.environment_options),
        "cohort": [spec.cohorts["seed"], HELD_OUT, spec.cohorts["held_out"]],
        **of,
    }
    if kept := read_courses(path, key):
        return kept
    taken, own = policy()
    options = cohort_options({**spec.environment_options, **own}, spec.cohorts, HELD_OUT)
    env = make_vector_env(spec.environment, num_envs=1, options=options)
    archive.check_version(str(env.metadata["version"]))
    env.close()
    made = course_records(
        taken,
        environment=spec.environment,
        options=options,
        objectives=spec.objectives,
        patients=options["patients"],
        discount=spec.discount,
    )
    if made is None:
        return None
    courses, results = made
    _compare(name, results, judged)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error
    write_atomically(path, courses_bytes(courses, key))
    return courses


def _compare(name: str, results: PatientResults, path: Path) -> None:
    """Warn where courses come to something else than what their arm was judged by."""
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
