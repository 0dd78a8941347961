"""Labels beside their points, where they cover as little as possible."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

MARKER_POINTS: Final = 4.0
"""Half the size of a marker, in points (1/72 inch)."""
LEADER: Final = {"arrowstyle": "-", "color": "#999999", "linewidth": 0.6, "shrinkB": 3.0}
"""From a label to its point, if that is further than the nearest reach."""
REACHES: Final = (7.0, 15.0, 24.0, 36.0)
"""How far a label may stand from its point, nearest first, in points."""
HORIZONTAL: Final[Mapping[int, Literal["right", "center", "left"]]] = {
    -1: "right",
    0: "center",
    1: "left",
}
VERTICAL: Final[Mapping[int, Literal["top", "center", "bottom"]]] = {
    -1: "top",
    0: "center",
    1: "bottom",
}
SIDES: Final = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
"""On which side of its point, the first preferred: right, left, below, above, the corners."""


class Label(NamedTuple):
    """A text, and the point it belongs to in data coordinates."""

    text: str
    x: float
    y: float


def place_labels(
    figure: Figure,
    axes: Axes,
    labels: Sequence[Label],
    *,
    boxes: Sequence[tuple[float, float, float, float]],
    line: Float[np.ndarray, "corners 2"],
) -> None:
    """Write each label beside its point, off the boxes (left, bottom, right, top) and the line."""
    figure.draw_without_rendering()  # only the layout knows where data stand in pixels
    margin = MARKER_POINTS * figure.dpi / 72.0
    segments = [(*start, *end) for start, end in itertools.pairwise(line.tolist())]
    taken = [_in_pixels(axes, box).padded(margin) for box in boxes]
    taken += [_in_pixels(axes, segment).padded(1.0) for segment in segments]
    for label in labels:
        text = axes.annotate(
            label.text,
            (label.x, label.y),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize="small",
            arrowprops=LEADER,
        )
        places = list(itertools.product(REACHES, SIDES))
        extents = [_moved(text, reach, side) for reach, side in places]
        best = int(np.argmin([_cost(extent, taken, axes) for extent in extents]))
        taken.append(_moved(text, *places[best]))


def _in_pixels(axes: Axes, box: Sequence[float]) -> Bbox:
    left, bottom, right, top = box
    corners = axes.transData.transform([(left, bottom), (right, top)])
    return Bbox.from_extents(*corners.min(axis=0), *corners.max(axis=0))


def _moved(text: Annotation, reach: float, side: tuple[int, int]) -> Bbox:
    """Where the text stands after its near edge or corner moved that far to that side."""
    shorter = 0.7 if all(side) else 1.0  # a corner is as near as an edge
    text.set_position((shorter * reach * side[0], shorter * reach * side[1]))
    text.set_horizontalalignment(HORIZONTAL[side[0]])
    text.set_verticalalignment(VERTICAL[side[1]])
    if text.arrow_patch is not None:
        text.arrow_patch.set_visible(reach > REACHES[0])
    text.get_window_extent()  # moves the text, and includes the leader, hence once more
    return Text.get_window_extent(text)


def _cost(extent: Bbox, taken: Sequence[Bbox], axes: Axes) -> float:
    """Pixels that the text would cover or leave outside the axes."""
    inside = Bbox.intersection(extent, axes.get_window_extent())
    outside = _area(extent) - _area(inside)
    return outside + sum(_area(Bbox.intersection(extent, other)) for other in taken)


def _area(box: Bbox | None) -> float:
    return 0.0 if box is None else float(box.width * box.height)
