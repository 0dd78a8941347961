"""How figures look: ink and paper are the page's own, so that they follow its light and dark."""

from typing import Any, Final

INK: Final = "var(--ink)"
FAINT: Final = "var(--faint)"
PAPER: Final = "var(--paper)"
ACCENT: Final = "var(--accent)"
"""Of limits."""
CHOSEN: Final = "var(--chosen)"
"""Of the policy that the reader chose."""

FONT: Final = 'system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif'
FONT_SIZE: Final = 12

CONFIG: Final[dict[str, Any]] = {
    "background": "transparent",
    "font": FONT,  # as the page's own, so that Vega measures the text that is drawn
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": FAINT,
        "tickColor": FAINT,
        "gridColor": "var(--grid)",
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelFlush": False,
        "labelOverlap": "greedy",
        "tickCount": 6,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "orient": "top",
        "direction": "horizontal",
        "columnPadding": 16,
        "labelLimit": 260,
    },
    "header": {"labelColor": INK, "titleColor": INK, "labelFontSize": FONT_SIZE},
    "title": {"color": INK, "fontSize": FONT_SIZE, "fontWeight": "normal", "anchor": "start"},
    "text": {"color": INK, "fontSize": FONT_SIZE - 1},
    "rule": {"color": INK},
    "point": {"opacity": 1},
    "square": {"opacity": 1},
    "aria": True,
}
"""Vega-Lite's config of every figure."""


def on_paper(colour: str) -> str:
    """The colour on white paper, and lightened on dark paper, where it would not be seen."""
    return f"light-dark({colour}, color-mix(in oklab, {colour} 55%, white))"


def named(name: str) -> dict[str, str]:
    """A reference to one of the page's data sets."""
    return {"name": name}


def quantitative(field: str, title: str | None, **further: Any) -> dict[str, Any]:
    """A numeric channel; further keys are the channel's own."""
    return {"field": field, "type": "quantitative", "title": title, **further}


def zero_rule() -> dict[str, Any]:
    """A layer: where there is no difference."""
    return {
        "mark": {"type": "rule", "color": FAINT},
        "encoding": {"x": {"datum": 0}, "y": None, "color": None},
    }


def interval_rules(low: str, high: str, title: str, **further: Any) -> dict[str, Any]:
    """A layer: in each row its interval; further keys are those of the channel across."""
    return {
        "mark": {"type": "rule", "strokeWidth": 1.5},
        "encoding": {"x": quantitative(low, title, **further), "x2": {"field": high}},
    }


def arm_colour() -> dict[str, Any]:
    """The colour channel of rows of arms, which bring their own."""
    return {"field": "colour", "type": "nominal", "scale": None, "legend": None}
