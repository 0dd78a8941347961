"""The front on a terminal: a table, and a plot in characters alone."""

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float
from rich.table import Table

from dosefront.front import Estimate
from dosefront.records import ComparatorPoint, FrontPoint, FrontSummary
from dosefront.report.plane import (
    DISCLAIMER,
    Plane,
    Point,
    attained_corners,
    axis_title,
    plane_of,
)

FILLED: Final = "●■▲◆"
"""Policies on the front, one mark per algorithm."""
HOLLOW: Final = "○□△◇"
"""The same algorithms' policies behind the front."""
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
"""Comparators."""
FULL_WIDTH: Final = 80
"""Characters that a table of two objectives takes."""
OBJECTIVE_WIDTH: Final = 23
"""Characters that each further one takes."""
LEAST_WIDTH: Final = 40
LEAST_HEIGHT: Final = 10
TICKS: Final = 5
"""About how many numbers an axis carries."""
NEIGHBOURS: Final = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
"""Where a mark goes when its cell is taken."""

Canvas = list[list[str]]


def front_table(summary: FrontSummary, *, width: int = FULL_WIDTH) -> Table:
    """Policies, along the front, then comparators, with their held-out value vectors.

    Where three objectives or more do not fit, intervals stand below their figures and trials below
    their policies. Narrow terminals get the value vectors alone, without the comparators beaten and
    the trial.
    """
    further = len(summary.objectives) - 2
    has_trials = width >= FULL_WIDTH
    is_stacked = further > 0 and width < FULL_WIDTH + OBJECTIVE_WIDTH * further
    gap = "\n[" if is_stacked else " ["
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("policy", min_width=12)
    for objective in summary.objectives:
        title = f"{objective.name}\n{objective.unit}"
        table.add_column(title, justify="right", no_wrap=not is_stacked)
    if has_trials and not is_stacked:
        table.add_column("beats", justify="right", no_wrap=True)
        table.add_column("trial", no_wrap=True)
    marks, names = _marks(summary), _names(summary)

    def figures(point: FrontPoint | ComparatorPoint) -> list[str]:
        return [written(each).replace(" [", gap) for each in point.value_vector]

    for point in sorted(summary.points, key=lambda each: each.value_vector[1].value):
        beaten = f"{len(point.dominates)}/{len(summary.comparators)}"
        below = f"\n{point.id}" if has_trials and is_stacked else ""
        cells = [f"{names[point.id]}{below}", *figures(point), beaten, point.id]
        table.add_row(marks[point.id], *cells[: len(table.columns) - 1])
    for comparator in summary.comparators:
        table.add_row(marks[comparator.id], comparator.title, *figures(comparator))
    return table


def _names(summary: FrontSummary) -> dict[str, str]:
    """What policies are called, by id; with their seeds where these differ."""
    seeds = {point.seed for point in summary.points}
    names = {}
    for point in summary.points:
        seed = f" s{point.seed}" if len(seeds) > 1 else ""
        names[point.id] = f"{point.algorithm} {point.preference.removeprefix('w=')}{seed}"
    return names


def written(estimate: Estimate) -> str:
    """The estimate and its interval, to the second digit of the interval's width.

    >>> written(Estimate(33.417, 32.164, 34.582))
    '33.4 [32.2, 34.6]'
    """
    numbers = (estimate.value, estimate.low, estimate.high)
    width = estimate.high - estimate.low
    is_point = width <= 1e-9 * max(map(abs, numbers))
    decimals = 2 if is_point else max(0, 1 - math.floor(math.log10(width)))
    value, low, high = (f"{number:z.{decimals}f}" for number in numbers)  # never "-0"
    return f"{value} [{low}, {high}]"


def front_plot(summary: FrontSummary, *, width: int = 80, height: int = 20) -> str:
    """The first objective over the second, with a legend below.

    `width` and `height` are the plot's, in characters, the legend's lines not counted.
    """
    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    plane = plane_of(summary)
    rows = height - 4  # the titles, the axis and its numbers
    ticks = _ticks(plane.bottom, plane.top)
    heights = {_cell(tick, plane.top, plane.bottom, rows): tick for tick in ticks}
    margin = max(len(f"{tick:g}") for tick in heights.values())
    canvas = [[" "] * (width - margin - 2) for _ in range(rows)]
    _draw_staircase(canvas, attained_corners(summary.points, plane), plane)
    _draw_points(canvas, summary, plane)
    lines = [axis_title(plane.y)]
    for row, cells in enumerate(canvas):
        number = f"{heights[row]:g}" if row in heights else ""
        lines.append(f"{number:>{margin}} {'┤' if number else '│'}{''.join(cells)}")
    lines += [" " * (margin + 1) + line for line in _x_axis(plane, len(canvas[0]))]
    lines.append(f"{axis_title(plane.x):>{width}}")
    legend = _in_lines(_legend(summary), width)
    return "\n".join(line.rstrip() for line in [*lines, "", *legend])


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between the two, 1, 2 or 5 times a power of ten apart."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1.0, 2.0, 5.0, 10.0)), key=lambda s: abs(s - rough))
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(index * step, 12) for index in range(first, last + 1)]


