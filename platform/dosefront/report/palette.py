"""Colours of arms and points: one arm has one colour in every figure, to every eye."""

from collections.abc import Mapping, Sequence
from typing import Final

OKABE_ITO: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe & Ito (2008), Color Universal Design: told apart in every common colour blindness. Its
yellow is left out, for it is not seen on white, and its black is the label's."""
INK: Final = "#333333"
"""Of text, and of lines that are no arm's."""
GRID: Final = "#E6E6E6"

LABEL: Final = "label-with-rules"
"""The comparator that every figure is read against."""
CARE: Final[Mapping[str, str]] = {
    LABEL: "#000000",
    "label-without-rules": "#737373",
    "one-level-down": "#595959",
    "label-by-genotype": "#8C8C8C",
    "adaptive-half": "#A6A6A6",
    "no-treatment": "#B3B3B3",
    "random": "#BFBFBF",
}
"""Conventional care, by the comparator's name: black and greys, which no point on a front has."""
OTHER_CARE: Final = "#999999"
"""A comparator of an environment that is not ours."""
OTHER_POLICY: Final = "#A3A3A3"
"""A policy that a figure does not name."""
ALGORITHMS: Final = ("#332288", "#AA4499", "#117733", "#882255", "#44AA99", "#999933")
"""Where colours tell algorithms, not arms: Tol's muted scheme (SRON/EPS/TN/09-002, 2021)."""
POINTS: Final = OKABE_ITO[:3] + OKABE_ITO[4:] + OKABE_ITO[3:4]
"""Points on the front, in the order in which figures name them."""


def arm_colours(points: Sequence[str], comparators: Sequence[str] = ()) -> dict[str, str]:
    """The colour of each arm by its id.

    ``points`` take theirs in the order given, and begin again after six; ``comparators`` have
    their own whatever else is shown.

    >>> arm_colours(["a3f", "b07"], ["label-with-rules"])
    {'a3f': '#0072B2', 'b07': '#D55E00', 'label-with-rules': '#000000'}
    """
    coloured = {point: POINTS[k % len(POINTS)] for k, point in enumerate(points)}
    return coloured | {name: CARE.get(name, OTHER_CARE) for name in comparators}
