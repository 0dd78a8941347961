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

from dosefront.front import Objective, nondominated
from dosefront.records import ComparatorPoint, FrontPoint, FrontSummary
from dosefront.records.storage import write_atomically
from dosefront.report.labels import Label, place_labels

DISCLAIMER: Final = "In silico, for research use only; not for patient care."
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
    points: tuple[FrontPoint | ComparatorPoint, ...] = (*summary.points, *summary.comparators)
    _set_limits(axes, points)
    corners = _attained_corners(axes, summary)
    axes.fill(*corners.T, color=INK, alpha=0.05, linewidth=0)
    axes.plot(*corners[:-1].T, color=INK, linewidth=1.0, label="attained by the front")
    _draw_policies(axes, summary.points)
    _draw_comparators(axes, summary.comparators)
    _describe(figure, axes, summary)
    labels = [
        Label(each.title, each.value_vector[1].value, each.value_vector[0].value)
        for each in summary.comparators
    ]
    place_labels(figure, axes, labels, boxes=[_box(each) for each in points], line=corners[:-1])
    return figure


def _set_limits(axes: Axes, points: Sequence[FrontPoint | ComparatorPoint]) -> None:
    boxes = np.array([_box(point) for point in points])
    lows, highs = boxes.min(axis=0)[:2], boxes.max(axis=0)[2:]
    margins = 0.06 * np.where(highs > lows, highs - lows, 1.0)
    axes.set_xlim(lows[0] - margins[0], highs[0] + margins[0])
    axes.set_ylim(lows[1] - margins[1], highs[1] + margins[1])


def _box(point: FrontPoint | ComparatorPoint) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the point's intervals."""
    y, x = point.value_vector[:2]
    return x.low, y.low, x.high, y.high


def _attained_corners(axes: Axes, summary: FrontSummary) -> Float[np.ndarray, "corners 2"]:
    """Outline of everything that a policy on the front dominates, from one worst side to the other.

    The last corner is the worst of both, and closes the outline.
    """
    y, x = summary.objectives[:2]
    values = np.array(
        [
            [x.maximised(point.value_vector[1].value), y.maximised(point.value_vector[0].value)]
            for point in summary.points
            if point.on_front
        ]
    )
    steps = values[nondominated(values)]
    steps = steps[np.argsort(steps[:, 0])]
    worst_x = min(x.maximised(limit) for limit in axes.get_xlim())
    worst_y = min(y.maximised(limit) for limit in axes.get_ylim())
    corners = [(worst_x, steps[0, 1])]
    for step, following in zip(steps, [*steps[1:], (np.nan, worst_y)], strict=True):
        corners += [(step[0], step[1]), (step[0], following[1])]
    corners.append((worst_x, worst_y))
    return np.array([(x.clinical(float(a)), y.clinical(float(b))) for a, b in corners])


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
    points: Sequence[FrontPoint | ComparatorPoint],
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


def _describe(figure: Figure, axes: Axes, summary: FrontSummary) -> None:
    y, x = summary.objectives[:2]
    axes.set_xlabel(_axis_title(x))
    axes.set_ylabel(_axis_title(y))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside upper left", ncols=3, frameon=False, fontsize="small"
    )
    caption = "\n".join(textwrap.wrap(_caption(summary), width=135))
    figure.supxlabel(caption, x=0.01, ha="left", fontsize="x-small", color=INK)


def _axis_title(objective: Objective) -> str:
    better = "higher" if objective.sense == "maximise" else "lower"
    return f"{objective.name} [{objective.unit}], {better} is better"


def _caption(summary: FrontSummary) -> str:
    return (
        f"Run {summary.run}, {summary.environment} (version {summary.environment_version}). "
        f"Means over the {summary.held_out_patients:,} virtual patients of the held-out cohort, "
        f"with 95 % intervals; membership of the front was decided on "
        f"{summary.select_patients:,} others. "
        f"Hypervolume {summary.hypervolume:.3f} of the reference box, "
        f"conventional care {summary.comparators_hypervolume:.3f}. {DISCLAIMER}"
    )
