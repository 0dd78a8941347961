"""The constant actions of a space, and how they are ordered by dose."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float

from posology.validation.audit_policies import Action, Constant, axis_sizes, finite_bounds

MOST_ACTIONS = 64
"""More discrete actions than this are sampled."""
LEVELS = 5
"""Levels along each axis of a Box."""
MOST_AXES = 8
"""Axes of a Box or MultiDiscrete that are varied one at a time."""


@dataclass(frozen=True)
class DoseLine:
    """Constant actions in order of one axis' dose, all else equal."""

    axis: str
    setting: str
    """Where the other axes stand; empty where there are none."""
    levels: tuple[float, ...]
    actions: tuple[int, ...]
    """Indices into the sweep's constants, from the lowest dose."""


@dataclass(frozen=True)
class ConstantSweep:
    """The constant actions to play, and how they are ordered by dose."""

    constants: tuple[Constant, ...]
    lines: tuple[DoseLine, ...]
    """Empty where nothing says what a dose is."""
    are_doses: bool
    """Whether a higher level of an axis may be taken for more of something: none is negative."""
    lowest: int
    """Index of the action at the bottom of every axis, or the first action."""
    highest: int
    hold: int | None
    """Index of the action that gives nothing; None where no action is known to."""
    hold_assumed: bool
    """Whether that is only likely, as for the first level of every axis of a MultiDiscrete."""
    actions: int | None
    """How many actions there are; None for a continuum."""


def constant_sweep(
    space: gym.Space[Any], doses: Float[np.ndarray, "actions drugs"] | None = None
) -> ConstantSweep:
    """The constant actions of a space: all of them, or a spread sample with first and last.

    ``doses`` gives the dose of each drug for each action of a Discrete space. The axes of a Box and
    of a MultiDiscrete are taken as doses by themselves: all together from low to high, then one at
    a time with the others at their lowest and at their highest.
    """
    match space:
        case gym.spaces.Discrete():
            return _discrete_sweep(space, doses)
        case gym.spaces.Box():
            low, high = finite_bounds(space)
            shares = np.linspace(0.0, 1.0, LEVELS)
            values = low.ravel() + shares[:, None] * (high - low).ravel()
            table = [values[:, axis] for axis in range(values.shape[1])]

            def box_action(point: Sequence[float]) -> Action:
                return np.array(point, space.dtype).reshape(space.shape)

            return _grid_sweep(table, box_action, actions=None)
        case _:
            sizes = axis_sizes(space)
            table = [_spread(int(size), LEVELS).astype(float) for size in sizes.ravel()]
            count = int(np.prod(sizes.astype(float)))
            if count <= MOST_ACTIONS:
                table = [np.arange(size, dtype=float) for size in sizes.ravel()]

            def level_action(point: Sequence[float]) -> Action:
                return np.array(point).astype(np.int64).reshape(sizes.shape)

            return _grid_sweep(table, level_action, actions=count)


def _discrete_sweep(
    space: gym.spaces.Discrete[Any], doses: Float[np.ndarray, "actions drugs"] | None
) -> ConstantSweep:
    count, first = int(space.n), int(space.start)
    chosen = _spread(count, MOST_ACTIONS)
    if doses is not None and len(doses) != count:
        raise ValueError(
            f"action_doses must have a row for each of {count} actions; got {len(doses)}. "
            "Give the dose of every drug for every action."
        )
    rows = None if doses is None else doses[chosen]
    constants = tuple(
        Constant(
            _discrete_label(first + k, None if doses is None else doses[k]), np.asarray(first + k)
        )
        for k in chosen.tolist()
    )
    if rows is None:
        return ConstantSweep(
            constants,
            (),
            are_doses=False,
            lowest=0,
            highest=len(chosen) - 1,
            hold=None,
            hold_assumed=False,
            actions=count,
        )
    totals = rows.sum(axis=1)
    nothing = np.flatnonzero((rows == 0.0).all(axis=1))
    return ConstantSweep(
        constants,
        _lines_of(rows),
        are_doses=True,
        lowest=int(totals.argmin()),
        highest=int(totals.argmax()),
        hold=int(nothing[0]) if nothing.size else None,
        hold_assumed=False,
        actions=count,
    )


