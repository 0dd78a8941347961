"""Parallel coordinates: every policy as a line across its objectives, or across its settings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dosefront.records import FrontSummary, TrialRecord
from dosefront.report.page.front import CONVENTIONAL
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import FAINT, INK, PAPER, named
from dosefront.report.plane import Point, point_title, points_of


@dataclass(frozen=True)
class Dimension:
    """One of the axes: what each policy has there, and where on the axis that lies."""

    title: str
    values: tuple[Scalar, ...]
    places: tuple[float, ...]
    """From 0, at the bottom, to 1."""

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Places with their labels: the ends of numbers, every value of words."""
        labelled = dict(zip(self.places, self.values, strict=True))
        if all(isinstance(value, int | float) for value in self.values):
            labelled = {place: labelled[place] for place in (min(labelled), max(labelled))}
        return tuple((place, _written(value)) for place, value in sorted(labelled.items()))


def of_numbers(title: str, values: Sequence[float], *, is_reversed: bool = False) -> Dimension:
    """An axis from the least number to the largest, or the other way round.

    >>> of_numbers("dose", [1.0, 2.0, 5.0]).places
    (0.0, 0.25, 1.0)
    """
    low, high = min(values), max(values)
    extent = (high - low) or 1.0
    places = ((each - low) / extent for each in values)
    return Dimension(title, tuple(values), tuple(1.0 - p if is_reversed else p for p in places))


def of_words(title: str, values: Sequence[Scalar]) -> Dimension:
    """An axis with a place for each value, in the order in which they first come."""
    distinct = list(dict.fromkeys(values))
    last = max(1, len(distinct) - 1)
    return Dimension(title, tuple(values), tuple(distinct.index(each) / last for each in values))


def objectives_section(summary: FrontSummary, colours: dict[str, str]) -> Section:
    """For more than two objectives, which no plane shows at once; upwards is better."""
    groups = {**colours, CONVENTIONAL: INK}
    names = [(each.id, point_title(each), each.algorithm) for each in summary.points]
    names += [(each.id, each.title, CONVENTIONAL) for each in summary.comparators]
    return _section(
        "objectives",
        "All objectives at once",
        "Each line is a policy or conventional care; upwards is better on every axis, whose ends "
        "are the worst and the best of those shown. Lines that cross trade one objective for "
        "another. Click a line to see its treatment.",
        names,
        _objectives(summary, points_of(summary)),
        groups,
    )


def settings_section(
    summary: FrontSummary, trials: Sequence[TrialRecord], colours: dict[str, str]
) -> Section | None:
    """Settings that vary between trials, with what came of them; None where none varies."""
    records = {trial.spec.trial_id: trial for trial in trials}
    points = [point for point in summary.points if point.trial in records]
    settings = [_settings(records[point.trial]) for point in points]
    varying = varying_settings(settings)
    if not varying:
        return None
    axes = [_setting(name, [each.get(name) for each in settings]) for name in varying]
    return _section(
        "settings",
        "Settings of the algorithms",
        "Each line is a policy: on the left the settings in which trials differ, on the right the "
        "objectives it reached, upwards is better.",
        [(point.id, point_title(point), point.algorithm) for point in points],
        [*axes, *_objectives(summary, points)],
        colours,
    )


def varying_settings(settings: Sequence[Mapping[str, Scalar]]) -> list[str]:
    """Names of the settings that more than one value was tried of.

    >>> varying_settings([{"rate": 0.1, "clip": 0.2}, {"rate": 0.3, "clip": 0.2}])
    ['rate']
    """
    names = dict.fromkeys(name for each in settings for name in each)
    # A setting that some algorithms do not have is none that was varied.
    return [
        name
        for name in names
        if len({each[name] for each in settings if name in each}) > 1
        and all(name in each for each in settings)
    ]


def _objectives(summary: FrontSummary, points: Sequence[Point]) -> list[Dimension]:
    """The axes of the objectives, upwards is better."""
    return [
        of_numbers(
            objective.title,
            [point.value_vector[k].value for point in points],
            is_reversed=objective.sense == "minimise",
        )
        for k, objective in enumerate(summary.objectives)
    ]


def _settings(trial: TrialRecord) -> dict[str, Scalar]:
    values = {"steps": trial.spec.steps, **trial.spec.settings}
    return {
        name: value if isinstance(value, int | float | str | None) else _written(value)
        for name, value in values.items()
    }


