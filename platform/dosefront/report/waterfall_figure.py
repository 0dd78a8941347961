"""Waterfall: every patient's best change in tumour size, in order, for each arm."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dosefront.report.canvas import Arm, add_caption, new_figure, plain
from dosefront.report.palette import INK

PARTIAL_RESPONSE, PROGRESSION = -30.0, 20.0
"""RECIST 1.1, doi:10.1016/j.ejca.2008.10.026: change in the sum of longest diameters [%]; the
progression's is from the smallest sum, not from the baseline, and is drawn for orientation."""
MOST: Final = 100.0
"""Growth beyond this is drawn as this [%]."""


def draw_waterfall(care: Arm, points: Sequence[Arm], context: str) -> Figure:
    """One panel an arm; so many patients that their bars are one area."""
    arms = (care, *points)
    figure = new_figure(2.1 + 2.3 * len(arms), 4.4)
    panels = np.atleast_1d(figure.subplots(1, len(arms), sharey=True))
    for axes, arm in zip(panels, arms, strict=True):
        _draw_panel(axes, arm)
    panels[0].set_ylabel("best change in sum of diameters [% of baseline]")
    missing = max(int(np.isnan(arm.courses.best_change).sum()) for arm in arms)
    beyond = max(int((100.0 * arm.courses.best_change > MOST).sum()) for arm in arms)
    add_caption(
        figure,
        f"Best change that a scan showed up to progression; n in each panel. Broken lines: "
        f"{PARTIAL_RESPONSE:+.0f} % (partial response) and {PROGRESSION:+.0f} %, RECIST 1.1. "
        f"Growth beyond {MOST:.0f} % (at most {beyond} patients of an arm) is drawn as that; "
        f"patients without a scan after the first (at most {missing}) are left out. {context}",
    )
    return figure


def _draw_panel(axes: Axes, arm: Arm) -> None:
    changes = 100.0 * arm.courses.best_change
    ordered = np.sort(changes[np.isfinite(changes)])[::-1]
    edges = np.linspace(0.0, 100.0, ordered.size + 1)
    heights = np.minimum(np.append(ordered, ordered[-1:]), MOST)
    axes.fill_between(edges, heights, step="post", color=arm.colour, alpha=0.85, linewidth=0)
    for level in (PARTIAL_RESPONSE, PROGRESSION):
        axes.axhline(level, color="white", linewidth=0.9)  # so that it is seen over black too
        axes.axhline(level, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.axhline(0.0, color=INK, linewidth=0.8)
    shrunk = (ordered <= PARTIAL_RESPONSE).mean()
    axes.text(
        0.97,
        0.97,
        f"{100.0 * shrunk:.0f} % shrank\nby 30 % or more",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize="small",
    )
    axes.set_title(f"{arm.title}\nn = {ordered.size:,}", fontsize="small")
    axes.set_xlabel("patients, in order [%]")
    axes.set_xlim(0.0, 100.0)
    axes.set_ylim(-100.0, MOST)
    plain(axes, grid="y")
