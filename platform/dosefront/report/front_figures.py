"""The front beyond its first two objectives: projections, growth, and what seeds attain."""

import itertools
from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from dosefront.records import AttainmentSurface, FrontSummary
from dosefront.report.canvas import add_caption, add_legend, new_figure, plain
from dosefront.report.figure import (
    draw_comparators,
    draw_policies,
    front_caption,
)
from dosefront.report.palette import ALGORITHMS, INK
from dosefront.report.plane import DISCLAIMER, axis_title, plane_of, staircase

COLUMNS: Final = 3
LINES: Final = {10: (0, (1, 1.5)), 50: "-", 90: (0, (5, 2))}
"""How the surface of each level is drawn."""


def draw_projections(summary: FrontSummary, arms: Mapping[str, str]) -> Figure:
    """Every pair of three or more objectives; what looks dominated in one is not in another."""
    pairs = list(itertools.combinations(range(len(summary.objectives)), 2))
    rows = -(-len(pairs) // COLUMNS)
    figure = new_figure(13.0, 1.3 + 3.9 * rows)
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, (upwards, across) in zip(panels, pairs, strict=False):
        draw_policies(axes, summary.points, arms, (across, upwards))
        draw_comparators(axes, summary.comparators, (across, upwards))
        _number_care(axes, summary, (across, upwards))
        axes.set_xlabel(axis_title(summary.objectives[across]))
        axes.set_ylabel(axis_title(summary.objectives[upwards]))
        plain(axes)
    for axes in panels[len(pairs) :]:
        axes.set_visible(False)
    add_legend(figure, panels[0].get_legend_handles_labels()[0], columns=4)
    add_caption(figure, _care(summary) + front_caption(summary))
    return figure


def draw_growth(summary: FrontSummary) -> Figure:
    """Hypervolume against environment steps, and what each algorithm reached with each seed."""
    figure = new_figure(9.5, 4.2)
    growth, seeds = figure.subplots(1, 2, sharey=True, width_ratios=[1.7, 1.0])
    steps = [each.steps for each in summary.history]
    volumes = [each.hypervolume for each in summary.history]
    growth.step([0, *steps], [0.0, *volumes], where="post", color=INK, linewidth=1.5)
    growth.set_xlabel("environment steps of the trials that had ended")
    growth.xaxis.set_major_formatter(EngFormatter())
    growth.set_ylabel("hypervolume [share of the reference box]")
    growth.set_title("all policies together", fontsize="medium")
    _draw_seeds(seeds, summary)
    for axes in (growth, seeds):
        if summary.comparators:
            axes.axhline(
                summary.comparators_hypervolume, color=INK, linewidth=0.9, linestyle=(0, (4, 3))
            )
        axes.set_ylim(bottom=0.0)
        plain(axes)
    add_caption(figure, _growth_caption(summary))
    return figure


def draw_attainment(summary: FrontSummary) -> Figure:
    """What at least 10, 50 and 90 % of an algorithm's seeds attain, for two objectives."""
    figure = new_figure(7.5, 5.4)
    axes = figure.add_subplot()
    plane = plane_of(summary)
    axes.set_xlim(plane.left, plane.right)
    axes.set_ylim(plane.bottom, plane.top)
    algorithms = list(dict.fromkeys(each.algorithm for each in summary.attainment))
    for each in summary.attainment:
        colour = ALGORITHMS[algorithms.index(each.algorithm) % len(ALGORITHMS)]
        corners = staircase(np.array([(x, y) for y, x in each.vertices]), plane)
        axes.plot(
            *corners.T,
            color=colour,
            linestyle=LINES[each.level],
            linewidth=1.9 if each.level == 50 else 1.2,
            label=_surface_title(each),
        )
    draw_comparators(axes, summary.comparators)
    _number_care(axes, summary, (1, 0))
    axes.set_xlabel(axis_title(plane.x))
    axes.set_ylabel(axis_title(plane.y))
    plain(axes)
    add_legend(figure, axes.get_legend_handles_labels()[0], columns=2)
    seeds = ", ".join(f"{each.algorithm} {each.seeds}" for each in summary.hypervolume_by_algorithm)
    add_caption(
        figure,
        f"Empirical attainment of each algorithm's fronts, one front a seed (seeds: {seeds}): what "
        f"at least so many percent of the seeds dominate. With few seeds the outer levels are the "
        f"best and the worst seed. {_care(summary)}{_cohort(summary)}",
    )
    return figure


def _number_care(axes: Axes, summary: FrontSummary, pair: tuple[int, int]) -> None:
    """Beside each comparator the number by which the caption names it."""
    for number, each in enumerate(summary.comparators, start=1):
        x, y = (each.value_vector[index].value for index in pair)
        axes.annotate(
            str(number), (x, y), xytext=(5, 4), textcoords="offset points", fontsize="x-small"
        )


def _care(summary: FrontSummary) -> str:
    named = ", ".join(f"{k} {each.title}" for k, each in enumerate(summary.comparators, start=1))
    return f"Conventional care: {named}. " if named else ""


def _draw_seeds(axes: Axes, summary: FrontSummary) -> None:
    names = [each.algorithm for each in summary.hypervolume_by_algorithm]
    for place, each in enumerate(summary.hypervolume_by_algorithm):
        own = [x for x in summary.hypervolume_per_seed if x.algorithm == each.algorithm]
        colour = ALGORITHMS[names.index(each.algorithm) % len(ALGORITHMS)]
        beside = place + np.linspace(0.12, 0.32, len(own))
        for x, seed in zip(beside, own, strict=True):
            if seed.low is not None and seed.high is not None:
                axes.plot([x, x], [seed.low, seed.high], color=colour, linewidth=1.0)
            axes.plot([x], [seed.value], color=colour, marker="o", markersize=4.0)
        if each.low is not None and each.high is not None:
            axes.plot([place] * 2, [each.low, each.high], color=colour, linewidth=2.2)
        axes.plot([place], [each.interquartile_mean], color=colour, marker="s", markersize=7.0)
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.3)
    axes.set_title("one seed at a time", fontsize="medium")


def _growth_caption(summary: FrontSummary) -> str:
    care = "Broken line: conventional care. " if summary.comparators else ""
    return (
        f"Hypervolume normalised to the environment's reference box, held-out. Left: the front of "
        f"all that had ended, which rises with every seed and trial and says how a search went. "
        f"Right: squares, interquartile mean over seeds with 95 % interval over them; points, each "
        f"seed's own front with 95 % interval over patients. {care}{_cohort(summary)}"
    )


def _surface_title(surface: AttainmentSurface) -> str:
    return f"{surface.algorithm}, attained by {surface.level} % of seeds"


def _cohort(summary: FrontSummary) -> str:
    return f"Run {summary.run}, n = {summary.held_out_patients:,} held-out patients. {DISCLAIMER}"
