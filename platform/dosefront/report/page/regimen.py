"""The regimen of an arm: what is given at the first, second, ... administration, and when."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from dosefront.evaluate import CourseRecords
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import INK, arm_colour, named, quantitative

FEWEST: Final = 5
"""Patients below whom an administration is not shown: their mean says nothing."""
REACHED: Final = "patients who reach it"
INTERVAL: Final = "weeks since the one before"


def regimen_section(arms: Arms) -> Section:
    """Dose of each drug, interval and patients left, by administration."""
    drugs = arms.with_courses[0][1].drugs
    panels = {
        **{drug: f"{drug.capitalize()}, share of the label dose" for drug in drugs},
        INTERVAL: INTERVAL.capitalize(),
        REACHED: "Patients who reach it",
    }
    return Section(
        name="regimen",
        title="Regimen over the cycles",
        text=(
            "What patients are given at their first, second, and each later administration: lines "
            "are means, bands hold the middle half of the patients. The last two figures show how "
            "many weeks passed since the administration before, delays included, and how many "
            f"patients got so far. Administrations that fewer than {FEWEST} patients reach are "
            "left out."
        ),
        figures=tuple(
            Figure(f"regimen-{k}", _spec(name, title), title)
            for k, (name, title) in enumerate(panels.items())
        ),
        tables=(
            Table(
                "regimen",
                "regimen",
                "Regimen",
                (
                    Column("arm", "Treatment"),
                    Column("panel", "Of"),
                    Column("administration", "Administration"),
                    Column("mean", "Mean", digits=2),
                    Column("lower", "Lower quartile", digits=2),
                    Column("upper", "Upper quartile", digits=2),
                    Column("patients", "Patients"),
                ),
            ),
        ),
        of_arms={
            "regimen": {
                arm.id: columns_of(list(_rows(course))) for arm, course in arms.with_courses
            }
        },
    )


def administrations(courses: CourseRecords) -> Int[np.ndarray, "patients most"]:
    """The week of each patient's first, second, ... administration; -1 where there was none."""
    given = (courses.fractions > 0.0).any(axis=2)
    number = np.cumsum(given, axis=1) - 1
    weeks = np.full((len(given), max(1, int(given.sum(axis=1).max()))), -1)
    patient, week = np.nonzero(given)
    weeks[patient, number[patient, week]] = week
    return weeks


def _rows(courses: CourseRecords) -> Iterator[dict[str, Scalar]]:
    weeks = administrations(courses)
    for k, week in enumerate(weeks.T):
        treated = np.flatnonzero(week >= 0)
        if len(treated) < FEWEST:
            return
        fractions = courses.fractions[treated, week[treated]]
        for drug, of_drug in zip(courses.drugs, fractions.T, strict=True):
            yield _row(drug, k, of_drug)
        if k:
            yield _row(INTERVAL, k, week[treated] - weeks[treated, k - 1])
        reached = len(treated) / len(weeks)
        yield {**_row(REACHED, k, np.full(1, reached)), "patients": len(treated)}


def _row(panel: str, k: int, values: Float[np.ndarray, " patients"]) -> dict[str, Scalar]:
    lower, upper = np.quantile(values, [0.25, 0.75])
    return {
        "panel": panel,
        "administration": k + 1,
        "mean": float(values.mean()),
        "lower": float(lower),
        "upper": float(upper),
        "patients": len(values),
    }


def _spec(panel: str, title: str) -> dict[str, Any]:
    percent = {"axis": {"format": ".0%"}} if panel != INTERVAL else {}
    zero = {"scale": {"zero": True}}
    upwards = quantitative("mean", None, **percent, **zero)
    whole = {"tickMinStep": 1, "format": "d", "grid": False}
    return {
        "description": f"{title}, by administration",
        "height": 150,
        "data": named("regimen"),
        "transform": [{"filter": {"field": "panel", "equal": panel}}],
        "encoding": {
            "x": quantitative(
                "administration", "administration", axis=whole, scale={"zero": False, "padding": 8}
            ),
            "color": arm_colour(),
        },
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.18, "interpolate": "linear"},
                "encoding": {
                    "y": {**upwards, "field": "lower"},
                    "y2": {"field": "upper"},
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 30}},
                "encoding": {"y": upwards, "tooltip": _tooltip(panel)},
            },
            *([_full_dose()] if panel not in (INTERVAL, REACHED) else []),
        ],
    }


def _full_dose() -> dict[str, Any]:
    """The label's dose."""
    return {
        "mark": {"type": "rule", "strokeDash": [3, 3], "color": INK, "opacity": 0.5},
        "encoding": {"x": None, "y": {"datum": 1.0}, "color": None},
    }


def _tooltip(panel: str) -> list[dict[str, str]]:
    number = ".2f" if panel == INTERVAL else ".0%"
    return [
        {"field": "arm", "title": ""},
        {"field": "administration", "title": "administration"},
        {"field": "mean", "title": panel, "format": number},
        {"field": "patients", "title": "patients"},
    ]
