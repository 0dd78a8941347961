"""The front as a figure for a paper: learned policies and conventional care on the same axes."""

import io
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dosefront.records import ComparatorPoint, FrontPoint, FrontSummary
from dosefront.records.storage import write_atomically
from dosefront.report.canvas import DOTS_PER_INCH, add_caption, add_legend, new_figure, plain
from dosefront.report.labels import Label, place_labels
from dosefront.report.palette import ALGORITHMS, INK, OTHER_POLICY
from dosefront.report.plane import (
    DISCLAIMER,
    Point,
    attained_corners,
    axis_title,
    box,
    hypervolume_sentence,
    plane_of,
    point_title,
    points_of,
)

MARKERS: Final = ("o", "s", "^", "v", "P", "X")
SIZE_INCHES: Final = (7.5, 5.6)


def write_front_figure(summary: FrontSummary, path: Path) -> None:
    """Write the figure as a PNG, replaced as a whole."""
    image = io.BytesIO()
    draw_front(summary).savefig(image, format="png", dpi=DOTS_PER_INCH)
    write_atomically(path, image.getvalue())


def draw_front(summary: FrontSummary, arms: Mapping[str, str] | None = None) -> Figure:
    """The first objective against the second, held-out, in clinical units.

    Policies are coloured by algorithm; where ``arms`` gives points of the front colours by their
    ids, those have these, and every other policy is grey.
    """
    figure = new_figure(*SIZE_INCHES)
    axes = figure.add_subplot()
    plane = plane_of(summary)
    axes.set_xlim(plane.left, plane.right)
    axes.set_ylim(plane.bottom, plane.top)
    corners = attained_corners(summary.points, plane)
    _draw_attained(axes, corners)
    draw_policies(axes, summary.points, arms or {})
    draw_comparators(axes, summary.comparators)
    axes.set_xlabel(axis_title(plane.x))
    axes.set_ylabel(axis_title(plane.y))
    plain(axes)
    add_legend(figure, axes.get_legend_handles_labels()[0], columns=3)
    add_caption(figure, front_caption(summary))
    place_labels(
        figure,
        axes,
        [
            Label(each.title, each.value_vector[1].value, each.value_vector[0].value)
            for each in summary.comparators
        ],
        boxes=[box(each) for each in points_of(summary)],
        line=corners,
    )
    return figure


def _draw_attained(axes: Axes, corners: Float[np.ndarray, "corners 2"]) -> None:
    worst = (corners[0, 0], corners[-1, 1])
    axes.fill(*np.vstack([corners, worst]).T, color=INK, alpha=0.05, linewidth=0)
    axes.plot(*corners.T, color=INK, linewidth=1.0, label="attained by the front")


def draw_policies(
    axes: Axes,
    points: Sequence[FrontPoint],
    arms: Mapping[str, str],
    pair: tuple[int, int] = (1, 0),
) -> None:
    """Policies by algorithm, those on the front filled; ``pair`` lies across and upwards."""
    algorithms = sorted({point.algorithm for point in points})
    styles = zip(itertools.cycle(ALGORITHMS), itertools.cycle(MARKERS))
    for algorithm, (colour, marker) in zip(algorithms, styles, strict=False):
        own = [point for point in points if point.algorithm == algorithm]
        for on_front in (True, False):
            _draw_points(
                axes,
                [each for each in own if each.on_front is on_front and each.id not in arms],
                pair,
                colour=OTHER_POLICY if arms else colour,
                marker=marker,
                is_filled=on_front,
                label=f"{algorithm}, {'on' if on_front else 'behind'} the front",
            )
        for each in own:
            if each.id in arms:
                _draw_points(
                    axes,
                    [each],
                    pair,
                    colour=arms[each.id],
                    marker=marker,
                    is_filled=True,
                    label=point_title(each),
                )


def draw_comparators(
    axes: Axes, comparators: Sequence[ComparatorPoint], pair: tuple[int, int] = (1, 0)
) -> None:
    """Conventional care; ``pair`` lies across and upwards."""
    _draw_points(
        axes,
        comparators,
        pair,
        colour="black",
        marker="D",
        is_filled=True,
        label="conventional care",
    )


def front_caption(summary: FrontSummary) -> str:
    """What a figure of the front shows, over whom, and what it is not for."""
    volume = hypervolume_sentence(summary)
    return (
        f"Run {summary.run}, {summary.environment} (version {summary.environment_version}). "
        f"Means over the {summary.held_out_patients:,} virtual patients of the held-out cohort, "
        f"with 95 % intervals; membership of the front was decided on "
        f"{summary.select_patients:,} others. "
        f"{volume[0].upper()}{volume[1:]}. {DISCLAIMER}"
    )


def _draw_points(
    axes: Axes,
    points: Sequence[Point],
    pair: tuple[int, int],
    *,
    colour: str,
    marker: str,
    is_filled: bool,
    label: str,
) -> None:
    """Means with the bars of their intervals."""
    if not points:
        return
    x, y = ([point.value_vector[index] for point in points] for index in pair)
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
