"""Adverse events by term: how many patients of each arm, and how the arms differ."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dosefront.clinical import TermComparison, compare_events
from dosefront.front import Estimate
from dosefront.report.canvas import Arm, add_caption, add_legend, new_figure, plain
from dosefront.report.palette import INK

SPREAD: Final = 0.62
"""Height that the arms of one term share, of the distance between terms."""


def draw_events(care: Arm, points: Sequence[Arm], context: str) -> Figure:
    """Rates of grade >= 3 by term, and their differences from conventional care."""
    compared = [compare_events(point.courses, care.courses) for point in points]
    terms = list(dict.fromkeys(each.term for one in compared for each in one))
    figure = new_figure(9.0, 1.9 + 0.34 * len(terms) * (1.0 + 0.12 * len(points)))
    rates, differences = figure.subplots(1, 2, sharey=True, width_ratios=[1.1, 1.0])
    arms = (care, *points)
    for index, arm in enumerate(arms):
        place = SPREAD * ((index + 0.5) / len(arms) - 0.5)
        own = compared[max(index - 1, 0)]
        for each in own:
            row = terms.index(each.term) + place
            _draw_estimate(rates, row, each.rates[1 if index == 0 else 0], arm.colour)
            if index > 0:
                _draw_estimate(differences, row, each.difference, arm.colour)
    rates.set_yticks(range(len(terms)), terms)
    rates.set_ylim(len(terms) - 0.5, -0.5)
    rates.set_xlabel("patients with grade ≥ 3 [%]")
    rates.set_xlim(left=-1.5)  # a mark at 0 is whole
    differences.set_xlabel(f"difference from {care.title.lower()} [points]")
    differences.axvline(0.0, color=INK, linewidth=0.8)
    for axes in (rates, differences):
        plain(axes)
        axes.tick_params(axis="y", length=0)
    add_legend(figure, [_handle(arm) for arm in arms])
    add_caption(
        figure,
        f"Worst grade of each term (CTCAE v5) in a course, n = {len(care.courses.size):,} in each "
        f"arm. Rates with exact 95 % intervals; differences with 95 % intervals over "
        f"the patients, who are paired. Terms that nobody had are left out. {context}",
    )
    return figure


def event_rows(care: Arm, points: Sequence[Arm]) -> list[dict[str, str | int | float]]:
    """The table behind the figure: patients by worst grade, for each term and arm."""
    rows = []
    for point in points:
        for each in compare_events(point.courses, care.courses):
            for arm, side in ((point, 0), (care, 1)):
                difference = each.difference if side == 0 else None
                rows.append(_row(each, arm, side) | _difference(difference))
    return list({(row["term"], row["arm"]): row for row in rows}.values())


def _row(each: TermComparison, arm: Arm, side: int) -> dict[str, str | int | float]:
    rate = each.rates[side]
    grades = {f"grade_{grade}": int(n) for grade, n in enumerate(each.patients[side])}
    serious = {"serious": rate.value, "serious_low": rate.low, "serious_high": rate.high}
    return {"term": each.term, "arm": arm.id, **grades, **serious}


def _difference(difference: Estimate | None) -> dict[str, str | int | float]:
    if difference is None:
        return {"difference": "", "difference_low": "", "difference_high": ""}
    return {
        "difference": difference.value,
        "difference_low": difference.low,
        "difference_high": difference.high,
    }


def _draw_estimate(axes: Axes, row: float, estimate: Estimate, colour: str) -> None:
    value, low, high = (100.0 * x for x in (estimate.value, estimate.low, estimate.high))
    axes.plot([low, high], [row, row], color=colour, linewidth=1.4, solid_capstyle="butt")
    axes.plot([value], [row], color=colour, marker="o", markersize=4.5, linestyle="none")


def _handle(arm: Arm) -> Line2D:
    return Line2D([], [], color=arm.colour, marker="o", markersize=4.5, label=arm.title)
