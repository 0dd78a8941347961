"""Where one front's seeds attain what another's do not."""

import io
import itertools
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from dosefront.compare import Comparison, Side
from dosefront.records import write_atomically
from dosefront.report.plane import DISCLAIMER, axis_title

CELLS: Final = 300
"""Of the plane, along each axis."""
MARGIN: Final = 0.05
COLOURS: Final = "PuOr"
"""Told apart in every common colour blindness."""


def write_comparison_figure(comparison: Comparison, path: Path) -> None:
    """Write the figure as a PNG, replaced as a whole."""
    image = io.BytesIO()
    draw_comparison(comparison).savefig(image, format="png", dpi=150)
    write_atomically(path, image.getvalue())


def draw_comparison(comparison: Comparison) -> Figure:
    """For each pair: the share of the first's seeds that attain a place, less the second's.

    Grunert da Fonseca et al. (2001), doi:10.1007/3-540-44719-9_15; López-Ibáñez et al. (2010),
    doi:10.1007/978-3-642-02538-9_9.
    """
    pairs = list(itertools.combinations(comparison.sides, 2))
    figure = Figure(figsize=(5.6 * len(pairs), 5.2), layout="constrained")
    for axes, (first, second) in zip(
        figure.subplots(1, len(pairs), squeeze=False)[0], pairs, strict=True
    ):
        mesh = _draw_pair(axes, first, second)
    figure.colorbar(mesh, ax=figure.axes, label="share of seeds: first less second")
    figure.supxlabel(DISCLAIMER, x=0.01, ha="left", fontsize="x-small")
    return figure


def attained_difference(
    first: Side, second: Side, grid: Float[np.ndarray, "rows columns 2"]
) -> Float[np.ndarray, "rows columns"]:
    """Share of the first's seeds that attain each place, maximised, less that of the second's."""
    return _attained_share(first, grid) - _attained_share(second, grid)


def _attained_share(
    side: Side, grid: Float[np.ndarray, "rows columns 2"]
) -> Float[np.ndarray, "rows columns"]:
    shares = np.zeros(grid.shape[:2])
    for front in side.fronts:
        attained = np.zeros(grid.shape[:2], bool)
        for point in front.values:
            attained |= np.all(point >= grid, axis=2)
        shares += attained / len(side.fronts)
    return shares


def _draw_pair(axes: Axes, first: Side, second: Side) -> QuadMesh:
    objectives = first.objectives
    values = np.concatenate([front.values for side in (first, second) for front in side.fronts])
    low, high = values.min(axis=0), values.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    steps = np.linspace(low - margin, high + margin, CELLS).T
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1)
    y, x = (objective.clinical(each) for objective, each in zip(objectives, steps, strict=True))
    mesh = axes.pcolormesh(
        x, y, attained_difference(first, second, grid), cmap=COLOURS, vmin=-1.0, vmax=1.0
    )
    for side, marker in ((first, "o"), (second, "s")):
        _draw_points(axes, side, marker=marker)
    axes.set_xlabel(axis_title(objectives[1]))
    axes.set_ylabel(axis_title(objectives[0]))
    axes.set_title(f"first: {first.label}\nsecond: {second.label}", fontsize="small", loc="left")
    axes.legend(fontsize="small", frameon=False, loc="lower right")
    return mesh


def _draw_points(axes: Axes, side: Side, *, marker: str) -> None:
    points = np.concatenate([front.values for front in side.fronts])
    columns = [
        objective.clinical(column)
        for objective, column in zip(side.objectives, points.T, strict=True)
    ]
    axes.plot(columns[1], columns[0], marker, color="#333333", mfc="none", ms=4, label=side.label)
