"""The page's words as HTML; every text from outside is escaped here."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from dosefront.records import FrontSummary
from dosefront.report.page.load import RunContents
from dosefront.report.page.section import Figure, Section, Table

KEY: Final = '<p class="key" data-arms></p>\n'
"""Whose colours are shown; the script fills it."""
SMALL: Final = "22rem"
"""Least width of figures that stand side by side."""


def section_html(section: Section) -> str:
    """A heading, its text, its figures, and its tables, folded."""
    least = f' style="--least: {SMALL}"' if len(section.figures) > 1 else ""
    drawn = "".join(map(_figure, section.figures))
    figures = f'<div class="figures"{least}>{drawn}</div>\n' if drawn else ""
    return (
        f'<section id="{escape(section.name)}" aria-labelledby="{escape(section.name)}-title">\n'
        f'<h2 id="{escape(section.name)}-title">{escape(section.title)}</h2>\n'
        f"<p>{escape(section.text)}</p>\n"
        f"{KEY if section.of_arms else ''}"
        f"{figures}"
        f"{''.join(map(_table, section.tables))}</section>"
    )


def _figure(figure: Figure) -> str:
    caption = f'<figcaption data-title="{escape(figure.title)}"></figcaption>'
    return (
        f"<figure>{caption if figure.title else ''}"
        f'<div data-figure="{escape(figure.name)}"></div></figure>'
    )


def _table(table: Table) -> str:
    is_open = " open" if table.is_open else ""
    return (
        f"<details{is_open}><summary>Table: {escape(table.title)}</summary>"
        f'<div class="scroll" tabindex="0"><table data-table="{escape(table.name)}">'
        f"<caption>{escape(table.title)}</caption><thead></thead><tbody></tbody></table></div>"
        "</details>\n"
    )


def facts_html(summary: FrontSummary) -> str:
    """The run in a few numbers."""
    front = sum(point.on_front for point in summary.points)
    low, high = summary.hypervolume_low, summary.hypervolume_high
    interval = f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else ""
    facts = {
        "Policies on the front": f"{front} of {len(summary.points)}",
        "Hypervolume, share of the reference box": f"{summary.hypervolume:.3f}{interval}",
        "Virtual patients, held-out": f"{summary.held_out_patients:,}",
    }
    if summary.comparators:
        beating = sum(bool(point.dominates) for point in summary.points)
        facts["Hypervolume of conventional care"] = f"{summary.comparators_hypervolume:.3f}"
        facts["Comparators dominated, means"] = f"{summary.comparators_dominated:.0%}"
        facts["Policies that beat a comparator beyond 95 %"] = f"{beating} of {len(summary.points)}"
    if summary.failed_trials:
        facts["Trials that failed"] = str(len(summary.failed_trials))
    return "".join(f"<div>{_pair(name, value)}</div>" for name, value in facts.items())


def provenance_html(run: RunContents) -> str:
    """Where the numbers come from."""
    summary = run.summary
    facts: dict[str, object] = {
        "Run": summary.run,
        "Environment": f"{summary.environment}, version {summary.environment_version}",
        "Options": _written(summary.environment_options),
        "Cohorts": (
            f"seed {summary.cohort_seed}; {summary.select_patients:,} patients decide who is on "
            f"the front, {summary.held_out_patients:,} others give every number"
        ),
        "Objectives": "; ".join(
            f"{each.title}, {each.sense}, reference {each.reference:g}, ideal {each.ideal:g}"
            for each in summary.objectives
        ),
    }
    for trial in run.trials[-1:]:
        facts["Made with"] = _written(trial.provenance.get("versions", {}))
        facts["Commit"] = trial.provenance.get("commit", "unknown")
    for each in summary.failed_trials:
        facts[f"Failed: {each.label}"] = (each.error.strip().splitlines() or ["no message"])[-1]
    for number, reason in enumerate(run.missing, start=1):
        facts[f"Not shown ({number})"] = reason
    facts["Drawn with"] = (
        "Vega 6.4.0 and Vega-Lite 6.4.3, © University of Washington Interactive Data Lab, "
        "BSD-3-Clause; their licences stand in the source of this page"
    )
    pairs = "".join(_pair(name, str(value)) for name, value in facts.items() if value)
    return f"<h2>Where the numbers come from</h2><dl>{pairs}</dl>"


def _pair(name: str, value: str) -> str:
    return f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"


def _written(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
