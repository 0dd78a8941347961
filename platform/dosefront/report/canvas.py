"""What figures for papers share: a page without state, its caption, and the files it becomes."""

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dosefront.evaluate import CourseRecords
from dosefront.records.storage import write_atomically
from dosefront.report.palette import GRID, INK

Format = Literal["png", "pdf", "svg"]
DOTS_PER_INCH: Final = 200
TEXT_AS_TEXT: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dosefront",  # or else every file would name its parts anew
    "pdf.fonttype": 42,
}
NO_DATE: Final[dict[Format, dict[str, Any]]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
"""Equal figures are equal files."""
LETTERS_PER_INCH: Final = 20.0
"""Of a caption."""


@dataclass(frozen=True)
class Arm:
    """A policy as figures show it, with what happened to its patients."""

    id: str
    title: str
    colour: str
    courses: CourseRecords


def new_figure(width: float, height: float) -> Figure:
    """A page of so many inches, whose layout makes room for what is put on it."""
    return Figure(figsize=(width, height), layout="constrained")


def write_figure(figure: Figure, stem: Path, formats: Sequence[Format]) -> tuple[Path, ...]:
    """Write the figure in each format, every file replaced as a whole; text stays text."""
    paths = []
    for name in formats:
        content = io.BytesIO()
        with rc_context(TEXT_AS_TEXT):
            figure.savefig(content, format=name, dpi=DOTS_PER_INCH, metadata=NO_DATE[name])
        paths.append(stem.with_name(f"{stem.name}.{name}"))
        write_atomically(paths[-1], content.getvalue())
    return tuple(paths)


def plain(axes: Axes, *, grid: Literal["both", "x", "y"] = "both") -> None:
    """Leave of the frame what carries numbers, over a light grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GRID, linewidth=0.6, axis=grid)
    axes.set_axisbelow(True)


def add_caption(figure: Figure, text: str) -> None:
    """Write the caption under the figure."""
    width = int(LETTERS_PER_INCH * figure.get_figwidth())
    caption = "\n".join(textwrap.wrap(text, width=width))
    figure.supxlabel(caption, x=0.01, ha="left", fontsize="x-small", color=INK)


def add_legend(figure: Figure, handles: Sequence[Any], *, columns: int = 2) -> None:
    """Name the handles above the figure."""
    figure.legend(
        handles=list(handles),
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        fontsize="small",
    )
