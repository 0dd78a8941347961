"""Differences to conventional care in groups of patients: the forest plot."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import Bool

from dosefront.clinical import EVERYBODY, LEAST_SHOWN
from dosefront.front import paired_difference
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
    rows = _rows(arms)
    endpoints = [name for name in ENDPOINTS if any(row["endpoint"] == name for row in rows)]
    groups = len({row["group"] for row in rows})
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
        of_arms={
            "forest": {
                arm.id: columns_of([_without_id(row) for row in rows if row["id"] == arm.id])
                for arm in arms.shown
            }
        },
    )


def _without_id(row: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: value for name, value in row.items() if name != "id"}


def _rows(arms: Arms) -> list[dict[str, Scalar]]:
    """Group by group, so that the resamples of a group serve every arm."""
    if arms.reference is None:
        return []
    patients = next((len(a.results.returns) for a in arms.shown if a.results), 0)
    groups = {EVERYBODY: np.ones(patients, bool), **arms.subgroups}
    return [
        row
        for name, members in groups.items()
        if members.sum() >= LEAST_SHOWN
        for arm in arms.shown
        if arm is not arms.reference
        for row in _differences(arm, arms.reference, name, members)
    ]


def _differences(
    arm: Arm, reference: Arm, group: str, members: Bool[np.ndarray, " patients"]
) -> list[dict[str, Scalar]]:
    if arm.results is None or reference.results is None:
        return []
    ours, theirs = arm.results.endpoints, reference.results.endpoints
    rows: list[dict[str, Scalar]] = []
    for endpoint in ENDPOINTS:
        if endpoint in ours and endpoint in theirs:
            estimate = paired_difference(
                100.0 * ours[endpoint][members], 100.0 * theirs[endpoint][members]
            )
            patients = int(members.sum())
            rows.append(
                {
                    "id": arm.id,
                    "endpoint": endpoint,
                    "group": group_title(group),
                    "label": f"{group_title(group)} ({patients:,})",
                    "patients": patients,
                    "difference": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                }
            )
    return rows


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