def _grid_sweep(
    table: Sequence[Float[np.ndarray, " _levels"]],
    action_of: Callable[[Sequence[float]], Action],
    *,
    actions: int | None,
) -> ConstantSweep:
    """Constants at the points of a grid: all where there are few, else its diagonal and edges."""
    lowest, highest = [axis[0] for axis in table], [axis[-1] for axis in table]
    if actions is not None and actions <= MOST_ACTIONS:
        points = [tuple(point) for point in itertools.product(*table)]
        rows = np.array(points)
        lines = _lines_of(rows)
    else:
        points, lines = _edges(table, lowest, highest)
    constants = tuple(
        Constant(_point_label(point), np.asarray(action_of(point))) for point in points
    )
    bottom, top = points.index(tuple(lowest)), points.index(tuple(highest))
    hold = None if any(lowest) else bottom
    return ConstantSweep(
        constants,
        lines,
        are_doses=bool(min(lowest) >= 0.0),
        lowest=bottom,
        highest=top,
        hold=hold,
        hold_assumed=actions is not None,
        actions=actions,
    )


def _edges(
    table: Sequence[Float[np.ndarray, " _levels"]], lowest: list[float], highest: list[float]
) -> tuple[list[tuple[float, ...]], tuple[DoseLine, ...]]:
    """All axes together, and each alone with the others low and high."""
    points: dict[tuple[float, ...], int] = {}

    def line(axis: str, setting: str, levels: Iterable[float], along: Iterable[Any]) -> DoseLine:
        places = [points.setdefault(tuple(map(float, point)), len(points)) for point in along]
        return DoseLine(axis, setting, tuple(map(float, levels)), tuple(places))

    if len(table) == 1:
        lines = [line("dose", "", table[0], [(level,) for level in table[0]])]
        return list(points), tuple(lines)
    shares = np.linspace(0.0, 1.0, LEVELS)
    diagonal = [[axis[round(share * (len(axis) - 1))] for axis in table] for share in shares]
    lines = [line("all axes", "together", shares, diagonal)]
    for index, axis in enumerate(table[:MOST_AXES]):
        for others, setting in ((lowest, "the others lowest"), (highest, "the others highest")):
            along = [[*others[:index], level, *others[index + 1 :]] for level in axis]
            lines.append(line(f"axis {index + 1}", setting, axis, along))
    return list(points), tuple(lines)


def _lines_of(rows: Float[np.ndarray, "actions drugs"]) -> tuple[DoseLine, ...]:
    """Every run of actions that differ in the dose of one drug alone."""
    lines = []
    drugs = rows.shape[1]
    for drug in range(drugs):
        others = np.delete(rows, drug, axis=1)
        for setting in np.unique(others, axis=0):
            places = np.flatnonzero((others == setting).all(axis=1))
            places = places[np.argsort(rows[places, drug], kind="stable")]
            if len(places) > 1:
                name = "dose" if drugs == 1 else f"axis {drug + 1}"
                where = f"the others at {_numbers(setting)}" if drugs > 1 else ""
                levels = tuple(map(float, rows[places, drug]))
                lines.append(DoseLine(name, where, levels, tuple(map(int, places))))
    return tuple(lines)


def _spread(count: int, most: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """All of the first ``count`` numbers, or ``most`` of them with the first and the last."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _discrete_label(action: int, doses: Float[np.ndarray, " drugs"] | None) -> str:
    return f"{action}" if doses is None else f"{action} ({_numbers(doses)})"


def _point_label(point: Sequence[float]) -> str:
    return f"({_numbers(point)})" if len(point) > 1 else _numbers(point)


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
