"""Every endpoint of the treatment that is shown, beside conventional care's."""

from typing import Final

from dosefront.front import Estimate
from dosefront.records import FrontSummary
from dosefront.report.page.arms import Arms
from dosefront.report.page.section import Column, Scalar, Section, Table, columns_of
from dosefront.report.plane import Point, points_of

RATES: Final = frozenset(
    {"confirmed response", "progressed", "serious adverse event", "death by toxicity"}
)
"""Endpoints that are shares of patients; so are those of a grade."""


def endpoints_section(summary: FrontSummary, arms: Arms) -> Section:
    """A table: objectives, then endpoints, with their intervals."""
    points = {point.id: point for point in points_of(summary)}
    shown = {arm.id: points[arm.id] for arm in arms.shown if arm.id in points}
    usual = shown.get(arms.reference.id) if arms.reference else None
    columns = [Column("endpoint", "Endpoint"), Column("value", "Treatment shown")]
    if arms.reference:
        columns.append(Column("usual", arms.reference.title))
    return Section(
        name="endpoints",
        title="Endpoints",
        text=(
            "Means and rates over all held-out patients, with 95 % intervals: exact for rates, "
            "turned with the skewness for means. An event is charted where the clinic saw it at a "
            "visit; the others are true events."
        ),
        tables=(
            Table(
                "endpoints",
                "endpoints",
                "Endpoints of the treatment shown",
                tuple(columns),
                is_open=True,
                is_of_chosen=True,
            ),
        ),
        of_arms={
            "endpoints": {
                name: columns_of(_rows(point, usual, summary)) for name, point in shown.items()
            }
        },
    )


def _rows(point: Point, usual: Point | None, summary: FrontSummary) -> list[dict[str, Scalar]]:
    ours = _estimates(point, summary)
    theirs = _estimates(usual, summary) if usual else {}
    return [
        {
            "endpoint": name,
            "value": _written(name, estimate),
            "usual": _written(name, theirs[name]) if name in theirs else "",
        }
        for name, estimate in ours.items()
    ]


def _estimates(point: Point, summary: FrontSummary) -> dict[str, Estimate]:
    titles = [objective.title for objective in summary.objectives]
    return {**dict(zip(titles, point.value_vector, strict=True)), **point.endpoints}


def _written(name: str, estimate: Estimate) -> str:
    """The estimate with its interval, rates in per cent."""
    numbers = (estimate.value, estimate.low, estimate.high)
    if name in RATES or ", grade" in name:
        value, low, high = (f"{100.0 * number:.1f}" for number in numbers)
        return f"{value} % [{low}, {high}]"
    value, low, high = (f"{number:.3g}" for number in numbers)
    return f"{value} [{low}, {high}]"
