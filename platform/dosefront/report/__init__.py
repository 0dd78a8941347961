"""The front as people see it: a figure, and a table and a plot for the terminal."""

from dosefront.report.figure import draw_front, write_front_figure

__all__ = ["draw_front", "write_front_figure"]
