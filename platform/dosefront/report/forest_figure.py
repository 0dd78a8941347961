"""Forest plot: what an arm changes against conventional care, by group of patients."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dosefront.clinical import (
    LEAST_SHOWN,
    SERIOUS,
    GroupDifference,
    group_differences,
    progression_free,
)
from dosefront.evaluate import CourseRecords
from dosefront.report.canvas import Arm, add_caption, add_legend, new_figure, plain
from dosefront.report.palette import INK
from dosefront.report.sheet import group_title

SPREAD: Final = 0.6
MEASURES: Final = (
    ("confirmed response", "difference [points]", "right: more responses", 100.0),
    ("serious adverse event", "difference [points]", "left: fewer events", 100.0),
    ("time to progression or death", "difference in mean [weeks]", "right: longer", 1.0),
)
"""Title, axis, what is better, and how many of the axis' units one of the measure's is."""


def draw_forest(
    care: Arm,
    points: Sequence[Arm],
    groups: Mapping[str, Bool[np.ndarray, " patients"]],
    context: str,
) -> Figure:
    """A panel a measure, a row a group, a mark an arm."""
    theirs = _measures(care.courses)
    compared = [
        [
            group_differences(own, base, groups)
            for own, base in zip(_measures(each.courses), theirs, strict=True)
        ]
        for each in points
    ]
    rows = compared[0][0]
    figure = new_figure(11.0, 1.9 + 0.30 * len(rows) * (0.8 + 0.2 * len(points)))
    panels = figure.subplots(1, len(MEASURES), sharey=True)
    for measure, axes in enumerate(panels):
        for index, (arm, own) in enumerate(zip(points, compared, strict=True)):
            place = SPREAD * ((index + 0.5) / len(points) - 0.5)
            _draw_groups(
                axes, own[measure], colour=arm.colour, place=place, scale=MEASURES[measure][3]
            )
        title, unit, better, _ = MEASURES[measure]
        axes.set_title(title, fontsize="medium")
        axes.set_xlabel(f"{unit}\n{better}")
        axes.axvline(0.0, color=INK, linewidth=0.8)
        plain(axes)
        axes.tick_params(axis="y", length=0)
    names = [f"{group_title(each.group)}  ({each.patients:,})" for each in rows]
    panels[0].set_yticks(range(len(rows)), names)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    add_legend(figure, [_handle(arm) for arm in points])
    add_caption(
        figure,
        f"Difference from {care.title.lower()} on the same patients with 95 % interval "
        f"(over the group's patients, who are paired); number of patients in "
        f"brackets. Groups of fewer than {LEAST_SHOWN} are left out. The groups were not "
        f"trained for, and the intervals are not adjusted for their number. {context}",
    )
    return figure


def _measures(courses: CourseRecords) -> tuple[np.ndarray, ...]:
    """Of each patient, in the order of ``MEASURES``."""
    serious = courses.worst_grades.max(axis=1) >= SERIOUS
    return courses.confirmed, serious, progression_free(courses)[0]


def _draw_groups(
    axes: Axes, rows: Sequence[GroupDifference], *, colour: str, place: float, scale: float
) -> None:
    for row, each in enumerate(rows):
        estimate = each.difference
        axes.plot(
            [scale * estimate.low, scale * estimate.high],
            [row + place] * 2,
            color=colour,
            linewidth=1.4,
            solid_capstyle="butt",
        )
        axes.plot(
            [scale * estimate.value],
            [row + place],
            color=colour,
            linestyle="none",
            marker="D" if row == 0 else "s",
            markersize=5.0 if row == 0 else 3.8,
        )


def _handle(arm: Arm) -> Line2D:
    return Line2D([], [], color=arm.colour, marker="s", markersize=4.0, label=arm.title)
