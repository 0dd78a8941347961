"""A section of the page: its words, its figures, its tables, and the data that they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Scalar = float | int | str | bool | None
Columns = Mapping[str, Sequence[Scalar]]
"""A data set by column, all of one length: the page turns it into rows."""
Spec = Mapping[str, Any]
"""A Vega-Lite specification whose data are named, not held: `{"name": "points"}`."""


@dataclass(frozen=True)
class Figure:
    """A figure, drawn where the reader's width allows."""

    name: str
    """Unique on the page."""
    spec: Spec
    title: str = ""
    """What readers see above it, if anything; `{chosen}` and `{reference}` name the two arms."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    field: str
    title: str
    digits: int | None = None
    """Decimals of numbers; significant figures as they are where None."""
    low: str = ""
    """Field of the interval's lower end, if there is one, ..."""
    high: str = ""
    """... and of its upper end."""
    percent: bool = False


@dataclass(frozen=True)
class Table:
    """The same numbers as a figure's, as a plain table."""

    name: str
    """Unique on the page."""
    dataset: str
    title: str
    columns: tuple[Column, ...]
    is_open: bool = False
    """Whether readers see it at once; others are folded, and all are printed."""
    is_of_chosen: bool = False
    """Whether rows of the reference are left out, since columns hold them."""


@dataclass(frozen=True)
class Section:
    """One heading of the page and all below it."""

    name: str
    title: str
    text: str
    """What is shown, of whom, and how it is to be read."""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    datasets: Mapping[str, Columns] = field(default_factory=dict)
    """What is shown whichever policy is chosen."""
    of_arms: Mapping[str, Mapping[str, Columns]] = field(default_factory=dict)
    """By data set, then by arm: what is shown of the chosen arm and of the reference."""


def columns_of(rows: Sequence[Mapping[str, Scalar]]) -> Columns:
    """Rows by column; all have the fields of the first.

    >>> columns_of([{"week": 0, "share": 1.0}, {"week": 1, "share": 0.5}])
    {'week': [0, 1], 'share': [1.0, 0.5]}
    """
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
