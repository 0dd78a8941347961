"""Best change of each patient's tumour, from the worst to the best."""

from typing import Any, Final

import numpy as np

from dosefront.evaluate import CourseRecords
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Columns, Figure, Section, Table
from dosefront.report.page.theme import ACCENT, arm_colour, named, quantitative

BARS: Final = 100
"""Bars of an arm: more would be thinner than a pixel."""
RESPONSE: Final = -0.30
"""Partial response, RECIST 1.1 (Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026)."""
PROGRESSION: Final = 0.20
"""Progression, likewise."""
HIGHEST: Final = 1.0
"""Where the figure ends; tumours that grew by more are drawn as if by so much."""


def waterfall_section(arms: Arms) -> Section:
    """One figure for each of the two arms."""
    return Section(
        name="waterfall",
        title="Best change of the tumour",
        text=(
            "Each bar is one patient: the largest shrinkage, or the least growth, that a scan "
            "showed up to progression. Patients stand from the worst to the best; "
            f"{BARS} of them are drawn, evenly spaced in that order. Lines mark partial response "
            "(−30 %) and progression (+20 %) of RECIST 1.1. Patients who died before their first "
            f"scan have no bar, and growth beyond {HIGHEST:+.0%} is cut there."
        ),
        figures=(
            Figure("waterfall-chosen", _spec("chosen"), "{chosen}"),
            Figure("waterfall-reference", _spec("reference"), "{reference}"),
        ),
        tables=(
            Table(
                "changes",
                "changes",
                "Best change",
                (
                    Column("arm", "Treatment"),
                    Column("patients", "Patients scanned"),
                    Column("response", "Shrunk by 30 % or more", percent=True),
                    Column("growth", "Grown by 20 % or more", percent=True),
                    Column("lower", "Lower quartile", percent=True),
                    Column("median", "Median", percent=True),
                    Column("upper", "Upper quartile", percent=True),
                ),
            ),
        ),
        of_arms={
            "waterfall": {arm.id: _bars(courses) for arm, courses in arms.with_courses},
            "changes": {arm.id: _summary(courses) for arm, courses in arms.with_courses},
        },
    )


def _bars(courses: CourseRecords) -> Columns:
    changes = np.sort(courses.best_change[np.isfinite(courses.best_change)])[::-1]
    count = min(BARS, len(changes))
    drawn = changes[((np.arange(count) + 0.5) * len(changes) / max(1, count)).astype(int)]
    return {
        "from": (np.arange(count) / max(1, count)).tolist(),
        "to": ((np.arange(count) + 1) / max(1, count)).tolist(),
        "change": drawn.tolist(),
        "shown": np.minimum(drawn, HIGHEST).tolist(),
    }


def _summary(courses: CourseRecords) -> Columns:
    changes = courses.best_change[np.isfinite(courses.best_change)]
    if not len(changes):
        return {}
    lower, median, upper = np.quantile(changes, [0.25, 0.5, 0.75]).tolist()
    return {
        "patients": [len(changes)],
        "response": [float((changes <= RESPONSE).mean())],
        "growth": [float((changes >= PROGRESSION).mean())],
        "lower": [lower],
        "median": [median],
        "upper": [upper],
    }


def _spec(role: str) -> dict[str, Any]:
    percent = {"format": "+.0%"}
    return {
        "description": "Waterfall plot of the best change of the tumour",
        "height": 260,
        "data": named("waterfall"),
        "transform": [{"filter": f"datum.role == '{role}'"}],
        "layer": [
            {
                "mark": {"type": "rect", "stroke": None},
                "encoding": {
                    "x": quantitative(
                        "from",
                        "patients, from the worst to the best",
                        axis={"format": ".0%", "grid": False},
                        scale={"domain": [0, 1]},
                    ),
                    "x2": {"field": "to"},
                    "y": quantitative(
                        "shown",
                        "best change from baseline",
                        axis=percent,
                        scale={"domain": [-1, HIGHEST]},
                    ),
                    "y2": {"datum": 0},
                    "color": arm_colour(),
                    "tooltip": [{"field": "change", "title": "best change", "format": "+.0%"}],
                },
            },
            *(
                {
                    "mark": {"type": "rule", "strokeDash": [4, 3], "color": ACCENT},
                    "encoding": {"y": {"datum": line}},
                }
                for line in (RESPONSE, PROGRESSION)
            ),
        ],
    }
