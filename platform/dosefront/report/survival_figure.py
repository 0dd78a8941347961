"""Progression-free survival of each arm: curves, intervals, numbers at risk."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dosefront.clinical import ProductLimit, product_limit, progression_free
from dosefront.front import paired_difference
from dosefront.report.canvas import Arm, add_caption, add_legend, new_figure, plain
from dosefront.report.palette import INK

TICKS: Final = 7
"""Times at which patients at risk are counted, about."""


def draw_survival(care: Arm, points: Sequence[Arm], context: str) -> Figure:
    """Kaplan-Meier curves of time to progression or death by toxicity."""
    arms = (care, *points)
    curves = [product_limit(*progression_free(arm.courses)) for arm in arms]
    figure = new_figure(7.5, 5.0 + 0.2 * len(arms))
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=[4.0, 0.30 * (len(arms) + 1)])
    handles = [_draw_curve(axes, arm, curve) for arm, curve in zip(arms, curves, strict=True)]
    axes.set_ylim(0.0, 1.02)
    axes.set_ylabel("without progression, alive [share]")
    axes.set_xlabel("weeks since the first visit")
    plain(axes)
    longest = max(float(curve.durations[-1]) for curve in curves)
    step = _round_step(longest)
    ticks = np.arange(0.0, longest + 0.5, step)
    axes.set_xlim(0.0, longest)
    axes.set_xticks(ticks)
    axes.tick_params(labelbottom=True)
    _write_at_risk(counts, arms, curves, ticks)
    add_legend(figure, handles, columns=1)
    add_caption(figure, _caption(care, points, longest) + context)
    return figure


def _draw_curve(axes: Axes, arm: Arm, curve: ProductLimit) -> object:
    end = curve.durations[-1]
    times = np.append(curve.times, end)
    survival, low, high = (
        np.append(each, each[-1]) for each in (curve.survival, curve.low, curve.high)
    )
    axes.fill_between(times, low, high, step="post", color=arm.colour, alpha=0.18, linewidth=0)
    median, first, last = curve.median()
    (line,) = axes.step(
        times,
        survival,
        where="post",
        color=arm.colour,
        linewidth=1.6,
        label=f"{arm.title}: median {_weeks(median)} ({_weeks(first)} to {_weeks(last)}) wk",
    )
    return line


def _weeks(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "not reached"


def _round_step(longest: float) -> float:
    """A number of weeks that divides the axis into about ``TICKS`` parts."""
    steps = (1, 2, 4, 6, 8, 12, 13, 26, 52, 104)
    return float(next((step for step in steps if longest / step <= TICKS), steps[-1]))


def _write_at_risk(
    axes: Axes, arms: Sequence[Arm], curves: Sequence[ProductLimit], ticks: np.ndarray
) -> None:
    axes.set_ylim(len(arms) - 0.5, -1.2)
    axes.axis("off")
    axes.text(0.0, -1.0, "at risk", fontsize="small", color=INK, va="center")
    for row, (arm, curve) in enumerate(zip(arms, curves, strict=True)):
        for tick, number in zip(ticks, curve.at_risk(ticks), strict=True):
            axes.text(
                tick,
                row,
                f"{number:,}",
                color=arm.colour,
                fontsize="small",
                ha="left" if tick == 0.0 else "center",
                va="center",
            )


def _caption(care: Arm, points: Sequence[Arm], longest: float) -> str:
    base, _ = progression_free(care.courses)
    differences = []
    for arm in points:
        weeks, _ = progression_free(arm.courses)
        gain = paired_difference(weeks, base)
        differences.append(f"{arm.title} {gain.value:+.1f} ({gain.low:+.1f} to {gain.high:+.1f})")
    return (
        f"Time to progression (RECIST 1.1) or death by toxicity, n = {base.size:,} in each arm; "
        f"product-limit estimate with 95 % limits (Greenwood, log-log). Difference in mean weeks "
        f"up to week {longest:.0f} from {care.title.lower()}, patients paired, with 95 % interval: "
        f"{'; '.join(differences)}. "
    )
