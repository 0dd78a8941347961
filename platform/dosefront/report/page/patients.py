"""Doses and blood counts of sample patients over time."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from dosefront.clinical import spread_patients
from dosefront.evaluate import CourseRecords
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import FAINT, PAPER, arm_colour, named, quantitative
from posology.library import quantity

SHOWN: Final = 4
"""Patients with a figure of their own."""
RECOVERY: Final = 4
"""Weeks that are shown after the last treatment."""
COUNTS: Final = {"neutrophils": "ANC [10⁹/L]", "platelets": "platelets [10⁹/L]"}


def patients_section(arms: Arms) -> Section:
    """One figure for each patient: doses, neutrophils and platelets."""
    patients = _chosen(arms)
    thresholds = {name: (_limit(name, 3), _limit(name, 4)) for name in COUNTS}
    drugs = arms.with_courses[0][1].drugs
    bounds = ", ".join(
        f"{name} {severe:g} and {worst:g}" for name, (severe, worst) in thresholds.items()
    )
    weeks = RECOVERY + max(int(c.weeks_on_treatment[patients].max()) for _, c in arms.with_courses)
    return Section(
        name="patients",
        title="Doses and blood counts of sample patients",
        text=(
            f"{len(patients)} patients, evenly spaced by the lowest neutrophil count that they "
            "have under conventional care, the lowest and the highest among them; the same "
            "patients under both treatments. Squares are administrations, the darker the more of "
            "the label dose; hollow squares were due and held. Below are the true counts at "
            "weekly visits. Dashed lines are where CTCAE grades 3 and 4 begin: "
            f"{bounds} × 10⁹/L."
        ),
        figures=tuple(
            Figure(f"patient-{patient}", _spec(patient, len(drugs), weeks), f"Patient {patient}")
            for patient in patients
        ),
        tables=(
            Table(
                "courses",
                "courses",
                "Doses and counts by week",
                (
                    Column("arm", "Treatment"),
                    Column("patient", "Patient"),
                    Column("week", "Week"),
                    Column("doses", "Share of the label dose"),
                    Column("neutrophils", "ANC [10⁹/L]", digits=2),
                    Column("platelets", "Platelets [10⁹/L]", digits=0),
                ),
            ),
        ),
        datasets={"thresholds": columns_of(_threshold_rows(thresholds))},
        of_arms={
            "courses": {
                arm.id: columns_of(list(_weeks(c, patients))) for arm, c in arms.with_courses
            },
            "administrations": {
                arm.id: columns_of(list(_doses(c, patients))) for arm, c in arms.with_courses
            },
        },
    )


def _chosen(arms: Arms) -> list[int]:
    every = arms.with_courses
    courses = next((c for arm, c in every if arm is arms.reference), every[0][1])
    return spread_patients(np.nanmin(courses.neutrophils, axis=1), SHOWN).tolist()


def _limit(count: str, grade: int) -> float:
    return quantity(f"toxicities/ctcae/{count}_grade{grade}", "10^9/L")


def _threshold_rows(thresholds: dict[str, tuple[float, float]]) -> list[dict[str, Scalar]]:
    return [
        {"count": name, "bound": bound} for name, bounds in thresholds.items() for bound in bounds
    ]


def _weeks(courses: CourseRecords, patients: list[int]) -> Iterator[dict[str, Scalar]]:
    for patient in patients:
        for week in np.flatnonzero(np.isfinite(courses.neutrophils[patient])).tolist():
            fractions = courses.fractions[patient, week]
            given = [
                f"{drug} {share:.0%}"
                for drug, share in zip(courses.drugs, fractions.tolist(), strict=True)
                if share > 0.0
            ]
            held = "held" if courses.due[patient, week] else ""
            yield {
                "patient": patient,
                "week": week,
                "doses": ", ".join(given) or held,
                "neutrophils": float(courses.neutrophils[patient, week]),
                "platelets": float(courses.platelets[patient, week]),
            }


def _doses(courses: CourseRecords, patients: list[int]) -> Iterator[dict[str, Scalar]]:
    for patient in patients:
        for k, drug in enumerate(courses.drugs):
            shares = courses.fractions[patient, :, k]
            held = courses.due[patient] & ~(courses.fractions[patient] > 0.0).any(axis=1)
            for week in np.flatnonzero((shares > 0.0) | held).tolist():
                share = float(shares[week])
                yield {"patient": patient, "week": week, "drug": drug, "share": share}


def _spec(patient: int, drugs: int, weeks: int) -> dict[str, Any]:
    across = {"scale": {"domain": [-1, weeks], "nice": False}}
    only = {"filter": f"datum.patient == {patient}"}
    return {
        "description": f"Doses and blood counts of patient {patient} by week",
        "vconcat": [
            _dose_strip(only, across, drugs),
            *(_trace(name, title, only, across) for name, title in COUNTS.items()),
        ],
        "spacing": 8,
        "resolve": {"scale": {"color": "independent"}},
    }


def _dose_strip(only: dict[str, str], across: dict[str, Any], drugs: int) -> dict[str, Any]:
    """A row for each drug, within it one for each arm."""
    return {
        "height": 36 * drugs,
        "data": named("administrations"),
        "transform": [only],
        "mark": {"type": "square", "size": 45, "strokeWidth": 1},
        "encoding": {
            "x": quantitative("week", None, axis={"labels": False, "grid": False}, **across),
            "y": {
                "field": "drug",
                "type": "nominal",
                "title": None,
                "axis": {"ticks": False, "domain": False, "labelLimit": 90},
            },
            "yOffset": {"field": "role", "type": "nominal"},
            "stroke": arm_colour(),
            "fill": {**arm_colour(), "condition": {"test": "datum.share == 0", "value": PAPER}},
            "fillOpacity": quantitative(
                "share", None, scale={"domain": [0, 1.25], "range": [0.05, 1]}, legend=None
            ),
            "tooltip": [
                {"field": "arm", "title": "treatment"},
                {"field": "drug", "title": "drug"},
                {"field": "week", "title": "week"},
                {"field": "share", "title": "share of the label dose", "format": ".0%"},
            ],
        },
    }


def _trace(count: str, title: str, only: dict[str, str], across: dict[str, Any]) -> dict[str, Any]:
    is_last = count == "platelets"
    axis = {"grid": False, "labels": is_last}
    week = quantitative("week", "week" if is_last else None, axis=axis, **across)
    scale: dict[str, Any] = {"zero": True}
    ticks: dict[str, Any] = {"tickCount": 4}
    if count == "neutrophils":  # they matter where they are few
        scale = {"type": "symlog", "constant": 0.5}
        marks = [0, 0.5, 1, 2, 5, 10, 20]
        ticks = {"values": marks, "tickCount": len(marks), "labelExpr": "datum.value"}
    return {
        "height": 90,
        "layer": [
            {
                "data": named("thresholds"),
                "transform": [{"filter": f"datum.count == '{count}'"}],
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": FAINT},
                "encoding": {"y": quantitative("bound", title)},
            },
            {
                "data": named("courses"),
                "transform": [only],
                "mark": {"type": "line", "clip": True, "strokeWidth": 1.6, "point": {"size": 14}},
                "encoding": {
                    "x": week,
                    "y": quantitative(count, title, scale=scale, axis={**ticks, "grid": False}),
                    "color": arm_colour(),
                    "tooltip": [
                        {"field": "arm", "title": "treatment"},
                        {"field": "week", "title": "week"},
                        {"field": count, "title": title, "format": ".3~g"},
                        {"field": "doses", "title": "doses"},
                    ],
                },
            },
        ],
    }
