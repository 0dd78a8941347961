"""Courses of a few patients: doses, counts and tumour by week under two arms."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from dosefront.clinical import progression_free, spread_patients
from dosefront.report.canvas import Arm, add_caption, add_legend, new_figure, plain
from dosefront.report.palette import INK

CHOSEN: Final = ("least gain", "median gain", "greatest gain")
COUNTS: Final = (
    ("neutrophils", "neutrophils\n[10⁹/L]", (1.0, 0.5)),
    ("platelets", "platelets\n[10⁹/L]", (50.0, 25.0)),
)
"""Field, title of the axis, and the counts below which CTCAE v5 grades 3 and 4 begin [10^9/L]."""
MARKS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 25.0, 50.0, 100.0, 200.0, 400.0, 800.0)
"""Numbers that an axis of counts carries [10^9/L]."""
WIDTH: Final = 0.40
"""Of a dose's bar, in weeks."""


def draw_courses(care: Arm, point: Arm, context: str) -> Figure:
    """A column a patient: one panel a drug, then neutrophils, platelets and tumour size."""
    gains = progression_free(point.courses)[0] - progression_free(care.courses)[0]
    shown = spread_patients(gains, len(CHOSEN))
    drugs = care.courses.drugs
    figure = new_figure(10.5, 4.6 + 0.9 * len(drugs))
    heights = [0.8] * len(drugs) + [1.2] * (len(COUNTS) + 1)
    panels = figure.subplots(
        len(heights), len(shown), sharex="col", sharey="row", height_ratios=heights, squeeze=False
    )
    for column, (patient, name) in enumerate(zip(shown, CHOSEN, strict=False)):
        _draw_patient(panels[:, column], (care, point), int(patient))
        panels[0, column].set_title(
            f"patient {patient}: {name} ({gains[patient]:+.0f} wk)", fontsize="medium"
        )
        panels[-1, column].set_xlabel("weeks since the first visit")
    _name_rows(list(panels[:, 0]), drugs)
    add_legend(figure, _handles((care, point)), columns=6)
    add_caption(
        figure,
        f"Patients with the least, the median and the greatest gain in time to progression or "
        f"death, {point.title} less {care.title.lower()} (of {gains.size:,}; among equals the "
        f"first by number). True counts at weekly visits, between which a nadir may lie deeper; "
        f"dotted lines: below them CTCAE grades 3 and 4 begin. Crosses: a dose was due and none "
        f"given (held). {context}",
    )
    return figure


def _draw_patient(panels: np.ndarray, arms: Sequence[Arm], patient: int) -> None:
    drugs = len(arms[0].courses.drugs)
    for index, arm in enumerate(arms):
        courses = arm.courses
        weeks = np.arange(courses.size.shape[1])
        held = np.flatnonzero(courses.due[patient] & ~courses.fractions[patient].any(axis=1))
        for drug in range(drugs):
            given = courses.fractions[patient, :, drug]
            at = np.flatnonzero(given)
            place = WIDTH * (index - 0.5)
            panels[drug].bar(at + place, given[at], WIDTH, color=arm.colour)
            panels[drug].plot(
                held + place,
                np.full(held.size, 0.06),
                linestyle="none",
                marker="x",
                markersize=4.0,
                color=arm.colour,
            )
        style = {"color": arm.colour, "linewidth": 1.3}
        for row, (field, _, _) in enumerate(COUNTS):
            panels[drugs + row].plot(weeks, getattr(courses, field)[patient], **style)
        panels[-1].plot(weeks, 100.0 * courses.size[patient], **style)
        seen = np.flatnonzero(np.isfinite(courses.scanned[patient]))
        panels[-1].plot(
            seen,
            100.0 * courses.scanned[patient, seen],
            linestyle="none",
            marker="o",
            markersize=3.0,
            color=arm.colour,
        )
        death = courses.death_week[patient]
        if death:
            size = 100.0 * courses.size[patient, death]
            panels[-1].plot([death], [size], marker="X", markersize=6.0, color=arm.colour)
        progression = courses.progression_week[patient]
        if progression:
            panels[-1].axvline(progression, color=arm.colour, linewidth=1.0, linestyle="--")


def _name_rows(panels: Sequence[Axes], drugs: Sequence[str]) -> None:
    for row, drug in enumerate(drugs):
        panels[row].set_ylabel(f"{drug}\n[of label]")
        panels[row].set_ylim(0.0, 1.35)
        panels[row].set_yticks([0.0, 0.5, 1.0])
    for row, (_, title, bounds) in enumerate(COUNTS, start=len(drugs)):
        panels[row].set_ylabel(title)
        panels[row].set_yscale("log")
        panels[row].yaxis.set_major_locator(FixedLocator(MARKS))
        panels[row].yaxis.set_minor_locator(NullLocator())
        panels[row].yaxis.set_major_formatter("{x:g}")
        for axes in panels[row].get_shared_y_axes().get_siblings(panels[row]):
            for bound in bounds:
                axes.axhline(bound, color=INK, linewidth=0.8, linestyle=":")
    panels[-1].set_ylabel("tumour size\n[% of baseline]")
    for axes in (
        each for panel in panels for each in panel.get_shared_y_axes().get_siblings(panel)
    ):
        plain(axes)
        axes.set_xlim(-1.0, None)


def _handles(arms: Sequence[Arm]) -> list[Line2D]:
    lines = [Line2D([], [], color=arm.colour, linewidth=1.6, label=arm.title) for arm in arms]
    marks = {"dose held": ("x", 4.0), "scan": ("o", 3.0), "death by toxicity": ("X", 6.0)}
    seen = [
        Line2D([], [], color=INK, marker=marker, markersize=size, linestyle="none", label=label)
        for label, (marker, size) in marks.items()
    ]
    end = Line2D([], [], color=INK, linestyle="--", linewidth=1.0, label="progression")
    return [*lines, *seen, end]
