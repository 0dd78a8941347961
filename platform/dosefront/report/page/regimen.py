"""The regimen of an arm: what is given in each cycle, when, and to how many."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from dosefront.evaluate import CourseRecords
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import INK, arm_colour, named, quantitative

FEWEST: Final = 5
"""Patients below whom a cycle is not shown: their mean says nothing."""
BEGUN: Final = "patients who begin it"
INTERVAL: Final = "weeks since the cycle before"


def regimen_section(arms: Arms) -> Section:
    """Dose of each drug, interval and patients left, by cycle."""
    drugs = arms.with_courses[0][1].drugs
    panels = {
        **{drug: f"{drug.capitalize()}, share of the label dose" for drug in drugs},
        INTERVAL: INTERVAL.capitalize(),
        BEGUN: "Patients who begin it",
    }
    return Section(
        name="regimen",
        title="Regimen over the cycles",
        text=(
            "What is given in each cycle to the patients who begin it: lines are means, bands hold "
            "the middle half of the patients; a cycle of several visits counts with their mean. "
            "The last two figures show how many weeks lie between the beginning of a cycle and of "
            "the one before, delays included, and how many patients begin it. Cycles that fewer "
            f"than {FEWEST} patients begin are left out."
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
                    Column("cycle", "Cycle"),
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


def _rows(courses: CourseRecords) -> Iterator[dict[str, Scalar]]:
    before = np.zeros(len(courses.cycle))
    for cycle in range(1, int(courses.cycle.max()) + 1):
        visits = courses.cycle == cycle
        treated = visits.any(axis=1)
        if treated.sum() < FEWEST:
            return
        sums = (courses.fractions * visits[:, :, None]).sum(axis=1)[treated]
        fractions = sums / visits.sum(axis=1)[treated, None]
        for drug, of_drug in zip(courses.drugs, fractions.T, strict=True):
            yield _row(drug, cycle, of_drug)
        week = visits.argmax(axis=1)
        if cycle > 1:
            yield _row(INTERVAL, cycle, (week - before)[treated])
        before = np.where(treated, week, before)
        begun = _row(BEGUN, cycle, np.full(1, treated.mean()))
        yield {**begun, "patients": int(treated.sum())}


def _row(panel: str, cycle: int, values: Float[np.ndarray, " patients"]) -> dict[str, Scalar]:
    lower, upper = np.quantile(values, [0.25, 0.75])
    return {
        "panel": panel,
        "cycle": cycle,
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
        "description": f"{title}, by cycle",
        "height": 150,
        "data": named("regimen"),
        "transform": [{"filter": {"field": "panel", "equal": panel}}],
        "encoding": {
            "x": quantitative("cycle", "cycle", axis=whole, scale={"zero": False, "padding": 8}),
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
            *([_full_dose()] if panel not in (INTERVAL, BEGUN) else []),
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
        {"field": "arm", "title": "treatment"},
        {"field": "cycle", "title": "cycle"},
        {"field": "mean", "title": panel, "format": number},
        {"field": "patients", "title": "patients"},
    ]
