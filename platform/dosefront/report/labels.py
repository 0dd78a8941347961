"""Labels beside their points, where they cover as little as possible."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

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
    taken = [_in_pixels(axes, box, margin=margin) for box in boxes]
    taken += [_in_pixels(axes, segment, margin=1.0) for segment in segments]
    frame = np.asarray(axes.get_window_extent().extents)
    places = list(itertools.product(REACHES, SIDES))
    offsets = np.array([_offset(reach, side) for reach, side in places]) * figure.dpi / 72.0
    shares = (1.0 - np.array([side for _, side in places])) / 2.0  # of the text, before its edge
    for label in labels:
        text = axes.annotate(
            label.text,
            (label.x, label.y),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize="small",
            arrowprops=LEADER,
        )
        size = np.asarray(Text.get_window_extent(text).size)  # every place is a shift of it
        lows = axes.transData.transform((label.x, label.y)) + offsets - size * shares
        extents = np.hstack([lows, lows + size])
        inside = _overlaps(extents, frame[None])[:, 0]
        covered = _overlaps(extents, np.array(taken).reshape(-1, 4)).sum(axis=1)
        best = int(np.argmin(size.prod() - inside + covered))
        _move(text, *places[best])
        taken.append(extents[best])


def _in_pixels(axes: Axes, box: Sequence[float], *, margin: float) -> Float[np.ndarray, "4"]:
    """Left, bottom, right and top of a box, with a margin around it."""
    left, bottom, right, top = box
    corners = axes.transData.transform([(left, bottom), (right, top)])
    return np.concatenate([corners.min(axis=0) - margin, corners.max(axis=0) + margin])


def _offset(reach: float, side: tuple[int, int]) -> tuple[float, float]:
    """Points from a label's point to its near edge or corner."""
    shorter = 0.7 if all(side) else 1.0  # a corner is as near as an edge
    return shorter * reach * side[0], shorter * reach * side[1]


def _move(text: Annotation, reach: float, side: tuple[int, int]) -> None:
    """Put the text's near edge or corner that far to that side, with a leader if it is far."""
    text.set_position(_offset(reach, side))
    text.set_horizontalalignment(HORIZONTAL[side[0]])
    text.set_verticalalignment(VERTICAL[side[1]])
    if text.arrow_patch is not None:
        text.arrow_patch.set_visible(reach > REACHES[0])


def _overlaps(
    some: Float[np.ndarray, "some 4"], others: Float[np.ndarray, "others 4"]
) -> Float[np.ndarray, "some others"]:
    """Pixels that each of some boxes shares with each of others."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    return np.maximum(high - low, 0.0).prod(axis=2)
