"""Swimmer plot: the same patients under an arm and under conventional care, a lane each."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dosefront.clinical import SERIOUS, mean_fractions, progression_free, spread_patients
from dosefront.report.canvas import Arm, add_caption, add_legend, new_figure, plain
from dosefront.report.palette import INK

LANES: Final = 24
LEVELS: Final = ((0.0, 0.5, 0.3), (0.5, 0.8, 0.5), (0.8, 1.05, 0.75), (1.05, np.inf, 1.0))
"""Mean fraction of the label doses above, up to, and how strongly it is drawn."""
HEIGHT: Final = 0.62
"""Of a lane's bars, of the distance between lanes."""
HELD: Final[Mapping[str, Any]] = {"marker": "x", "color": INK, "markersize": 4.0}
ONSET: Final[Mapping[str, Any]] = {"marker": "v", "color": INK, "markersize": 3.6}
PROGRESSION: Final[Mapping[str, Any]] = {
    "marker": "D",
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markersize": 5.0,
}
DEATH: Final[Mapping[str, Any]] = {"marker": "X", "color": "black", "markersize": 5.0}


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
    courses, lanes = arm.courses, np.arange(shown.size)
    for weeks, width in ((courses.weeks_followed, 0.9), (courses.weeks_on_treatment, 4.5)):
        axes.hlines(lanes, 0, weeks[shown], linewidth=width, color="#BBBBBB", zorder=1)
    given = mean_fractions(courses)[shown]
    for low, high, strength in LEVELS:
        rows, visits = np.nonzero((given > low) & (given <= high))
        for colour, alpha in (("white", 1.0), (arm.colour, strength)):
            axes.bar(
                visits + 0.5,
                HEIGHT,
                width=0.9,
                bottom=rows - HEIGHT / 2.0,
                color=colour,
                alpha=alpha,
                zorder=2,
            )
    serious = courses.grade[shown] >= SERIOUS
    onset = serious & ~np.pad(serious, ((0, 0), (1, 0)))[:, :-1]
    _mark(axes, courses.due[shown] & (given == 0.0), HELD)
    _mark(axes, onset, ONSET, above=0.42)
    for week, mark in ((courses.progression_week, PROGRESSION), (courses.death_week, DEATH)):
        happened = np.flatnonzero(week[shown])
        axes.plot(week[shown][happened], happened, linestyle="none", zorder=4, **mark)
    axes.set_title(arm.title, fontsize="medium")
    axes.set_xlabel("weeks since the first visit")
    axes.set_xlim(left=-0.5)
    plain(axes, grid="x")
    axes.tick_params(axis="y", length=0)


def _mark(
    axes: Axes, at: Bool[np.ndarray, "lanes weeks"], mark: Mapping[str, Any], *, above: float = 0.0
) -> None:
    rows, weeks = np.nonzero(at)
    axes.plot(weeks + 0.5, rows - above, linestyle="none", zorder=3, **mark)


def _handles() -> list[Patch | Line2D]:
    names = ("up to 0.5", "up to 0.8", "up to 1.05", "above 1.05")
    doses: list[Patch | Line2D] = [
        Patch(color=INK, alpha=strength, label=f"dose {name} of the label's")
        for name, (_, _, strength) in zip(names, LEVELS, strict=True)
    ]
    marks = {
        "dose held": HELD,
        "onset of grade ≥ 3": ONSET,
        "progression": PROGRESSION,
        "death by toxicity": DEATH,
    }
    return doses + [
        Line2D([], [], linestyle="none", label=name, **mark) for name, mark in marks.items()
    ]
