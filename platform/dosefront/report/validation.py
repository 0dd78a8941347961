"""Emulated trials against published ones: on a terminal, as a table and as JSON."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from dosefront.errors import UsageError
from dosefront.records.storage import write_atomically
from posology.validation import OVERALL, TITLES, Agreement, Cell, unit_of

HEADINGS: Final[Mapping[str, str]] = {
    "response_pct": "ORR\n%",
    "progression_months": "PFS\nmonths",
    "neutropenia_grade34_pct": "neut. 3/4\n%",
    "survival_months": "OS\nmonths",
    "febrile_neutropenia_pct": "FN\n%",
    "neutropenia_grade4_pct": "neut. 4\n%",
    "thrombocytopenia_grade34_pct": "plat. 3/4\n%",
    "diarrhoea_grade34_pct": "diarr.\n%",
    "neuropathy_grade34_pct": "neurop.\n%",
    "mucositis_grade34_pct": "mucos.\n%",
}
"""Columns, the most important first; narrow terminals get as many as fit."""
COLUMN_WIDTH: Final = 11
"""Characters that an endpoint takes."""
NAMES_WIDTH: Final = 30
"""Characters that the arm's id and regimen take."""
BEYOND: Final = "!"
"""Behind a difference that is beyond tolerance."""
DIGITS: Final = 4


def validation_table(cells: Sequence[Cell], *, width: int) -> Table:
    """One row an arm: simulated and published figures side by side."""
    shown = list(HEADINGS)[: max(3, (width - NAMES_WIDTH) // COLUMN_WIDTH)]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("arm", no_wrap=True)
    table.add_column("regimen", no_wrap=True, max_width=NAMES_WIDTH - 6, overflow="ellipsis")
    for endpoint in shown:
        table.add_column(HEADINGS[endpoint], justify="right", no_wrap=True)
    for arm_id in dict.fromkeys(cell.arm.id for cell in cells):
        own = {cell.endpoint: cell for cell in cells if cell.arm.id == arm_id}
        regimen = next(iter(own.values())).arm.regimen
        figures = [_side_by_side(own.get(endpoint)) for endpoint in shown]
        table.add_row(escape(arm_id), escape(regimen), *figures)
    return table


def agreement_table(agreements: Iterable[Agreement]) -> Table:
    """How many cells of each endpoint are within tolerance, and by how much the cells differ."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("endpoint", no_wrap=True)
    table.add_column("arms", no_wrap=True)
    for heading in ("cells", "within", "mean difference", "RMSE"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in agreements:
        is_overall = each.endpoint == OVERALL
        table.add_row(
            OVERALL if is_overall else TITLES[each.endpoint],
            "calibration" if each.calibrated else "others",
            f"{each.cells}",
            "" if each.share is None else f"{each.within} ({each.share:.0%})",
            "" if each.bias is None else f"{each.bias:+.1f} {unit_of(each.endpoint)}",
            "" if each.rmse is None else f"{each.rmse:.1f} {unit_of(each.endpoint)}",
            style="bold" if is_overall else "",
        )
    return table


def validation_mapping(
    cells: Iterable[Cell], agreements: Iterable[Agreement], left_out: Mapping[str, str]
) -> dict[str, Any]:
    """Everything as JSON values; null stands for what is missing or not reached."""
    return {
        "cells": [{name: _json(value) for name, value in _row(cell).items()} for cell in cells],
        "agreement": [
            {
                "endpoint": each.endpoint,
                "calibrated": each.calibrated,
                "cells": each.cells,
                "within": each.within,
                "share": _json(each.share),
                "bias": _json(each.bias),
                "rmse": _json(each.rmse),
            }
            for each in agreements
        ],
        "left_out": dict(left_out),
    }


def write_validation_table(cells: Sequence[Cell], path: Path) -> None:
    """Write one line a cell as CSV, replaced as a whole; a median not reached is ``inf``."""
    if not cells:
        raise UsageError("no arm was emulated; nothing is written.")
    text = io.StringIO()
    rows = [_row(cell) for cell in cells]
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def _row(cell: Cell) -> dict[str, object]:
    simulated = cell.simulated
    numbers = (None,) * 5 if simulated is None else astuple(simulated)
    names = ("simulated", "simulated_low", "simulated_high", "expected_low", "expected_high")
    return {
        "arm": cell.arm.id,
        "trial": cell.arm.trial,
        "tumour": cell.arm.tumour,
        "regimen": cell.arm.regimen,
        "trial_patients": cell.arm.patients,
        "virtual_patients": cell.patients,
        "endpoint": cell.endpoint,
        "unit": cell.unit,
        **{name: _rounded(number) for name, number in zip(names, numbers, strict=True)},
        "published": cell.published,
        "difference": _rounded(cell.difference),
        "tolerance": cell.tolerance,
        "within": cell.within,
        "expected": cell.expected,
        "confidence": cell.confidence,
        "calibrated": cell.calibrated,
    }


def _side_by_side(cell: Cell | None) -> str:
    """Simulated/published, marked when the difference is beyond tolerance."""
    if cell is None:
        return "[dim]–[/]"
    simulated = cell.simulated
    left = "–" if simulated is None else _figure(simulated.value, cell.endpoint)
    right = "–" if cell.published is None else _figure(cell.published, cell.endpoint)
    figures = f"{left}/{right}"
    if cell.within is None:
        return f"{figures} " if cell.published is not None else f"[dim]{figures}[/] "
    return f"[green]{figures}[/] " if cell.within else f"[bold red]{figures}{BEYOND}[/]"


def _figure(value: float, endpoint: str) -> str:
    if math.isinf(value):
        return "n.r."
    return f"{value:.1f}" if unit_of(endpoint) == "months" or value < 10.0 else f"{value:.0f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _json(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
