"""What people see: the front as a figure, a table and a plot; an audit; trials emulated."""

from dosefront.report.audit import findings_table, hidden_rows, sweep_table, verdict_line
from dosefront.report.comparison_figure import draw_comparison, write_comparison_figure
from dosefront.report.environments import environment_sheet, environments_table
from dosefront.report.evaluation import (
    evaluation_csv,
    evaluation_sheet,
    shift_csv,
    shift_sheet,
    worst_lines,
)
from dosefront.report.figure import draw_front, write_front_figure
from dosefront.report.gallery import Gallery, spread_points, write_gallery
from dosefront.report.headline import (
    headline_csv,
    headline_markdown,
    headline_sheets,
    preamble,
)
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
from dosefront.report.validation import (
    agreement_table,
    validation_mapping,
    validation_table,
    write_validation_table,
)
from dosefront.report.validation_figure import draw_validation, write_validation_figure

__all__ = [
    "DISCLAIMER",
    "Gallery",
    "Sheet",
    "agreement_table",
    "draw_comparison",
    "draw_front",
    "draw_validation",
    "environment_sheet",
    "environments_table",
    "evaluation_csv",
    "evaluation_sheet",
    "findings_table",
    "front_plot",
    "front_table",
    "headline_csv",
    "headline_markdown",
    "headline_sheets",
    "hidden_options",
    "hidden_rows",
    "hypervolume_sentence",
    "infeasible_sentence",
    "preamble",
    "protocol_sentence",
    "recommendation_lines",
    "sheet_markdown",
    "sheet_table",
    "shift_csv",
    "shift_sheet",
    "shortlist_table",
    "spread_points",
    "status_text",
    "subgroups_table",
    "sweep_table",
    "validation_mapping",
    "validation_table",
    "verdict_line",
    "worst_lines",
    "write_comparison_figure",
    "write_front_figure",
    "write_gallery",
    "write_validation_figure",
    "write_validation_table",
]
