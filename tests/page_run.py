"""A made run for the tests of its page: three patients in ten have what the page must show."""

from dataclasses import replace
from typing import Any

import numpy as np

from dosefront.evaluate import CourseRecords
from dosefront.front import Estimate, Objective
from dosefront.records import FrontSummary, PatientResults, TrialRecord
from dosefront.report.page import RunContents
from dosefront.report.page.arms import Arm, Arms
from dosefront.report.plane import point_title

PATIENTS = 40
WEEKS = 25
DRUGS = ("docetaxel", "cisplatin")
TERMS = ("neutropenia", "diarrhoea", "heart failure")
FOUR_CYCLES = (0, 3, 6, 9)


def made_courses(*, dose: float) -> CourseRecords:
    """Four cycles every three weeks of a share of the label dose; in the first ten patients the
    third is held for a week, patients 0 to 3 die in week 12, and the others progress in week 18,
    but for the last ten."""
    fractions = np.zeros((PATIENTS, WEEKS, 2), np.float32)
    due = np.zeros((PATIENTS, WEEKS), bool)
    cycle = np.zeros((PATIENTS, WEEKS), np.int16)
    for number, week in enumerate(FOUR_CYCLES, start=1):
        late = np.arange(PATIENTS) < (10 if number == 3 else 0)
        due[:, week] = True
        due[late, week + 1] = True
        weeks = np.where(late, week + 1, week)
        fractions[np.arange(PATIENTS), weeks] = (dose, 1.0)
        cycle[np.arange(PATIENTS), weeks] = number
    death = np.where(np.arange(PATIENTS) < 4, 12, 0)
    progression = np.where((death == 0) & (np.arange(PATIENTS) < 30), 18, 0)
    followed = np.where(death > 0, death, np.where(progression > 0, 18, 24))
    counts = 4.0 - 3.0 * dose * (np.arange(WEEKS) % 3 == 1) * np.ones((PATIENTS, 1))
    counts[np.arange(WEEKS) > followed[:, None]] = np.nan
    grades = np.zeros((PATIENTS, len(TERMS)), np.int16)
    grades[: round(20 * dose), 0] = 4
    grades[:8, 1] = 2
    return CourseRecords(
        drugs=DRUGS,
        terms=TERMS,
        fractions=fractions,
        due=due,
        cycle=cycle,
        neutrophils=counts.astype(np.float32),
        platelets=(60.0 * counts).astype(np.float32),
        size=np.ones((PATIENTS, WEEKS), np.float32),
        scanned=np.full((PATIENTS, WEEKS), np.nan, np.float32),
        on_treatment=np.arange(WEEKS) <= np.minimum(10, followed[:, None]),
        grade=np.where(counts < 1.5, 3, 0).astype(np.int16),
        regimen=np.zeros(PATIENTS, np.int16),
        confirmed=np.arange(PATIENTS) < 12,
        best_change=np.linspace(-0.9, 1.5, PATIENTS, dtype=np.float32),
        weeks_on_treatment=np.full(PATIENTS, 10, np.int16),
        weeks_followed=followed.astype(np.int16),
        progression_week=progression.astype(np.int16),
        death_week=death.astype(np.int16),
        worst_grades=grades,
        refusals=np.zeros(PATIENTS, np.int16),
        delays=np.where(np.arange(PATIENTS) < 10, 1, 0).astype(np.int16),
    )


def made_results(courses: CourseRecords) -> PatientResults:
    """The endpoints of which the page shows differences in groups."""
    endpoints = {
        "confirmed response": courses.confirmed,
        "serious adverse event": (courses.worst_grades >= 3).any(axis=1),
    }
    return PatientResults(np.zeros((PATIENTS, 2)), endpoints)


def made_run(
    summary: FrontSummary,
    trials: tuple[TrialRecord, ...],
    *,
    with_courses: bool = True,
) -> RunContents:
    """The summary's run, with courses of its first two policies on the front and of the label."""
    front = [point for point in summary.points if point.on_front][:2]
    shown = [(point.id, point_title(point), 0.5, "var(--chosen)") for point in front]
    shown += [(each.id, each.title, 1.0, "var(--ink)") for each in summary.comparators[:1]]
    arms = []
    for name, title, dose, colour in shown:
        courses = made_courses(dose=dose)
        known = courses if with_courses else None
        arms.append(Arm(name, title, colour, made_results(courses), known))
    reference = arms[-1] if summary.comparators else None
    groups = {"age_65_or_over": np.arange(PATIENTS) % 2 == 0, "rare": np.arange(PATIENTS) < 3}
    return RunContents(
        summary=summary,
        trials=trials,
        colours={"DQN": "#332288", "PPO": "#AA4499"},
        arms=Arms(tuple(arms), reference, groups),
        missing=(),
    )


def with_third_objective(summary: FrontSummary, third: Objective) -> FrontSummary:
    """The summary with an objective that is 50 less ten times the second."""

    def extended(point: Any) -> Any:
        second = point.value_vector[1]
        estimate = Estimate(
            *(50.0 - 10.0 * each for each in (second.value, second.high, second.low))
        )
        return replace(point, value_vector=(*point.value_vector, estimate))

    return replace(
        summary,
        objectives=(*summary.objectives, third),
        points=tuple(map(extended, summary.points)),
        comparators=tuple(map(extended, summary.comparators)),
        attainment=(),
    )
