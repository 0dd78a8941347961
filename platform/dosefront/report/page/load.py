"""A run as the page shows it: read from its folder; courses that it lacks are rolled out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dosefront.clinical import spread_patients
from dosefront.errors import DosefrontError
from dosefront.evaluate import Archive, CourseRecords, run_courses
from dosefront.records import (
    ComparatorPoint,
    FrontPoint,
    FrontSummary,
    PatientResults,
    RunFolder,
    TrialRecord,
    read_results,
    read_subgroups,
)
from dosefront.report.page.arms import Arm, Arms
from dosefront.report.page.front import MOST_POLICIES
from dosefront.report.page.theme import CHOSEN, INK, on_paper
from dosefront.report.palette import ALGORITHMS, CARE, LABEL, OTHER_CARE
from dosefront.report.plane import Point, point_title

Progress = Callable[[int, int, str], None]
"""Told before each arm: how many are done, of how many, and which comes."""


@dataclass(frozen=True)
class RunContents:
    """What a run's folder holds."""

    summary: FrontSummary
    trials: tuple[TrialRecord, ...]
    colours: dict[str, str]
    """Of the algorithms, as CSS."""
    arms: Arms
    missing: tuple[str, ...]
    """Why courses are not shown, a sentence each."""


def load_run(folder: RunFolder, progress: Progress) -> RunContents:
    """Everything that the page of a run shows.

    Policies that are on the front are rolled out where the folder does not hold their courses.
    What cannot be rolled out is left out and told in ``missing``.

    Raises:
        UsageError: the folder holds no run.
        FrontError: its front cannot be read.
        LedgerError: its ledger cannot be read.
    """
    archive = Archive.read(folder)
    summary = archive.summary
    names = sorted({point.algorithm for point in summary.points})
    colours = {name: on_paper(ALGORITHMS[k % len(ALGORITHMS)]) for k, name in enumerate(names)}
    chosen: tuple[Point, ...] = (*_spread(summary), *summary.comparators)
    missing: list[str] = []
    arms = []
    for done, point in enumerate(chosen):
        progress(done, len(chosen), point_title(point))
        courses = None if missing else _courses(folder, point.id, missing)
        results = _results(archive, point, missing)
        arms.append(Arm(point.id, point_title(point), _colour(point), results, courses))
    usual = summary.comparators[0].id if summary.comparators else ""
    reference = next((arm for arm in arms if arm.id == usual), None)
    return RunContents(
        summary=summary,
        trials=tuple(archive.trials.values()),
        colours=colours,
        arms=Arms(tuple(arms), reference, read_subgroups(folder) or {}),
        missing=tuple(missing),
    )


def _spread(summary: FrontSummary) -> Sequence[FrontPoint]:
    """The policies on the front that are shown in full, by their first objective."""
    front = [point for point in summary.points if point.on_front]
    first = np.array([point.value_vector[0].value for point in front])
    return [front[k] for k in spread_patients(first, MOST_POLICIES).tolist()]


def _colour(point: Point) -> str:
    """One policy is shown at a time, and all have its colour; conventional care has its own."""
    if isinstance(point, FrontPoint):
        return CHOSEN
    return INK if point.id == LABEL else on_paper(CARE.get(point.id, OTHER_CARE))


def _courses(folder: RunFolder, arm: str, missing: list[str]) -> CourseRecords | None:
    try:
        return run_courses(folder, [arm]).get(arm)
    except DosefrontError as error:
        missing.append(str(error))
        return None


def _results(archive: Archive, point: Point, missing: list[str]) -> PatientResults | None:
    if isinstance(point, ComparatorPoint):
        path = archive.folder.comparator_results(point.id)
    else:
        judged = archive.record(point).judged
        number = judged.index(archive.judged(point)) if len(judged) > 1 else None
        path = archive.folder.held_out(point.trial, number)
    if not path.exists():
        return None
    try:
        return read_results(path)
    except DosefrontError as error:
        missing.append(str(error))
        return None
