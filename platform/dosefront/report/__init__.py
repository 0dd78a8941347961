"""The front as people see it: a figure, and a table and a plot for the terminal."""

from dosefront.report.figure import draw_front, write_front_figure
from dosefront.report.plane import DISCLAIMER
from dosefront.report.terminal import front_plot, front_table

__all__ = ["DISCLAIMER", "draw_front", "front_plot", "front_table", "write_front_figure"]