def _cell(value: float, first: float, last: float, cells: int) -> int:
    """Index of the cell that holds the value, on an axis from `first` to `last`."""
    share = (value - first) / (last - first)
    return min(max(int(share * cells), 0), cells - 1)


def _position(across: float, upwards: float, *, canvas: Canvas, plane: Plane) -> tuple[int, int]:
    row = _cell(upwards, plane.top, plane.bottom, len(canvas))
    return row, _cell(across, plane.left, plane.right, len(canvas[0]))


def _draw_staircase(canvas: Canvas, corners: Float[np.ndarray, "corners 2"], plane: Plane) -> None:
    cells = [_position(*corner, canvas=canvas, plane=plane) for corner in corners.tolist()]
    for (row, column), (next_row, next_column) in itertools.pairwise(cells):
        for each_row in range(min(row, next_row), max(row, next_row) + 1):
            for each_column in range(min(column, next_column), max(column, next_column) + 1):
                canvas[each_row][each_column] = "·"


def _draw_points(canvas: Canvas, summary: FrontSummary, plane: Plane) -> None:
    """Comparators first, because their letters matter most; then the front."""
    marks = _marks(summary)
    policies = sorted(summary.points, key=lambda point: not point.on_front)
    points: tuple[Point, ...] = (*summary.comparators, *policies)
    for point in points:
        upwards, across = point.value_vector[:2]
        row, column = _position(across.value, upwards.value, canvas=canvas, plane=plane)
        cells = [(row + down, column + right) for down, right in NEIGHBOURS]
        free = [cell for cell in cells if _is_free(cell, canvas)]
        if free:  # else the table still shows it
            row, column = free[0]
            canvas[row][column] = marks[point.id]


def _is_free(cell: tuple[int, int], canvas: Canvas) -> bool:
    row, column = cell
    is_inside = 0 <= row < len(canvas) and 0 <= column < len(canvas[0])
    return is_inside and canvas[row][column] in " ·"


def _x_axis(plane: Plane, columns: int) -> Iterable[str]:
    """The axis, and the numbers below it."""
    axis, numbers = ["─"] * columns, ""
    for tick in _ticks(plane.left, plane.right):
        column, number = _cell(tick, plane.left, plane.right, columns), f"{tick:g}"
        axis[column] = "┴"
        start = column + 1 - len(number) // 2
        if start > len(numbers) and start + len(number) <= columns + 1:
            numbers = f"{numbers:<{start}}{number}"
    return "└" + "".join(axis), numbers


def _marks(summary: FrontSummary) -> dict[str, str]:
    """The mark of each policy and comparator, by id."""
    algorithms = _algorithms(summary.points)
    marks = {
        point.id: (FILLED if point.on_front else HOLLOW)[
            algorithms.index(point.algorithm) % len(FILLED)
        ]
        for point in summary.points
    }
    for index, comparator in enumerate(summary.comparators):
        marks[comparator.id] = LETTERS[index % len(LETTERS)]
    return marks


def _algorithms(points: Sequence[FrontPoint]) -> list[str]:
    return sorted({point.algorithm for point in points})


def _legend(summary: FrontSummary) -> list[str]:
    marks = _marks(summary)
    entries = [
        f"{FILLED[index % len(FILLED)]} {algorithm}"
        for index, algorithm in enumerate(_algorithms(summary.points))
    ]
    entries += ["hollow: behind the front", "·· attained by the front"]
    entries += [f"{marks[each.id]} {each.title}" for each in summary.comparators]
    patients = f"means over {summary.held_out_patients:,} held-out patients"
    return [*entries, patients, DISCLAIMER]


def _in_lines(entries: Sequence[str], width: int) -> list[str]:
    """The entries, as many on a line as fit."""
    lines = [entries[0]]
    for entry in entries[1:]:
        if len(lines[-1]) + 3 + len(entry) <= width:
            lines[-1] += f"   {entry}"
        else:
            lines.append(entry)
    return lines
