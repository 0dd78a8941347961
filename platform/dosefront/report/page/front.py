"""The front: policies and conventional care between two quantities that the reader picks."""

from collections.abc import Sequence
from typing import Any, Final

from dosefront.records import FrontPoint, FrontSummary
from dosefront.report.page.quantities import Quantity, quantities
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import ACCENT, CHOSEN, FAINT, INK, PAPER, named, quantitative
from dosefront.report.plane import Point, point_title, points_of

CONVENTIONAL: Final = "conventional care"
MOST_POLICIES: Final = 24
"""Policies on the front whose treatment is shown; of more, so many spread along it."""
MEDIAN: Final = 50
"""Percent of the seeds whose attainment is drawn."""


def front_section(summary: FrontSummary, colours: dict[str, str]) -> Section:
    """Every policy and comparator with its intervals; `colours` are those of the algorithms."""
    shown = quantities(summary)
    points = [_row(point, summary, shown) for point in points_of(summary)]
    return Section(
        name="front",
        title="The front",
        text=_text(summary),
        figures=(Figure("front", _spec(colours, has_surfaces=bool(summary.attainment))),),
        tables=(Table("points", "points", "Policies and comparators", _columns(shown)),),
        datasets={"points": columns_of(points), "surfaces": columns_of(_surfaces(summary))},
    )


def _text(summary: FrontSummary) -> str:
    care = ", diamonds are conventional care on the same patients" if summary.comparators else ""
    seeds = "; dotted, what half of an algorithm's seeds attain" if summary.attainment else ""
    return (
        f"Each mark is the mean over the {summary.held_out_patients:,} virtual patients of the "
        "held-out cohort, each bar a 95 % interval. Filled marks are policies on the front, hollow "
        f"ones are behind it{care}. Membership was decided on {summary.select_patients:,} others, "
        "so that a mark on the front may lie a little under another. The fainter a mark on the "
        "front, the less likely it is nondominated if other patients had been drawn. The line is "
        f"what the front attains in the two quantities shown{seeds}. Click a mark, or walk along "
        "them with the arrow keys, to see its treatment below: that of conventional care, and of "
        f"up to {MOST_POLICIES} policies spread along the front. Drag a rectangle to see only the "
        "policies in it."
    )


def _row(point: Point, summary: FrontSummary, shown: Sequence[Quantity]) -> dict[str, Scalar]:
    titles = {each.id: each.title for each in summary.comparators}
    row: dict[str, Scalar] = {"id": point.id, "title": point_title(point)}
    if isinstance(point, FrontPoint):
        row |= {
            "kind": "policy",
            "group": point.algorithm,
            "place": "on the front" if point.on_front else "behind",
            "on_front": point.on_front,
            "probability": point.probability_nondominated,
            "dominates": ", ".join(titles.get(each, each) for each in point.dominates),
        }
    else:
        row |= {
            "kind": "comparator",
            "group": CONVENTIONAL,
            "place": CONVENTIONAL,
            "on_front": False,
            "probability": None,
            "dominates": "",
        }
    for k, quantity in enumerate(shown):
        estimate = quantity.of(point, summary.objectives)
        row |= {f"value_{k}": estimate.value, f"low_{k}": estimate.low, f"high_{k}": estimate.high}
    return row


def _columns(shown: Sequence[Quantity]) -> tuple[Column, ...]:
    return (
        Column("title", "Policy"),
        Column("id", "Id"),
        Column("place", "Place"),
        *(
            Column(
                f"value_{k}",
                each.title.partition(",")[0],
                low=f"low_{k}",
                high=f"high_{k}",
                percent=each.is_rate,
            )
            for k, each in enumerate(shown)
        ),
        Column("probability", "Probability nondominated", percent=True),
        Column("dominates", "Beats beyond 95 %"),
    )


def _spec(colours: dict[str, str], *, has_surfaces: bool) -> dict[str, Any]:
    """Layers, the lowest first; x, y and their intervals are those of the axes being shown."""
    scale = {"zero": False, "nice": False, "padding": 14}
    return {
        "description": "Scatter plot of policies and conventional care with 95 % intervals",
        "height": 430,
        "data": named("points"),
        "encoding": {
            "x": quantitative("x", "", scale=scale),
            "y": quantitative("y", "", scale=scale),
        },
        "layer": [
            *([_attainment(colours)] if has_surfaces else []),
            _attained(),
            _limit("x"),
            _limit("y"),
            _interval("x"),
            _interval("y"),
            _policies(colours),
            _comparators(),
            _ring("chosen", {"stroke": CHOSEN, "strokeWidth": 2.5}),
            _ring("preferred", {"stroke": INK, "strokeWidth": 1.5, "strokeDash": [4, 3]}),
            *_labels(),
        ],
    }


