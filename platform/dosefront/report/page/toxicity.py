"""Adverse events by CTCAE term and grade, against conventional care."""

from collections.abc import Sequence
from typing import Any, Final

from dosefront.clinical import TermComparison, compare_events
from dosefront.front import Estimate
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import (
    arm_colour,
    interval_rules,
    named,
    quantitative,
    zero_rule,
)

GRADES: Final = (1, 2, 3, 4, 5)
ROW: Final = 22
"""Height of a row in pixels."""
GRADE_COLOURS: Final = ("#fde3b8", "#fbb86b", "#ef7a3a", "#c03a2b", "#6d1a36")
"""From light to dark, told apart in grey as well."""
NONE: Final = Estimate(0.0, 0.0, 0.0)
"""The difference of an arm from itself, whoever the patients are."""


def toxicity_section(arms: Arms) -> Section:
    """Worst grade of each term, and the difference in severe events."""
    reference = next((c for arm, c in arms.with_courses if arm is arms.reference), None)
    against = arms.reference.title if arms.reference and reference else ""
    # Without conventional care each is compared with itself, and no difference is shown.
    compared = {
        arm.id: compare_events(courses, reference or courses) for arm, courses in arms.with_courses
    }
    terms = list(dict.fromkeys(each.term for every in compared.values() for each in every))
    with_itself = {
        arm.id for arm, courses in arms.with_courses if (reference or courses) is courses
    }
    rows = {
        key: [_row(each, is_with_itself=key in with_itself) for each in every]
        for key, every in compared.items()
    }
    title = f"Grade 3 or worse, difference to {against}"
    figures = [
        Figure("grades-chosen", _grades_spec("chosen", terms), "{chosen}"),
        Figure("grades-reference", _grades_spec("reference", terms), "{reference}"),
    ]
    if reference:
        figures.append(Figure("difference", _difference_spec(title, terms), title))
    return Section(
        name="toxicity",
        title="Adverse events",
        text=(
            "The worst CTCAE 5.0 grade of each term that a patient had, true events whether or not "
            "the clinic charted them, as a share of all patients. Rates of grade 3 or worse in the "
            "table have exact intervals (Clopper-Pearson)."
            + (
                " Differences are paired on patients, chosen treatment less conventional care, "
                "with a 95 % interval; to the left of zero the chosen one is safer."
                if reference
                else ""
            )
        ),
        figures=tuple(figures),
        tables=(Table("toxicity", "toxicity", "Adverse events by grade", _columns(against)),),
        of_arms={
            "toxicity": {key: columns_of(each) for key, each in rows.items()},
            "grades": {key: columns_of(_long(each)) for key, each in rows.items()},
        },
    )


def _columns(against: str) -> tuple[Column, ...]:
    columns = (
        Column("arm", "Treatment"),
        Column("term", "Term"),
        *(Column(f"grade_{grade}", f"Grade {grade}", percent=True) for grade in GRADES),
        Column("severe", "Grade ≥ 3", low="severe_low", high="severe_high", percent=True),
    )
    if not against:
        return columns
    difference = Column(
        "difference",
        f"Difference to {against}, points",
        digits=1,
        low="difference_low",
        high="difference_high",
    )
    return (*columns, difference)


def _row(compared: TermComparison, *, is_with_itself: bool) -> dict[str, Scalar]:
    """Shares, and the difference in percentage points."""
    shares = compared.patients[0] / compared.patients[0].sum()
    severe = compared.rates[0]
    difference = NONE if is_with_itself else compared.difference
    return {
        "term": compared.term,
        **{f"grade_{grade}": float(shares[grade]) for grade in GRADES},
        "severe": severe.value,
        "severe_low": severe.low,
        "severe_high": severe.high,
        "difference": 100.0 * difference.value,
        "difference_low": 100.0 * difference.low,
        "difference_high": 100.0 * difference.high,
    }


def _long(rows: list[dict[str, Scalar]]) -> list[dict[str, Scalar]]:
    return [
        {"term": row["term"], "grade": grade, "share": row[f"grade_{grade}"]}
        for row in rows
        for grade in GRADES
        if row[f"grade_{grade}"]
    ]


def _term(terms: Sequence[str]) -> dict[str, Any]:
    axis = {"ticks": False, "domain": False, "labelLimit": 200}
    scale = {"domain": list(terms)}
    return {"field": "term", "type": "nominal", "title": None, "axis": axis, "scale": scale}


def _grades_spec(role: str, terms: Sequence[str]) -> dict[str, Any]:
    scale = {"domain": list(GRADES), "range": list(GRADE_COLOURS)}
    return {
        "description": "Shares of patients by worst grade of each term",
        "height": ROW * len(terms),
        "data": named("grades"),
        "transform": [{"filter": f"datum.role == '{role}'"}],
        "mark": {"type": "bar", "height": {"band": 0.75}},
        "encoding": {
            "y": _term(terms),
            "x": quantitative(
                "share", "share of patients", axis={"format": ".0%"}, scale={"domain": [0, 1]}
            ),
            "color": {"field": "grade", "type": "ordinal", "title": "grade", "scale": scale},
            "order": {"field": "grade"},
            "tooltip": [
                {"field": "term", "title": "term"},
                {"field": "grade", "title": "worst grade"},
                {"field": "share", "title": "patients", "format": ".1%"},
            ],
        },
    }


def _difference_spec(title: str, terms: Sequence[str]) -> dict[str, Any]:
    return {
        "description": title,
        "height": ROW * len(terms),
        "data": named("toxicity"),
        "transform": [{"filter": "datum.role == 'chosen'"}],
        "encoding": {"y": _term(terms), "color": arm_colour()},
        "layer": [
            zero_rule(),
            interval_rules("difference_low", "difference_high", "percentage points"),
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {
                    "x": quantitative("difference", "percentage points"),
                    "tooltip": [
                        {"field": "term", "title": "term"},
                        {"field": "difference", "title": "difference", "format": "+.1f"},
                        {"field": "difference_low", "title": "low", "format": "+.1f"},
                        {"field": "difference_high", "title": "high", "format": "+.1f"},
                    ],
                },
            },
        ],
    }
