"""A table of text that reads the same on a terminal and in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

from dosefront.front import Estimate
from dosefront.report.terminal import written

WIDE: Final = 120
"""Characters in which figures and intervals stand side by side."""


@dataclass(frozen=True)
class Sheet:
    """A table with its title and what must be read with it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def sheet_table(sheet: Sheet, *, width: int) -> Table:
    """The sheet for a terminal of so many characters; its first column is text.

    On a narrow one intervals stand below their figures.
    """
    gap = " [" if width >= WIDE else "\n["
    table = Table(
        title=sheet.title,
        caption=sheet.note or None,
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for number, column in enumerate(sheet.columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in sheet.rows:
        table.add_row(*(cell.replace(" [", gap) for cell in row))
    return table


def sheet_markdown(sheet: Sheet) -> str:
    """The sheet as a Markdown table under a heading."""

    def line(cells: Sequence[str]) -> str:
        cleaned = [cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells]
        return f"| {' | '.join(cleaned)} |"

    rule = ["---", *["---:"] * (len(sheet.columns) - 1)]
    lines = [f"### {sheet.title}", "", line(sheet.columns), line(rule), *map(line, sheet.rows)]
    return "\n".join([*lines, *(["", sheet.note] if sheet.note else []), ""])


def figure(estimate: Estimate | None, *, is_rate: bool = False, is_signed: bool = False) -> str:
    """The estimate as text: rates in per cent, differences with their sign.

    >>> figure(Estimate(0.0214, 0.0101, 0.0330), is_rate=True, is_signed=True)
    '+2.1 % [1.0, 3.3]'
    """
    if estimate is None:
        return "–"
    scale = 100.0 if is_rate else 1.0
    scaled = Estimate(*(scale * x for x in (estimate.value, estimate.low, estimate.high)))
    sign = "+" if is_signed and estimate.value > 0.0 else ""
    text = f"{sign}{written(scaled)}"
    return text.replace(" [", " % [") if is_rate else text


def group_title(name: str) -> str:
    """What people call a group of patients.

    >>> group_title("age_65_or_over"), group_title("ancestry:EAS")
    ('age 65 or over', 'ancestry EAS')
    """
    return name.replace("_", " ").replace(":", " ")