def _opacity(shown: float | dict[str, Any], faded: float) -> dict[str, Any]:
    """Of marks, faded where the reader's limit or rectangle leaves them out."""
    condition = {"test": "!datum.within || !datum.brushed", "value": faded}
    return {"condition": condition, **(shown if isinstance(shown, dict) else {"value": shown})}


def _surfaces(summary: FrontSummary) -> list[dict[str, Scalar]]:
    """Corners of what half of each algorithm's seeds attain."""
    return [
        {"group": each.algorithm, **{f"value_{k}": value for k, value in enumerate(vertex)}}
        for each in summary.attainment
        if each.level == MEDIAN
        for vertex in each.vertices
    ]


def _attainment(colours: dict[str, str]) -> dict[str, Any]:
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {
        "data": named("attainment"),
        "mark": {"type": "line", "strokeWidth": 1.2, "strokeDash": [2, 3]},
        "encoding": {
            "order": {"field": "order", "type": "quantitative"},
            "stroke": {"field": "group", "type": "nominal", "title": None, "scale": scale},
        },
    }


def _attained() -> dict[str, Any]:
    return {
        "data": named("attained"),
        "mark": {"type": "line", "color": INK, "strokeWidth": 1, "clip": True},
        "encoding": {"order": {"field": "order", "type": "quantitative"}},
    }


def _limit(axis: str) -> dict[str, Any]:
    """The reader's limit, where its quantity is on the axis."""
    return {
        "data": named(f"limit_{axis}"),
        "mark": {"type": "rule", "color": ACCENT, "strokeDash": [6, 3], "strokeWidth": 1.5},
        "encoding": {axis: quantitative("limit", None), {"x": "y", "y": "x"}[axis]: None},
    }


def _interval(axis: str) -> dict[str, Any]:
    return {
        "mark": {"type": "rule", "strokeWidth": 1},
        "encoding": {
            axis: quantitative(f"{axis}_low", None),
            f"{axis}2": {"field": f"{axis}_high"},
            "opacity": _opacity(0.4, 0.06),
        },
    }


def _policies(colours: dict[str, str]) -> dict[str, Any]:
    scale = {"domain": list(colours), "range": list(colours.values())}
    group = {"field": "group", "type": "nominal", "title": None, "scale": scale}
    return {
        "transform": [{"filter": "datum.kind == 'policy'"}],
        "params": [
            {
                "name": "brush",
                "select": {"type": "interval", "mark": {"fill": FAINT, "fillOpacity": 0.15}},
            }
        ],
        "mark": {"type": "point", "size": 70, "strokeWidth": 1.5, "cursor": "pointer"},
        "encoding": {
            "shape": {"field": "group", "type": "nominal", "title": None},
            "stroke": group,
            "fill": {"condition": {"test": "datum.on_front", **group}, "value": PAPER},
            "opacity": _opacity(
                {"field": "opacity", "type": "quantitative", "scale": None, "legend": None}, 0.1
            ),
            "tooltip": {"field": "told"},
            "description": {"field": "spoken"},
        },
    }


def _comparators() -> dict[str, Any]:
    mark = {"type": "point", "shape": "diamond", "size": 90, "filled": True, "cursor": "pointer"}
    return {
        "transform": [{"filter": "datum.kind == 'comparator'"}],
        "mark": {**mark, "color": INK},
        "encoding": {
            "opacity": _opacity(1.0, 0.25),
            "tooltip": {"field": "told"},
            "description": {"field": "spoken"},
        },
    }


def _ring(flag: str, stroke: dict[str, Any]) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"datum.{flag}"}],
        "mark": {"type": "point", "size": 330, "fill": None, "tooltip": None, **stroke},
    }


def _labels() -> list[dict[str, Any]]:
    """Comparators' names where they cover little, each with a line to its mark."""
    place = {"x": quantitative("label_x", None), "y": quantitative("label_y", None)}
    named_place = {**place, "text": {"field": "title", "type": "nominal"}}
    text = {"type": "text", "align": "center", "baseline": "middle"}
    return [
        {
            "data": named("labels"),
            "mark": {"type": "rule", "strokeWidth": 0.7, "color": FAINT},
            "encoding": {
                "x2": {"field": "edge_x"},
                "y2": {"field": "edge_y"},
            },
        },
        {
            "data": named("labels"),
            "mark": {**text, "stroke": PAPER, "strokeWidth": 3},
            "encoding": named_place,
        },
        {"data": named("labels"), "mark": text, "encoding": named_place},
    ]
