"""Differences to conventional care in groups of patients: the forest plot."""

from collections.abc import Mapping
from typing import Any, Final

from dosefront.clinical import LEAST_SHOWN, GroupDifference, group_differences
from dosefront.report.page.arms import Arm, Arms
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import (
    arm_colour,
    interval_rules,
    named,
    quantitative,
    zero_rule,
)
from dosefront.report.sheet import group_title

ENDPOINTS: Final[Mapping[str, str]] = {
    "confirmed response": "to the right is better",
    "serious adverse event": "to the left is better",
}
ROW: Final = 22
"""Height of a row in pixels."""


def subgroups_section(arms: Arms) -> Section:
    """One figure for each endpoint that the run holds."""
    reference = arms.reference
    against = reference.title if reference else ""
    rows = {arm.id: _rows(arm, arms) for arm in arms.shown}
    every = [row for each in rows.values() for row in each]
    endpoints = [name for name in ENDPOINTS if any(row["endpoint"] == name for row in every)]
    groups = len({row["group"] for row in every})
    titles = {
        name: f"{name.capitalize()}, difference to {against}; {ENDPOINTS[name]}"
        for name in endpoints
    }
    return Section(
        name="subgroups",
        title="Groups of patients",
        text=(
            "Difference between the chosen treatment and conventional care in each group, paired "
            "on patients, with a 95 % interval. Groups overlap; those of fewer than "
            f"{LEAST_SHOWN} patients are left out. Intervals are not corrected for the number of "
            "groups."
        ),
        figures=tuple(
            Figure(f"forest-{k}", _spec(name, titles[name], groups), titles[name])
            for k, name in enumerate(endpoints)
        ),
        tables=(
            Table(
                "forest",
                "forest",
                "Differences by group",
                (
                    Column("arm", "Treatment"),
                    Column("endpoint", "Endpoint"),
                    Column("group", "Group"),
                    Column("patients", "Patients"),
                    Column("difference", "Difference, points", digits=1, low="low", high="high"),
                ),
            ),
        ),
        of_arms={"forest": {key: columns_of(each) for key, each in rows.items()}},
    )


def _rows(arm: Arm, arms: Arms) -> list[dict[str, Scalar]]:
    """Group by group, each endpoint that the arm and conventional care both have."""
    care = arms.reference
    if care is None or arm is care or arm.results is None or care.results is None:
        return []
    ours, theirs = arm.results.endpoints, care.results.endpoints
    compared = {
        name: group_differences(ours[name], theirs[name], arms.subgroups)
        for name in ENDPOINTS
        if name in ours and name in theirs
    }
    return [
        _row(name, each)
        for of_group in zip(*compared.values(), strict=True)
        for name, each in zip(compared, of_group, strict=True)
    ]


def _row(endpoint: str, compared: GroupDifference) -> dict[str, Scalar]:
    """The difference in percentage points."""
    title, difference = group_title(compared.group), compared.difference
    return {
        "endpoint": endpoint,
        "group": title,
        "label": f"{title} ({compared.patients:,})",
        "patients": compared.patients,
        "difference": 100.0 * difference.value,
        "low": 100.0 * difference.low,
        "high": 100.0 * difference.high,
    }


def _spec(endpoint: str, title: str, groups: int) -> dict[str, Any]:
    axis = {"ticks": False, "domain": False, "labelLimit": 220}
    return {
        "description": title,
        "height": ROW * groups,
        "data": named("forest"),
        "transform": [{"filter": {"field": "endpoint", "equal": endpoint}}],
        "encoding": {
            "y": {"field": "label", "type": "nominal", "title": None, "sort": None, "axis": axis},
            "color": arm_colour(),
        },
        "layer": [
            zero_rule(),
            interval_rules("low", "high", "percentage points"),
            {
                "mark": {"type": "square", "filled": True},
                "encoding": {
                    "x": quantitative("difference", "percentage points"),
                    "size": quantitative(
                        "patients", None, legend=None, scale={"range": [25, 110], "zero": True}
                    ),
                    "tooltip": [
                        {"field": "label", "title": "group"},
                        {"field": "difference", "title": "difference", "format": "+.1f"},
                        {"field": "low", "title": "low", "format": "+.1f"},
                        {"field": "high", "title": "high", "format": "+.1f"},
                    ],
                },
            },
        ],
    }