def _setting(name: str, values: Sequence[Scalar]) -> Dimension:
    title = name.replace("_", " ")
    numbers = [value for value in values if isinstance(value, int | float)]
    is_numeric = len(numbers) == len(values) and not any(isinstance(v, bool) for v in values)
    return of_numbers(title, numbers) if is_numeric else of_words(title, values)


def _written(value: object) -> str:
    match value:
        case list() | tuple():
            return "×".join(map(_written, value))
        case float():
            return f"{value:.3g}"
        case None:
            return "none"
    return str(value)


def _section(
    name: str,
    title: str,
    text: str,
    names: Sequence[tuple[str, str, str]],
    dimensions: Sequence[Dimension],
    colours: Mapping[str, str],
) -> Section:
    """Rows for lines (a vertex an axis), for ticks, and for the table (a row a policy)."""
    lines: list[dict[str, Scalar]] = [
        {
            "id": ids,
            "title": label,
            "group": group,
            "dimension": k,
            "place": dimension.places[row],
            "text": f"{dimension.title} {_written(dimension.values[row])}",
        }
        for row, (ids, label, group) in enumerate(names)
        for k, dimension in enumerate(dimensions)
    ]
    ticks: list[dict[str, Scalar]] = [
        {"dimension": k, "place": place, "label": label}
        for k, dimension in enumerate(dimensions)
        for place, label in dimension.ticks
    ]
    rows: list[dict[str, Scalar]] = [
        {
            "id": ids,
            "title": label,
            **{f"dimension_{k}": each.values[row] for k, each in enumerate(dimensions)},
        }
        for row, (ids, label, _) in enumerate(names)
    ]
    columns = (
        Column("title", "Policy"),
        *(Column(f"dimension_{k}", each.title) for k, each in enumerate(dimensions)),
    )
    return Section(
        name=name,
        title=title,
        text=text,
        figures=(Figure(name, _spec(name, [each.title for each in dimensions], colours)),),
        tables=(Table(name, f"{name}_rows", title, columns),),
        datasets={
            f"{name}_lines": columns_of(lines),
            f"{name}_ticks": columns_of(ticks),
            f"{name}_rows": columns_of(rows),
        },
    )


def _spec(name: str, titles: Sequence[str], colours: Mapping[str, str]) -> dict[str, Any]:
    # The unit stands below the name.
    lines = [title.replace(" [", "\n[").split("\n") for title in titles]
    labels = f"{json.dumps(lines)}[datum.value]"
    across = {
        "field": "dimension",
        "type": "ordinal",
        "title": None,
        "axis": {
            "labelExpr": labels,
            "labelAngle": 0,
            "labelLimit": 260,
            "orient": "top",
            "domain": False,
            "ticks": False,
            "labelPadding": 34,
            "grid": True,
        },
        "scale": {"type": "point", "padding": 0.4},
    }
    scale = {"domain": list(colours), "range": list(colours.values())}
    upwards = {"field": "place", "type": "quantitative", "axis": None}
    return {
        "description": "Parallel coordinates",
        "height": 260,
        "encoding": {"x": across, "y": upwards},
        "layer": [
            {
                "data": named(f"{name}_lines"),
                "mark": {"type": "line", "strokeWidth": 1.6, "cursor": "pointer"},
                "encoding": {
                    "detail": {"field": "id"},
                    "color": {
                        "field": "group",
                        "type": "nominal",
                        "title": None,
                        "scale": scale,
                        "legend": {"orient": "bottom"},
                    },
                    "opacity": {
                        "condition": [
                            {"test": "datum.chosen", "value": 1},
                            {"test": "!datum.within || !datum.brushed", "value": 0.06},
                        ],
                        "value": 0.45,
                    },
                    "strokeWidth": {
                        "condition": {"test": "datum.chosen", "value": 4},
                        "value": 1.4,
                    },
                    "tooltip": [
                        {"field": "title", "title": "policy"},
                        {"field": "text", "title": "here"},
                    ],
                },
            },
            {
                "data": named(f"{name}_ticks"),
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 6,
                    "fontSize": 11,
                    "stroke": PAPER,
                    "strokeWidth": 3,
                },
                "encoding": {"text": {"field": "label"}},
            },
            {
                "data": named(f"{name}_ticks"),
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 11},
                "encoding": {"text": {"field": "label"}},
            },
            {
                "data": named(f"{name}_ticks"),
                "mark": {"type": "tick", "color": FAINT, "size": 8},
            },
        ],
    }
