"""Swimmer plot: the same patients under an arm and under conventional care, a lane each."""

from typing import Final

import numpy as np
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dosefront.clinical import progression_free, spread_patients
from dosefront.evaluate import CourseRecords
from dosefront.report.canvas import Arm, add_caption, add_legend, new_figure, plain
from dosefront.report.palette import INK

LANES: Final = 24
LEVELS: Final = ((0.0, 0.5, 0.3), (0.5, 0.8, 0.5), (0.8, 1.05, 0.75), (1.05, np.inf, 1.0))
"""Mean fraction of the label doses from, below, and how strongly it is drawn."""


def draw_swimmer(care: Arm, point: Arm, context: str) -> Figure:
    """Two panels with the same patients in the same lanes."""
    weeks, _ = progression_free(care.courses)
    shown = spread_patients(weeks, LANES)
    figure = new_figure(10.5, 6.6)
    panels = figure.subplots(1, 2, sharey=True, sharex=True)
    for axes, arm in zip(panels, (care, point), strict=True):
        _draw_lanes(axes, arm, shown)
    panels[0].set_yticks(range(shown.size), [f"{patient}" for patient in shown])
    panels[0].set_ylabel("patient")
    panels[0].set_ylim(shown.size - 0.4, -0.8)
    add_legend(figure, _handles(), columns=5)
    add_caption(
        figure,
        f"{shown.size} of {weeks.size:,} patients: those at evenly spaced ranks of time to "
        f"progression or death under {care.title.lower()}, the shortest and the longest among "
        f"them; the same in both panels. Thick lines: while a dose could be given; thin: follow-up "
        f"after it. {context}",
    )
    return figure


def _draw_lanes(axes: Axes, arm: Arm, shown: Int[np.ndarray, " lanes"]) -> None:
    courses = arm.courses
    for lane, patient in enumerate(shown):
        _draw_lane(axes, courses, int(patient), lane=lane, colour=arm.colour)
    axes.set_title(arm.title, fontsize="medium")
    axes.set_xlabel("weeks since the first visit")
    axes.set_xlim(left=-0.5)
    plain(axes, grid="x")
    axes.tick_params(axis="y", length=0)


def _draw_lane(axes: Axes, courses: CourseRecords, patient: int, *, lane: int, colour: str) -> None:
    end, treated = courses.weeks_followed[patient], courses.weeks_on_treatment[patient]
    axes.plot([0, end], [lane, lane], color="#BBBBBB", linewidth=0.9, zorder=1)
    axes.plot([0, treated], [lane, lane], color="#BBBBBB", linewidth=4.5, zorder=2)
    given = courses.fractions[patient].mean(axis=1)
    for low, high, strength in LEVELS:
        at = np.flatnonzero((given > max(low, 0.0)) & (given >= low) & (given < high))
        axes.bar(at + 0.5, 0.62, 0.9, bottom=lane - 0.31, color="white", zorder=3)
        axes.bar(at + 0.5, 0.62, 0.9, bottom=lane - 0.31, color=colour, alpha=strength, zorder=3)
    held = np.flatnonzero(courses.due[patient] & (given == 0.0))
    axes.plot(
        held + 0.5,
        np.full(held.size, lane),
        linestyle="none",
        marker="x",
        color=INK,
        markersize=4.0,
        zorder=4,
    )
    serious = np.flatnonzero(courses.grade[patient] >= 3)
    onset = serious[np.diff(serious, prepend=-2) > 1]
    axes.plot(
        onset + 0.5,
        np.full(onset.size, lane - 0.42),
        linestyle="none",
        marker="v",
        color=INK,
        markersize=3.6,
        zorder=5,
    )
    for week, marker, face in (
        (courses.progression_week[patient], "D", "white"),
        (courses.death_week[patient], "X", "black"),
    ):
        if week > 0:
            axes.plot(
                [week],
                [lane],
                linestyle="none",
                marker=marker,
                markerfacecolor=face,
                markeredgecolor="black",
                markersize=5.0,
                zorder=6,
            )


def _handles() -> list[Patch | Line2D]:
    names = ("below 0.5", "0.5 to 0.8", "0.8 to 1.05", "above 1.05")
    doses: list[Patch | Line2D] = [
        Patch(color=INK, alpha=strength, label=f"dose {name} of the label's")
        for name, (_, _, strength) in zip(names, LEVELS, strict=True)
    ]
    marks = (
        ("dose held", "x", INK, INK),
        ("onset of grade ≥ 3", "v", INK, INK),
        ("progression", "D", "white", "black"),
        ("death by toxicity", "X", "black", "black"),
    )
    return doses + [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markerfacecolor=face,
            markeredgecolor=edge,
            label=label,
        )
        for label, marker, face, edge in marks
    ]
