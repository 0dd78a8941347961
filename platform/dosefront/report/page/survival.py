"""Progression-free time: Kaplan and Meier's curve of each arm, with the patients at risk."""

from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float

from dosefront.clinical import ProductLimit, product_limit, progression_free
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Columns, Figure, Section, Table, columns_of
from dosefront.report.page.theme import arm_colour, named, quantitative

RISK_TIMES: Final = 7
"""Columns of the numbers at risk."""


def survival_section(arms: Arms) -> Section:
    """Curves with intervals, and the numbers at risk below them."""
    horizon = max(float(courses.weeks_followed.max()) for _, courses in arms.with_courses)
    curves = {arm.id: progression_free(courses) for arm, courses in arms.with_courses}
    return Section(
        name="survival",
        title="Progression-free time",
        text=(
            "Kaplan-Meier estimates with pointwise 95 % intervals (Greenwood, log-log). Events are "
            "progression by RECIST 1.1 and death by toxicity, whichever comes first; patients "
            "without either are censored (ticks) at the end of their follow-up. The figures below "
            "the axis are patients at risk. Scans are weeks apart, so the curves fall in steps."
        ),
        figures=(Figure("survival", _spec(horizon)),),
        tables=(
            Table("survival", "survival", "Progression-free time", _COLUMNS),
            Table(
                "median",
                "median",
                "Median",
                (
                    Column("arm", "Treatment"),
                    Column("median", "Median [wk]", low="low", high="high"),
                ),
            ),
        ),
        of_arms={
            "survival": {key: _curve(*times) for key, times in curves.items()},
            "at_risk": {key: _at_risk(times[0], horizon) for key, times in curves.items()},
            "censored": {key: _censored(*times) for key, times in curves.items()},
            "median": {key: _median(product_limit(*times)) for key, times in curves.items()},
        },
    )


_COLUMNS: Final = (
    Column("arm", "Treatment"),
    Column("week", "Week"),
    Column("survival", "Progression-free", low="low", high="high", percent=True),
    Column("at_risk", "At risk"),
)


def _median(curve: ProductLimit) -> Columns:
    """None where the curve, or the end of its interval, does not come down to one half."""
    ends = zip(("median", "low", "high"), curve.median(), strict=True)
    return {name: [week if np.isfinite(week) else None] for name, week in ends}


def _curve(
    time: Float[np.ndarray, " patients"], is_event: Bool[np.ndarray, " patients"]
) -> Columns:
    """The steps, and where the follow-up ends."""
    curve = product_limit(time, is_event)
    end = float(time.max())
    last = [] if end <= curve.times[-1] else [-1]
    rows = [*range(len(curve.times)), *last]
    weeks = np.array([*curve.times, *(end for _ in last)])
    return {
        "week": weeks.tolist(),
        "survival": curve.survival[rows].tolist(),
        "low": curve.low[rows].tolist(),
        "high": curve.high[rows].tolist(),
        "at_risk": curve.at_risk(weeks).tolist(),
    }


def _at_risk(time: Float[np.ndarray, " patients"], horizon: float) -> Columns:
    return columns_of(
        [{"week": week, "at_risk": int((time >= week).sum())} for week in _risk_weeks(horizon)]
    )


def _risk_weeks(horizon: float) -> list[int]:
    """About `RISK_TIMES` weeks, whole months of four weeks apart."""
    step = max(1, round(horizon / (RISK_TIMES - 1) / 4)) * 4
    return list(range(0, int(horizon) + 1, step))


def _censored(
    time: Float[np.ndarray, " patients"], is_event: Bool[np.ndarray, " patients"]
) -> Columns:
    """Where the curve carries a tick."""
    curve = product_limit(time, is_event)
    weeks = np.unique(time[~is_event])
    heights = curve.survival[np.searchsorted(curve.times, weeks, side="right") - 1]
    return {"week": weeks.tolist(), "survival": heights.tolist()}


def _spec(horizon: float) -> dict[str, Any]:
    across = {"scale": {"domain": [0, horizon], "nice": False}}
    values = _risk_weeks(horizon)
    # Vega thins given values to the count, too.
    axis = {"values": values, "tickCount": len(values), "grid": False}
    weeks = quantitative("week", "weeks since the first visit", axis=axis, **across)
    share = quantitative(
        "survival", "progression-free", axis={"format": ".0%"}, scale={"domain": [0, 1]}
    )
    curves = {
        "height": 300,
        "data": named("survival"),
        "encoding": {"x": weeks, "color": arm_colour()},
        "layer": [
            {
                "mark": {"type": "area", "interpolate": "step-after", "opacity": 0.18},
                "encoding": {"y": {**share, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {"y": share},
            },
            {
                "data": named("censored"),
                "mark": {"type": "tick", "orient": "vertical", "thickness": 1.5, "size": 10},
                "encoding": {"y": share},
            },
        ],
    }
    row = {"field": "arm", "type": "nominal", "sort": {"field": "role"}, "axis": None}
    below = {
        "height": 36,
        "title": {"text": "patients at risk", "offset": 2},
        "data": named("at_risk"),
        "encoding": {"y": row},
        "layer": [
            {
                "mark": {"type": "text", "fontSize": 11},
                "encoding": {
                    "x": {**weeks, "axis": None},
                    "text": {"field": "at_risk", "type": "quantitative", "format": ","},
                },
            },
            {
                "mark": {"type": "square", "size": 60},
                "encoding": {"x": {"value": -26}, "color": arm_colour()},
            },
        ],
    }
    return {
        "description": "Kaplan-Meier curves of progression-free time with numbers at risk",
        "vconcat": [curves, below],
        "spacing": 6,
        "resolve": {"scale": {"color": "independent"}},
    }
