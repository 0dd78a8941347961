"""The front as a figure for a paper: learned policies and conventional care on the same axes."""

import io
import itertools
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dosefront.records import ComparatorPoint, FrontPoint, FrontSummary
from dosefront.records.storage import write_atomically
from dosefront.report.labels import Label, place_labels
from dosefront.report.plane import (
    DISCLAIMER,
    Plane,
    Point,
    attained_corners,
    axis_title,
    box,
    hypervolume_sentence,
    plane_of,
    points_of,
)

# Okabe & Ito (2008), Color Universal Design: told apart in every common colour blindness.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS: Final = ("o", "s", "^", "v", "P", "X")
INK: Final = "#333333"
SIZE_INCHES: Final = (7.5, 5.6)
DOTS_PER_INCH: Final = 200


def write_front_figure(summary: FrontSummary, path: Path) -> None:
    """Write the figure as a PNG, replaced as a whole."""
    image = io.BytesIO()
    draw_front(summary).savefig(image, format="png", dpi=DOTS_PER_INCH)
    write_atomically(path, image.getvalue())


def draw_front(summary: FrontSummary) -> Figure:
    """The first objective against the second, held-out, in clinical units."""
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    axes = figure.add_subplot()
    plane = plane_of(summary)
    axes.set_xlim(plane.left, plane.right)
    axes.set_ylim(plane.bottom, plane.top)
    corners = attained_corners(summary.points, plane)
    _draw_attained(axes, corners)
    _draw_policies(axes, summary.points)
    _draw_comparators(axes, summary.comparators)
    _describe(figure, axes, plane)
    _add_caption(figure, summary)
    labels = [
        Label(each.title, each.value_vector[1].value, each.value_vector[0].value)
        for each in summary.comparators
    ]
    place_labels(
        figure,
        axes,
        labels,
        boxes=[box(each) for each in points_of(summary)],
        line=corners,
    )
    return figure


def _draw_attained(axes: Axes, corners: Float[np.ndarray, "corners 2"]) -> None:
    worst = (corners[0, 0], corners[-1, 1])
    axes.fill(*np.vstack([corners, worst]).T, color=INK, alpha=0.05, linewidth=0)
    axes.plot(*corners.T, color=INK, linewidth=1.0, label="attained by the front")


def _draw_policies(axes: Axes, points: Sequence[FrontPoint]) -> None:
    algorithms = sorted({point.algorithm for point in points})
    styles = zip(itertools.cycle(COLOURS), itertools.cycle(MARKERS))
    for algorithm, (colour, marker) in zip(algorithms, styles, strict=False):
        for on_front in (True, False):
            shown = [
                point
                for point in points
                if point.algorithm == algorithm and point.on_front is on_front
            ]
            if shown:
                _draw_points(
                    axes,
                    shown,
                    colour=colour,
                    marker=marker,
                    is_filled=on_front,
                    label=f"{algorithm}, {'on' if on_front else 'behind'} the front",
                )


def _draw_comparators(axes: Axes, comparators: Sequence[ComparatorPoint]) -> None:
    if comparators:
        _draw_points(
            axes, comparators, colour="black", marker="D", is_filled=True, label="conventional care"
        )


def _draw_points(
    axes: Axes,
    points: Sequence[Point],
    *,
    colour: str,
    marker: str,
    is_filled: bool,
    label: str,
) -> None:
    """Means with the bars of their intervals."""
    y, x = zip(*(point.value_vector[:2] for point in points), strict=True)
    axes.errorbar(
        [each.value for each in x],
        [each.value for each in y],
        xerr=[[each.value - each.low for each in x], [each.high - each.value for each in x]],
        yerr=[[each.value - each.low for each in y], [each.high - each.value for each in y]],
        color=colour,
        markerfacecolor=colour if is_filled else "white",
        linestyle="none",
        elinewidth=1.0,
        marker=marker,
        markersize=6.0,
        label=label,
    )


def _describe(figure: Figure, axes: Axes, plane: Plane) -> None:
    axes.set_xlabel(axis_title(plane.x))
    axes.set_ylabel(axis_title(plane.y))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside upper left", ncols=3, frameon=False, fontsize="small"
    )


def _add_caption(figure: Figure, summary: FrontSummary) -> None:
    caption = "\n".join(textwrap.wrap(_caption(summary), width=150))
    figure.supxlabel(caption, x=0.01, ha="left", fontsize="x-small", color=INK)


def _caption(summary: FrontSummary) -> str:
    volume = hypervolume_sentence(summary)
    return (
        f"Run {summary.run}, {summary.environment} (version {summary.environment_version}). "
        f"Means over the {summary.held_out_patients:,} virtual patients of the held-out cohort, "
        f"with 95 % intervals; membership of the front was decided on "
        f"{summary.select_patients:,} others. "
        f"{volume[0].upper()}{volume[1:]}. {DISCLAIMER}"
    )
