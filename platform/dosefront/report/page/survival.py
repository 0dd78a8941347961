"""Progression-free time: Kaplan and Meier's curve of each arm, with the patients at risk."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float, Int

from dosefront.evaluate import CourseRecords
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Columns, Figure, Section, Table, columns_of
from dosefront.report.page.theme import arm_colour, named, quantitative

NORMAL_975: Final = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""
RISK_TIMES: Final = 7
"""Columns of the numbers at risk."""


@dataclass(frozen=True)
class SurvivalCurve:
    """The product-limit estimate; a step at each time of an event, the first at 0."""

    time: Float[np.ndarray, " steps"]
    survival: Float[np.ndarray, " steps"]
    low: Float[np.ndarray, " steps"]
    """Lower end of the pointwise 95 % interval."""
    high: Float[np.ndarray, " steps"]
    at_risk: Int[np.ndarray, " steps"]
    """Patients just before the step."""


def product_limit(
    time: Float[np.ndarray, " patients"], is_event: Bool[np.ndarray, " patients"]
) -> SurvivalCurve:
    """The estimate of Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452.

    Intervals are Greenwood's on the scale of log(-log survival), Kalbfleisch & Prentice (1980).
    Patients without an event are censored at their time, after the events of the same time.
    """
    events = np.unique(time[is_event])
    at_risk = (time >= events[:, None]).sum(axis=1)
    died = (time[is_event] == events[:, None]).sum(axis=1)
    survival = np.cumprod(1.0 - died / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Infinite once nobody is left, where the interval is the point 0.
        variance = np.cumsum(died / (at_risk * (at_risk - died)))
        spread = NORMAL_975 * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    low, high = (np.where(survival > 0.0, end, 0.0) for end in (low, high))
    return SurvivalCurve(
        time=np.concatenate([[0.0], events]),
        survival=np.concatenate([[1.0], survival]),
        low=np.concatenate([[1.0], low]),
        high=np.concatenate([[1.0], high]),
        at_risk=np.concatenate([[len(time)], at_risk]),
    )


def progression_free(
    courses: CourseRecords,
) -> tuple[Float[np.ndarray, " patients"], Bool[np.ndarray, " patients"]]:
    """Weeks to progression or death, whichever comes first, and whether either came."""
    ends = np.stack([courses.progression_week, courses.death_week])
    first = np.where(ends > 0, ends, np.iinfo(np.int16).max).min(axis=0)
    is_event = (ends > 0).any(axis=0)
    return np.where(is_event, first, courses.weeks_followed).astype(np.float64), is_event


def survival_section(arms: Arms) -> Section:
    """Curves with intervals, and the numbers at risk below them."""
    horizon = max(float(courses.weeks_followed.max()) for _, courses in arms.with_courses)
    curves = {arm.id: progression_free(courses) for arm, courses in arms.with_courses}
    median = {key: _median(product_limit(*times)) for key, times in curves.items()}
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
                (Column("arm", "Treatment"), Column("median", "Median [wk]")),
            ),
        ),
        of_arms={
            "survival": {key: _curve(*times) for key, times in curves.items()},
            "at_risk": {key: _at_risk(times[0], horizon) for key, times in curves.items()},
            "censored": {key: _censored(*times) for key, times in curves.items()},
            "median": {key: {"median": [weeks]} for key, weeks in median.items()},
        },
    )


_COLUMNS: Final = (
    Column("arm", "Treatment"),
    Column("week", "Week"),
    Column("survival", "Progression-free", low="low", high="high", percent=True),
    Column("at_risk", "At risk"),
)


def _median(curve: SurvivalCurve) -> float | None:
    """First time at which half the patients had an event; None where that was not reached."""
    reached = curve.time[curve.survival <= 0.5]
    return float(reached[0]) if len(reached) else None


def _curve(
    time: Float[np.ndarray, " patients"], is_event: Bool[np.ndarray, " patients"]
) -> Columns:
    """The steps, and where the follow-up ends."""
    curve = product_limit(time, is_event)
    end = float(time.max())
    last = [] if end <= curve.time[-1] else [-1]
    rows = [*range(len(curve.time)), *last]
    return {
        "week": [*curve.time.tolist(), *(end for _ in last)],
        "survival": curve.survival[rows].tolist(),
        "low": curve.low[rows].tolist(),
        "high": curve.high[rows].tolist(),
        "at_risk": [*curve.at_risk.tolist(), *(int((time >= end).sum()) for _ in last)],
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
    heights = curve.survival[np.searchsorted(curve.time, weeks, side="right") - 1]
    return {"week": weeks.tolist(), "survival": heights.tolist()}


def _spec(horizon: float) -> dict[str, Any]:
    across = {"scale": {"domain": [0, horizon], "nice": False}}
    axis = {"values": _risk_weeks(horizon), "grid": False, "labelOverlap": False}
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
    below = {
        "height": 36,
        "title": {"text": "patients at risk", "offset": 2},
        "data": named("at_risk"),
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "x": {**weeks, "axis": None},
            "y": {
                "field": "arm",
                "type": "nominal",
                "title": None,
                "sort": None,
                "axis": {"labels": False, "ticks": False, "domain": False},
            },
            "text": {"field": "at_risk", "type": "quantitative", "format": ","},
            "color": arm_colour(),
        },
    }
    return {
        "description": "Kaplan-Meier curves of progression-free time with numbers at risk",
        "vconcat": [curves, below],
        "spacing": 6,
        "resolve": {"scale": {"color": "independent"}},
    }
