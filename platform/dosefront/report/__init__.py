"""What people see. Here stand the texts that commands print at once.

What needs the simulator or matplotlib, which take a second to import, is asked for by its file.
"""

from dosefront.report.plane import DISCLAIMER, hypervolume_sentence
from dosefront.report.recommendation import (
    hidden_options,
    infeasible_sentence,
    protocol_sentence,
    recommendation_lines,
    shortlist_table,
    subgroups_table,
)
from dosefront.report.sheet import Sheet, sheet_markdown, sheet_table
from dosefront.report.status import status_text
from dosefront.report.terminal import front_plot, front_table

__all__ = [
    "DISCLAIMER",
    "Sheet",
    "front_plot",
    "front_table",
    "hidden_options",
    "hypervolume_sentence",
    "infeasible_sentence",
    "protocol_sentence",
    "recommendation_lines",
    "sheet_markdown",
    "sheet_table",
    "shortlist_table",
    "status_text",
    "subgroups_table",
]
