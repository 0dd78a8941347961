"""The page of a run: one file with its data, its script and its style, which needs no network."""

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from dosefront.report.page.endpoints import endpoints_section
from dosefront.report.page.front import front_section
from dosefront.report.page.growth import growth_section
from dosefront.report.page.load import RunContents
from dosefront.report.page.markup import facts_html, provenance_html, section_html
from dosefront.report.page.parallel import objectives_section, settings_section
from dosefront.report.page.patients import patients_section
from dosefront.report.page.quantities import quantities
from dosefront.report.page.regimen import regimen_section
from dosefront.report.page.section import Section
from dosefront.report.page.subgroups import subgroups_section
from dosefront.report.page.survival import survival_section
from dosefront.report.page.swimmer import swimmer_section
from dosefront.report.page.theme import CONFIG
from dosefront.report.page.toxicity import toxicity_section
from dosefront.report.page.waterfall import waterfall_section
from dosefront.report.plane import DISCLAIMER

ASSETS: Final = files("dosefront.report.page") / "assets"
VENDORED: Final = {"vega.min.js": "LICENSE.vega", "vega-lite.min.js": "LICENSE.vega-lite"}
"""Published builds, with their licences, which travel with the page."""
SCRIPTS: Final = (
    "content",
    "state",
    "judgement",
    "labels",
    "figures",
    "tables",
    "controls",
    "start",
)
"""The page's own, in the order in which they run."""
FIGURES: Final = 5
"""Significant figures of the numbers in the page."""


def page_html(run: RunContents) -> str:
    """The page of a run."""
    summary = run.summary
    sections = page_sections(run)
    scripts = _scripts()
    return Template(_asset("page.html")).substitute(
        script_hashes=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
        title=escape(f"{summary.run}: the front"),
        style=_asset("page.css"),
        disclaimer=DISCLAIMER,
        subtitle=escape(f"{summary.environment}, version {summary.environment_version}"),
        facts=facts_html(summary),
        links="".join(
            f'<li><a href="#{each.name}">{escape(each.title)}</a></li>' for each in sections
        ),
        sections="\n".join(section_html(each) for each in sections),
        footer=provenance_html(run),
        content=_json(page_content(run, sections)),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def page_sections(run: RunContents) -> tuple[Section, ...]:
    """The sections that this run has something to show in."""
    return tuple(_sections(run))


def _sections(run: RunContents) -> Iterator[Section]:
    summary, arms = run.summary, run.arms
    yield front_section(summary, run.colours)
    if arms.shown:
        yield endpoints_section(summary, arms)
    if len(summary.objectives) > 2:
        yield objectives_section(summary, run.colours)
    if arms.with_courses:
        yield regimen_section(arms)
        yield patients_section(arms)
        yield toxicity_section(arms)
        yield waterfall_section(arms)
        yield survival_section(arms)
        yield swimmer_section(arms)
    subgroups = subgroups_section(arms)
    if subgroups.figures:
        yield subgroups
    if len(summary.history) > 1:
        yield growth_section(summary, run.colours)
    if settings := settings_section(summary, run.trials, run.colours):
        yield settings


def page_content(run: RunContents, sections: Sequence[Section]) -> dict[str, Any]:
    """What the page's script reads: data, specifications and tables by name."""
    arms = run.arms
    return {
        "config": CONFIG,
        "quantities": [asdict(each) for each in quantities(run.summary)],
        "arms": {each.id: {"title": each.title, "colour": each.colour} for each in arms.shown},
        "reference": arms.reference.id if arms.reference else None,
        "first_arm": _first_arm(run),
        "datasets": {name: data for each in sections for name, data in each.datasets.items()},
        "of_arms": {name: data for each in sections for name, data in each.of_arms.items()},
        "figures": {figure.name: figure.spec for each in sections for figure in each.figures},
        "tables": {
            table.name: {
                "dataset": table.dataset,
                "columns": [asdict(column) for column in table.columns],
                "is_of_chosen": table.is_of_chosen,
            }
            for each in sections
            for table in each.tables
        },
    }


def _first_arm(run: RunContents) -> str | None:
    """The policy shown first: it beats most comparators; then, is best in the first objective."""
    shown = {arm.id for arm in run.arms.shown}
    points = [point for point in run.summary.points if point.id in shown]
    first = run.summary.objectives[0]
    if not points:
        return next(iter(shown), None)
    best = max(
        points,
        key=lambda point: (len(point.dominates), first.maximised(point.value_vector[0].value)),
    )
    return best.id


def _scripts() -> list[str]:
    vendored = [
        f"/*!\n{_asset(f'vendor/{licence}')}*/\n{_asset(f'vendor/{name}')}"
        for name, licence in VENDORED.items()
    ]
    own = "\n".join(_asset(f"script/{name}.js") for name in SCRIPTS)
    return [*vendored, f'"use strict";\n{{\n{own}\n}}\n']


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """As a Content Security Policy names a script that may run; nothing else in the page may."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _json(content: Mapping[str, Any]) -> str:
    """JSON that no text in it can end the element of."""
    text = json.dumps(_rounded(content), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _rounded(value: Any) -> Any:
    """Numbers to the figures that the page needs."""
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            rounded = float(f"{value:.{FIGURES}g}") if math.isfinite(value) else None
            return int(rounded) if rounded is not None and rounded.is_integer() else rounded
        case Mapping():
            return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value]
