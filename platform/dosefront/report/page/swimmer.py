"""Courses of single patients: how long each was treated, how much, and what ended it."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from dosefront.clinical import SERIOUS, spread_patients
from dosefront.evaluate import CourseRecords
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import INK, PAPER, arm_colour, named, quantitative

LANES: Final = 20
"""Patients who are drawn."""
EVENTS: Final = {
    "grade 3 or worse": "circle",
    "progression": "triangle-up",
    "death by toxicity": "cross",
}


def swimmer_section(arms: Arms) -> Section:
    """The same patients under both arms."""
    patients = _lanes(arms)
    weeks = max(int(courses.weeks_followed[patients].max()) for _, courses in arms.with_courses)
    return Section(
        name="swimmer",
        title="Courses of single patients",
        text=(
            f"{len(patients)} patients, evenly spaced by how long they stay on treatment under "
            "conventional care; the same patients under both treatments, in the same order. Bars "
            "last as long as a dose might still be given. A square is an administration, the "
            "darker the more of the label dose; a hollow square is one that was due and held. "
            "Rings mark the week in which a patient first had an adverse event of grade 3 or "
            "worse, and each further such onset."
        ),
        figures=(
            Figure("swimmer-chosen", _spec("chosen", len(patients), weeks), "{chosen}"),
            Figure("swimmer-reference", _spec("reference", len(patients), weeks), "{reference}"),
        ),
        tables=(
            Table(
                "swimmer",
                "lanes",
                "Courses",
                (
                    Column("arm", "Treatment"),
                    Column("patient", "Patient"),
                    Column("weeks", "Weeks on treatment"),
                    Column("given", "Administrations"),
                    Column("held", "Held"),
                    Column("dose", "Mean share of the label dose", percent=True),
                    Column("severe", "Weeks of grade ≥ 3"),
                    Column("progression", "Progression, week"),
                    Column("death", "Death by toxicity, week"),
                ),
            ),
        ),
        of_arms={
            "lanes": {arm.id: columns_of(_rows(c, patients)) for arm, c in arms.with_courses},
            "doses": {
                arm.id: columns_of(list(_doses(c, patients))) for arm, c in arms.with_courses
            },
            "events": {
                arm.id: columns_of(list(_events(c, patients))) for arm, c in arms.with_courses
            },
        },
    )


def _lanes(arms: Arms) -> list[int]:
    """Patients by their time on treatment under the reference, the longest last."""
    every = arms.with_courses
    courses = next((c for arm, c in every if arm is arms.reference), every[0][1])
    return spread_patients(courses.weeks_on_treatment, LANES).tolist()


def _given(
    courses: CourseRecords, patient: int
) -> tuple[Int[np.ndarray, " given"], Float[np.ndarray, " given"], Int[np.ndarray, " held"]]:
    """Weeks with a dose, their mean shares of the label dose, and weeks that were due and held."""
    fractions = courses.fractions[patient]
    is_given = (fractions > 0.0).any(axis=1)
    given = fractions[is_given]
    shares = given.sum(axis=1) / np.maximum(1, (given > 0.0).sum(axis=1))
    return np.flatnonzero(is_given), shares, np.flatnonzero(courses.due[patient] & ~is_given)


def _rows(courses: CourseRecords, patients: list[int]) -> list[dict[str, Scalar]]:
    rows: list[dict[str, Scalar]] = []
    for lane, patient in enumerate(patients):
        given, shares, held = _given(courses, patient)
        rows.append(
            {
                "lane": lane,
                "patient": patient,
                "start": 0,
                "weeks": int(courses.weeks_on_treatment[patient]),
                "given": len(given),
                "held": len(held),
                "dose": float(shares.mean()) if len(shares) else None,
                "severe": int((courses.grade[patient] >= SERIOUS).sum()),
                "progression": int(courses.progression_week[patient]) or None,
                "death": int(courses.death_week[patient]) or None,
            }
        )
    return rows


def _doses(courses: CourseRecords, patients: list[int]) -> Iterator[dict[str, Scalar]]:
    for lane, patient in enumerate(patients):
        given, shares, held = _given(courses, patient)
        for week, share in zip(given.tolist(), shares.tolist(), strict=True):
            yield {"lane": lane, "week": week, "share": share}
        for week in held.tolist():
            yield {"lane": lane, "week": week, "share": 0.0}


def _events(courses: CourseRecords, patients: list[int]) -> Iterator[dict[str, Scalar]]:
    for lane, patient in enumerate(patients):
        severe = courses.grade[patient] >= SERIOUS
        onsets = np.flatnonzero(severe & ~np.concatenate([[False], severe[:-1]]))
        for week in onsets.tolist():
            yield {"lane": lane, "week": week + 0.5, "event": "grade 3 or worse"}
        if week := int(courses.progression_week[patient]):
            yield {"lane": lane, "week": week, "event": "progression"}
        if week := int(courses.death_week[patient]):
            yield {"lane": lane, "week": week, "event": "death by toxicity"}


def _spec(role: str, lanes: int, last: int) -> dict[str, Any]:
    lane = {
        "field": "lane",
        "type": "ordinal",
        "title": "patients",
        "sort": "descending",
        "axis": {"labels": False, "ticks": False, "domain": False},
    }
    scale = {"domain": [0, last], "nice": False}
    weeks = quantitative("week", "weeks since the first visit", axis={"grid": False}, scale=scale)
    only = [{"filter": f"datum.role == '{role}'"}]
    shapes = {"domain": list(EVENTS), "range": list(EVENTS.values())}
    return {
        "description": "Swimmer plot of single patients' courses",
        "height": 20 * lanes,
        "encoding": {"y": lane},
        "layer": [
            {
                "data": named("lanes"),
                "transform": only,
                "mark": {"type": "bar", "height": {"band": 0.7}, "opacity": 0.15},
                "encoding": {
                    "x": {**weeks, "field": "start"},
                    "x2": {"field": "weeks"},
                    "color": arm_colour(),
                },
            },
            {
                "data": named("doses"),
                "transform": only,
                "mark": {"type": "square", "size": 45, "strokeWidth": 1},
                "encoding": {
                    "x": weeks,
                    "stroke": {**arm_colour()},
                    "fill": {
                        **arm_colour(),
                        "condition": {"test": "datum.share == 0", "value": PAPER},
                    },
                    "fillOpacity": quantitative(
                        "share", None, scale={"domain": [0, 1.25], "range": [0.05, 1]}, legend=None
                    ),
                    "tooltip": [
                        {"field": "week", "title": "week"},
                        {"field": "share", "title": "share of the label dose", "format": ".0%"},
                    ],
                },
            },
            {
                "data": named("events"),
                "transform": only,
                "mark": {
                    "type": "point",
                    "size": 30,
                    "yOffset": -5,
                    "stroke": INK,
                    "strokeWidth": 1.4,
                },
                "encoding": {
                    "x": weeks,
                    "shape": {
                        "field": "event",
                        "type": "nominal",
                        "title": None,
                        "scale": shapes,
                        "legend": {"columns": 2},
                    },
                    "tooltip": [
                        {"field": "event", "title": "event"},
                        {"field": "week", "title": "week", "format": ".0f"},
                    ],
                },
            },
        ],
    }
