"""The environments on a terminal: all of them by tumour, or one with its objectives."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from rich.table import Table

from dosefront.experiment import Listed, written_component
from dosefront.front import Objective
from posology.library import DAYS_PER_WEEK
from posology.treatment import Regimen

TUMOURS: Final[Mapping[str, str]] = {
    "NSCLC": "Non-small cell lung cancer",
    "SCLC": "Small cell lung cancer",
    "CRC": "Colorectal cancer",
    "BREAST": "Breast cancer",
    "OVARIAN": "Ovarian cancer",
    "PANCREAS": "Pancreatic cancer",
    "GASTRIC": "Gastric cancer",
    "PROSTATE": "Prostate cancer",
    "GBM": "Glioblastoma",
    "LGG": "Low-grade glioma",
}
CONTINUOUS: Final = "Continuous-v0"
"""How the ids of a regimen's continuous doses end."""


def environments_table(entries: Sequence[Listed]) -> Table:
    """Ids with what is given, by tumour; those of continuous doses are left out."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column("id", no_wrap=True)
    table.add_column("what", overflow="fold")
    shown = [each for each in entries if not each.id.endswith(CONTINUOUS)]
    with_regimen = [(each, each.regimen) for each in shown if each.regimen]
    for tumour, group in groupby(with_regimen, key=lambda pair: pair[1].tumour):
        table.add_row(f"[bold]{TUMOURS.get(tumour, tumour)}[/]")
        for entry, regimen in group:
            table.add_row(entry.id, _given(regimen))
    table.add_row("[bold]Any regimen, a clinic, and classics[/]")
    for entry in shown:
        if not entry.regimen:
            table.add_row(entry.id, ", ".join(each.name for each in entry.objectives))
    return table


def environment_sheet(entry: Listed) -> str:
    """One environment with its regimen, actions, objectives and their reference boxes."""
    lines = [f"{entry.id}  version {entry.version}"]
    if entry.regimen:
        lines += [f"  {entry.regimen.title}", f"  {_given(entry.regimen)}"]
    lines.append(f"  actions: {entry.actions}")
    lines += [f"  {_objective(each)}" for each in entry.objectives]
    if entry.further:
        lines.append("  if the option `objectives` names them:")
        lines += [f"  {_objective(each)}" for each in entry.further]
    return "\n".join(lines)


def _given(regimen: Regimen) -> str:
    agents = ", ".join(map(written_component, regimen.components))
    days = regimen.interval_weeks * DAYS_PER_WEEK
    return f"{agents}; every {days} d, {regimen.cycles} cycles"


def _objective(objective: Objective) -> str:
    return (
        f"{objective.title}, {objective.sense}, reference "
        f"{objective.reference:g}, ideal {objective.ideal:g}. {objective.description}"
    )
