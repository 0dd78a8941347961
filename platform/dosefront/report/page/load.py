"""A run as the page shows it: read from its folder; courses that it lacks are rolled out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dosefront.errors import DosefrontError
from dosefront.evaluate import CourseRecords, PatientResults, run_courses
from dosefront.records import (
    ComparatorPoint,
    FrontPoint,
    FrontSummary,
    Ledger,
    RunFolder,
    TrialRecord,
    read_front,
    read_results,
    read_subgroups,
)
from dosefront.report.page.arms import Arm, Arms, sample
from dosefront.report.page.front import point_title
from dosefront.report.palette import CARE, LABEL, OKABE_ITO, OTHER_CARE

MOST_POLICIES: Final = 24
"""Policies on the front whose courses are shown; of more, so many spread along it."""
DARKEST: Final = "#000000"
"""The label's colour on white paper: on dark paper it is the page's ink."""

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
        FrontError: the folder holds no front, or one that cannot be read.
    """
    summary = read_front(folder.front_json)
    names = sorted({point.algorithm for point in summary.points})
    colours = {name: OKABE_ITO[k % len(OKABE_ITO)] for k, name in enumerate(names)}
    chosen = (*_spread(summary), *summary.comparators)
    missing: list[str] = []
    arms = []
    for done, point in enumerate(chosen):
        progress(done, len(chosen), point_title(point))
        courses = None if missing else _courses(folder, point.id, missing)
        results = _results(folder, point, missing)
        arms.append(Arm(point.id, point_title(point), _colour(point, colours), results, courses))
    reference = next((arm for arm in arms if arm.id == LABEL), None)
    if reference is None and summary.comparators:
        reference = next(arm for arm in arms if arm.id == summary.comparators[0].id)
    return RunContents(
        summary=summary,
        trials=Ledger(folder.ledger).read().trials,
        colours=colours,
        arms=Arms(tuple(arms), reference, read_subgroups(folder) or {}),
        missing=tuple(missing),
    )


def _spread(summary: FrontSummary) -> Sequence[FrontPoint]:
    """The policies on the front that are shown in full, by their first objective."""
    front = [point for point in summary.points if point.on_front]
    return [front[k] for k in sample([p.value_vector[0].value for p in front], MOST_POLICIES)]


def _colour(point: FrontPoint | ComparatorPoint, colours: dict[str, str]) -> str:
    if isinstance(point, FrontPoint):
        return colours[point.algorithm]
    colour = CARE.get(point.id, OTHER_CARE)
    return "var(--ink)" if colour == DARKEST else colour


def _courses(folder: RunFolder, arm: str, missing: list[str]) -> CourseRecords | None:
    try:
        return run_courses(folder, [arm]).get(arm)
    except DosefrontError as error:
        missing.append(str(error))
        return None


def _results(
    folder: RunFolder, point: FrontPoint | ComparatorPoint, missing: list[str]
) -> PatientResults | None:
    if isinstance(point, ComparatorPoint):
        path = folder.comparator_results(point.id)
    else:
        number = point.id.removeprefix(point.trial).removeprefix("-")
        path = folder.held_out(point.trial, int(number) if number else None)
    if not path.exists():
        return None
    try:
        return read_results(path)
    except DosefrontError as error:
        missing.append(str(error))
        return None
