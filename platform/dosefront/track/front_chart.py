"""The front as a Vega-Lite chart of its table, for W&B's editor of custom charts."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from dosefront.front import Objective

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
"""What W&B's charts are written in."""
FIELDS: Final = {
    "kind": "kind",
    "algorithm": "algorithm",
    "on_front": "on_front",
    "preference": "preference",
    "id": "id",
}
"""Name in the chart to column of the front's table, beside those of the two objectives."""


def chart_fields(objectives: Sequence[Objective]) -> dict[str, str]:
    """Which column of the front's table each field of the chart shows."""
    upwards, across = objectives[0].name, objectives[1].name
    ends = {
        f"{axis}_{end}": f"{name}_{end}"
        for axis, name in (("x", across), ("y", upwards))
        for end in ("low", "high")
    }
    return {"x": across, "y": upwards, **ends, **FIELDS}


def chart_strings(objectives: Sequence[Objective]) -> dict[str, str]:
    """The chart's texts."""
    return {
        "title": "Front, held-out means with 95 % intervals",
        "x_title": objectives[1].title,
        "y_title": objectives[0].title,
    }


def chart_name(specification: dict[str, Any]) -> str:
    """A name that follows from the chart's content: equal charts have equal names."""
    content = json.dumps(specification, sort_keys=True).encode()
    return f"dosefront-front-{hashlib.sha256(content).hexdigest()[:8]}"


def front_chart(objectives: Sequence[Objective]) -> dict[str, Any]:
    """The chart: policies with their intervals, the staircase they attain, conventional care."""
    upwards, across = objectives[0], objectives[1]
    x = _axis("x")
    y = _axis("y")
    return {
        "$schema": SCHEMA,
        "title": "${string:title}",
        "data": {"name": "wandb"},
        "width": "container",
        "layer": [
            _staircase(x, y, across=across, upwards=upwards),
            _interval({"y": y, "x": {**x, "field": "${field:x_low}"}}, "x2", "${field:x_high}"),
            _interval({"x": x, "y": {**y, "field": "${field:y_low}"}}, "y2", "${field:y_high}"),
            _points(x, y),
        ],
    }


def _axis(letter: str) -> dict[str, Any]:
    return {
        "field": f"${{field:{letter}}}",
        "type": "quantitative",
        "title": f"${{string:{letter}_title}}",
        "scale": {"zero": False},
    }


def _staircase(
    x: dict[str, Any], y: dict[str, Any], *, across: Objective, upwards: Objective
) -> dict[str, Any]:
    """The best of the upward objective among policies that are as good across, or better."""
    order = "ascending" if across.sense == "minimise" else "descending"
    best = "max" if upwards.sense == "maximise" else "min"
    return {
        "transform": [
            {"filter": 'datum["${field:kind}"] === "trial" && datum["${field:on_front}"]'},
            {
                "window": [{"op": best, "field": "${field:y}", "as": "attained"}],
                "sort": [{"field": "${field:x}", "order": order}],
                "frame": [None, 0],
            },
        ],
        "mark": {
            "type": "line",
            "color": "#888888",
            "interpolate": "step-after" if order == "ascending" else "step-before",
        },
        "encoding": {"x": x, "y": {**y, "field": "attained"}},
    }


def _interval(encoding: dict[str, Any], end: str, field: str) -> dict[str, Any]:
    return {
        "mark": {"type": "rule", "opacity": 0.35},
        "encoding": {**encoding, end: {"field": field}},
    }


def _points(x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    shown = ("id", "algorithm", "preference", "x", "y")
    return {
        "transform": [
            {"calculate": 'datum["${field:algorithm}"] || "conventional care"', "as": "arm"}
        ],
        "mark": {"type": "point", "filled": True, "size": 70},
        "encoding": {
            "x": x,
            "y": y,
            "color": {"field": "arm", "type": "nominal", "title": "algorithm"},
            "shape": {"field": "${field:kind}", "type": "nominal", "title": "kind"},
            "opacity": {
                "condition": {"test": 'datum["${field:on_front}"] === false', "value": 0.3},
                "value": 1.0,
            },
            "tooltip": [{"field": f"${{field:{name}}}"} for name in shown],
        },
    }
