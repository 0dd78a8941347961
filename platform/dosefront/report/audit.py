"""An audit on a terminal: what the policies achieved, and what was found."""

import math
from collections.abc import Mapping
from typing import Final

from rich.markup import escape
from rich.table import Table

from dosefront.front import Estimate
from dosefront.report.terminal import FULL_WIDTH, written
from posology.validation import VERDICTS, AuditReport, Interval, SweepRow, Verdict

MOST_CONSTANTS: Final = 25
"""Constant actions that the table shows; of more it shows the best and the extremes."""
COLOURS: Final[Mapping[Verdict, str]] = {
    "pass": "green",
    "warn": "yellow",
    "fail": "bold red",
    "not applicable": "dim",
}
SHORT: Final[Mapping[Verdict, str]] = {
    "pass": "pass",
    "warn": "warn",
    "fail": "FAIL",
    "not applicable": "n/a",
}


def sweep_table(report: AuditReport, *, width: int = FULL_WIDTH) -> Table:
    """Value vectors of constant, random, conventional and switching policies.

    The best constant action of each objective is marked with a star. Narrow terminals get the
    value vectors alone.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")
    table.add_column("policy", min_width=12)
    for objective in report.objectives:
        title = f"{objective.name}\n{objective.unit}".strip()
        table.add_column(title, justify="right", no_wrap=True)
    if width >= FULL_WIDTH:
        table.add_column("steps", justify="right", no_wrap=True)
        table.add_column("terminated", justify="right", no_wrap=True)
    best = {id(row): best_at for row, best_at in _best_constants(report)}
    kind = ""
    for row in _shown(report):
        figures = [_figure(each, star=k in best.get(id(row), ())) for k, each in _numbered(row)]
        cells = [*figures, f"{row.steps.value:.1f}", f"{row.terminated:.0%}"]
        first = row.kind if row.kind != kind else ""
        kind = row.kind
        table.add_row(first, escape(row.label), *cells[: len(table.columns) - 2])
    return table


def findings_table(report: AuditReport) -> Table:
    """One line for each check: verdict, name and sentence."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("check", min_width=16, max_width=22)
    table.add_column("finding", overflow="fold")
    for check in report.checks:
        colour = COLOURS[check.verdict]
        verdict = f"[{colour}]{SHORT[check.verdict]}[/]"
        style = "dim" if check.verdict == "not applicable" else ""
        table.add_row(verdict, escape(check.name), escape(check.sentence), style=style)
    return table


def verdict_line(report: AuditReport) -> str:
    """How many checks end how, and the names of those that do not pass."""
    counts = [f"{report.count(verdict)} {SHORT[verdict].lower()}" for verdict in VERDICTS]
    parts = [", ".join(counts)]
    for verdict in ("fail", "warn"):
        names = [check.name for check in report.checks if check.verdict == verdict]
        if names:
            parts.append(f"{SHORT[verdict]}: {', '.join(names)}")
    return ". ".join(parts)


def hidden_rows(report: AuditReport) -> int:
    """How many policies the table leaves out."""
    return len(report.sweep) - len(_shown(report))


def _shown(report: AuditReport) -> list[SweepRow]:
    constants = [row for row in report.sweep if row.kind == "constant"]
    switches = [row for row in report.sweep if row.kind == "switch"]
    kept = [row for row in report.sweep if row.kind in ("random", "comparator")]
    if len(constants) > MOST_CONSTANTS:
        chosen = [constants[0], constants[-1], *_best(report, constants)]
        constants = [row for row in constants if any(row is each for each in chosen)]
    chosen = _best(report, switches)
    return [*constants, *kept, *(row for row in switches if any(row is each for each in chosen))]


def _best(report: AuditReport, rows: list[SweepRow]) -> list[SweepRow]:
    """The best row of each objective."""
    if not rows:
        return []
    return [
        max(rows, key=lambda row: _maximised(report, row, k)) for k in range(len(report.objectives))
    ]


def _best_constants(report: AuditReport) -> list[tuple[SweepRow, list[int]]]:
    """Constant rows with the columns in which they are best."""
    constants = [row for row in report.sweep if row.kind == "constant"]
    best = _best(report, constants)
    return [(row, [k for k, each in enumerate(best) if each is row]) for row in constants]


def _maximised(report: AuditReport, row: SweepRow, column: int) -> float:
    value = row.value_vector[column].value
    objective = report.objectives[column]
    # The sign is its own inverse.
    return -math.inf if math.isnan(value) else objective.clinical(value)


def _numbered(row: SweepRow) -> list[tuple[int, Interval]]:
    return list(enumerate(row.value_vector))


def _figure(interval: Interval, *, star: bool) -> str:
    numbers = (interval.value, interval.low, interval.high)
    if not all(map(math.isfinite, numbers)):
        return "not finite"
    figure = written(Estimate(*numbers))
    if interval.high - interval.low <= 1e-9 * abs(interval.value):  # rounding
        figure = figure.partition(" ")[0]
    return f"[bold]{'★ ' if star else ''}{escape(figure)}[/]" if star else escape(figure)
