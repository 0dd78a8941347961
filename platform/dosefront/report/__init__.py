"""What people see: the front as a figure, a table and a plot; an audit; trials emulated."""

from dosefront.report.audit import findings_table, hidden_rows, sweep_table, verdict_line
from dosefront.report.environments import environment_sheet, environments_table
from dosefront.report.figure import draw_front, write_front_figure
from dosefront.report.gallery import Gallery, spread_points, write_gallery
from dosefront.report.plane import DISCLAIMER, hypervolume_sentence
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
    "agreement_table",
    "draw_front",
    "draw_validation",
    "environment_sheet",
    "environments_table",
    "findings_table",
    "front_plot",
    "front_table",
    "hidden_rows",
    "hypervolume_sentence",
    "spread_points",
    "status_text",
    "sweep_table",
    "validation_mapping",
    "validation_table",
    "verdict_line",
    "write_front_figure",
    "write_gallery",
    "write_validation_figure",
    "write_validation_table",
]
