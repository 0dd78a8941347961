"""Emulated trials against published ones as a figure, with bands of tolerance."""

import io
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from dosefront.records.storage import write_atomically
from dosefront.report.canvas import DOTS_PER_INCH
from dosefront.report.labels import Label, place_labels
from dosefront.report.palette import GRID, INK, OKABE_ITO
from dosefront.report.plane import DISCLAIMER
from posology.validation import TITLES, TOLERANCES, Cell, Estimate, unit_of

SIZE_INCHES: Final = (13.5, 5.2)
WITHIN, BEYOND = OKABE_ITO[0], OKABE_ITO[1]
MARGIN: Final = 1.08
MONTHS: Final = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0)
"""Numbers that an axis of medians carries."""


def write_validation_figure(cells: Sequence[Cell], path: Path) -> None:
    """Write the figure as a PNG, replaced as a whole."""
    image = io.BytesIO()
    draw_validation(cells).savefig(image, format="png", dpi=DOTS_PER_INCH)
    write_atomically(path, image.getvalue())


def draw_validation(cells: Sequence[Cell]) -> Figure:
    """Simulated against published: one panel for each endpoint with a tolerance."""
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    panels = figure.subplots(1, len(TOLERANCES))
    drawn = {endpoint: _shown(cells, endpoint) for endpoint in TOLERANCES}
    for axes, endpoint in zip(panels, TOLERANCES, strict=True):
        _draw_panel(axes, endpoint, drawn[endpoint])
    caption = "\n".join(textwrap.wrap(_caption(cells), width=230))
    figure.supxlabel(caption, x=0.01, ha="left", fontsize="x-small", color=INK)
    _add_legend(figure, panels[0])
    for axes, own in zip(panels, drawn.values(), strict=True):
        _label(figure, axes, own)
    return figure


def _shown(cells: Sequence[Cell], endpoint: str) -> list[tuple[Cell, Estimate, float]]:
    """Cells with two finite figures, with them."""
    return [
        (cell, cell.simulated, cell.published)
        for cell in cells
        if cell.endpoint == endpoint
        and cell.simulated is not None
        and cell.published is not None
        and cell.within is not None
        and math.isfinite(cell.simulated.value)
    ]


def _draw_panel(axes: Axes, endpoint: str, shown: list[tuple[Cell, Estimate, float]]) -> None:
    tolerance = TOLERANCES[endpoint]
    start, end = _limits(endpoint, shown)
    line = np.linspace(start, end, 500)
    unit = unit_of(endpoint)
    low, high = np.maximum(line - tolerance, start), line + tolerance
    axes.fill_between(
        line, low, high, color=INK, alpha=0.10, linewidth=0, label="band of tolerance"
    )
    axes.plot(line, line, color=INK, linewidth=0.8)
    for is_within, colour, marker in ((True, WITHIN, "o"), (False, BEYOND, "D")):
        for calibrated in (True, False):
            own = [
                each
                for each in shown
                if each[0].within is is_within and each[0].calibrated is calibrated
            ]
            _draw_cells(axes, own, colour=colour, marker=marker, is_filled=calibrated)
    agreeing = sum(cell.within is True for cell, _, _ in shown)
    axes.set_title(
        f"{TITLES[endpoint]}: {agreeing} of {len(shown)} within {tolerance:g} "
        f"{'points' if unit == '%' else 'month' if tolerance == 1.0 else 'months'}",
        fontsize="medium",
    )
    axes.set_xlabel(f"published [{unit}]")
    axes.set_ylabel(f"simulated [{unit}]")
    if start > 0.0:
        for axis, set_scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
            set_scale("log")
            axis.set_major_locator(FixedLocator(MONTHS))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter("{x:g}")
    axes.set_xlim(start, end)
    axes.set_ylim(start, end)
    axes.set_aspect("equal")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def _limits(endpoint: str, shown: list[tuple[Cell, Estimate, float]]) -> tuple[float, float]:
    """Both axes of a panel: medians on a logarithmic scale, for their ratios differ widely."""
    values = [value for _, each, published in shown for value in (each.value, published)]
    if unit_of(endpoint) == "months":
        positive = [value for value in values if value > 0.0] or [1.0, 10.0]
        return min(positive) / MARGIN**4, max(positive) * MARGIN**4
    end = min(100.0, max(values, default=100.0) + TOLERANCES[endpoint])
    return -0.02 * end, end * 1.02  # markers at 0 and 100 % are whole


def _draw_cells(
    axes: Axes,
    shown: list[tuple[Cell, Estimate, float]],
    *,
    colour: str,
    marker: str,
    is_filled: bool,
) -> None:
    """Points with what trials of the arms' sizes would report."""
    if not shown:
        return
    values = np.array([each.value for _, each, _ in shown])
    lows = np.array([each.expected_low for _, each, _ in shown])
    highs = np.array([each.expected_high for _, each, _ in shown])
    top = 10.0 * values.max()  # an upper limit that was not reached leaves the panel
    axes.errorbar(
        [published for _, _, published in shown],
        values,
        yerr=[values - lows, np.minimum(highs, top) - values],
        color=colour,
        markerfacecolor=colour if is_filled else "white",
        linestyle="none",
        elinewidth=0.9,
        marker=marker,
        markersize=5.0,
    )


def _add_legend(figure: Figure, axes: Axes) -> None:
    kinds = (
        ("within tolerance", WITHIN, "o", True),
        ("beyond tolerance", BEYOND, "D", True),
        ("hollow: an arm that was not used for calibration", INK, "o", False),
    )
    band, _ = axes.get_legend_handles_labels()
    points = [
        axes.plot(
            [],
            [],
            color=colour,
            markerfacecolor=colour if is_filled else "white",
            marker=marker,
            linestyle="none",
        )[0]
        for _, colour, marker, is_filled in kinds
    ]
    figure.legend(
        [*band, *points],
        ["band of tolerance", *(title for title, *_ in kinds)],
        loc="outside upper left",
        ncols=4,
        frameon=False,
        fontsize="small",
    )


def _label(figure: Figure, axes: Axes, shown: list[tuple[Cell, Estimate, float]]) -> None:
    """Each arm's id beside its point."""
    end = axes.get_ylim()[1]
    boxes = [
        (published, each.expected_low, published, min(each.expected_high, end))
        for _, each, published in shown
    ]
    labels = [Label(cell.arm.id, published, each.value) for cell, each, published in shown]
    diagonal = np.array([[0.0, 0.0], [0.0, 0.0]])
    place_labels(figure, axes, labels, boxes=boxes, line=diagonal)


def _caption(cells: Sequence[Cell]) -> str:
    sizes = sorted({cell.patients for cell in cells})
    virtual = " to ".join(f"{size:,}" for size in dict.fromkeys((sizes[0], sizes[-1])))
    trials = sorted({cell.arm.patients for cell in cells})
    smallest, largest = trials[0], trials[-1]
    unreached = sum(
        cell.simulated is not None and math.isinf(cell.simulated.value) for cell in cells
    )
    medians = "median was" if unreached == 1 else "medians were"
    missing = f" {unreached} simulated {medians} not reached and not shown." if unreached else ""
    return (
        f"{len({cell.arm.id for cell in cells})} arms, each emulated with {virtual} virtual "
        f"patients under the trial's doses, visits and scans and the label's rules. Bars: what "
        f"95 % of trials of the arm's own size ({smallest:,} to {largest:,} patients) would report "
        f"if the model were right. Published figures carry an uncertainty of their own, and most "
        f"were not read in the paper.{missing} {DISCLAIMER}"
    )
