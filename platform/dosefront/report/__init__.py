"""What people see: the front as a figure, a table and a plot, and an environment's audit."""

from dosefront.report.audit import findings_table, hidden_rows, sweep_table, verdict_line
from dosefront.report.figure import draw_front, write_front_figure
from dosefront.report.plane import DISCLAIMER
from dosefront.report.terminal import front_plot, front_table

__all__ = [
    "DISCLAIMER",
    "draw_front",
    "findings_table",
    "front_plot",
    "front_table",
    "hidden_rows",
    "sweep_table",
    "verdict_line",
    "write_front_figure",
]
