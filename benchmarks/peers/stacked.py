"""The kernel's algorithm on stacked arrays, all patients of a kind of week at once."""

from typing import Any

import numpy as np

from posology.pharmacology import FREE, LINGERING, STAGES, Agents, Body, Schedule
from posology.pharmacology.schedule import LEVELS, SHORTEST
from posology.pharmacology.week import GRADE4, ONE_CELL, REST, TRACE


def kinds_of(body: Body, agents: Agents, patients: np.ndarray) -> np.ndarray:
    """Which week of the schedule each patient's is; without drug and at rest it is FREE."""
    drug = np.add.reduceat(np.abs(body.modes[:, patients]), agents.first_mode[:-1])
    effect = (drug * body.slopes[:, patients].reshape(2, agents.group.size, -1)).sum(axis=(0, 1))
    cells = body.cells[:, patients].reshape(2, STAGES, -1)
    baseline = body.baseline[:, None, patients]
    rests = (np.abs(cells - baseline) <= REST * baseline).all(axis=(0, 1))
    kinds = body.week[patients]
    return np.where((kinds == LINGERING) & rests & (effect < TRACE), FREE, kinds)


def by_stacked_arrays(body: Body, agents: Agents, plan: Schedule, patients: np.ndarray) -> None:
    """All patients of a kind of week at once, in numpy."""
    kinds = kinds_of(body, agents, patients)
    for kind in np.unique(kinds):
        members = patients[kinds == kind]
        _advance_stacked(
            body,
            members if members.size < body.week.size else slice(None),
            agents,
            plan,
            int(kind),
        )


def _advance_stacked(body: Body, who: Any, agents: Agents, plan: Schedule, kind: int) -> None:
    number, first = agents.group.size, agents.first_mode[:-1]
    owner = np.repeat(np.arange(number), np.diff(agents.first_mode))
    modes, inverse = body.modes[:, who], 1.0 / body.rates[:, who]
    inflow = (body.doses[:, who] / plan.hours[kind][:, None])[owner]
    plateau = inflow * body.units[:, who] * inverse
    decays = [np.exp(-body.rates[:, who] * SHORTEST)]
    for _ in range(LEVELS - 1):
        decays.append(decays[-1] * decays[-1])
    slopes = body.slopes[:, who].reshape(2, number, -1).transpose(1, 0, 2).copy()
    cells = body.cells[:, who].reshape(2, STAGES, -1).transpose(1, 0, 2).copy()
    transit, feedback = body.transit[:, who], body.feedback[:, who]
    boost, speed = (np.ones_like(transit) for _ in range(2))
    boost[0], speed[0] = body.boost[who], body.speed[who]
    fast = transit * speed
    signal = np.exp(feedback * np.log(body.baseline[:, who] / cells[4]))
    lowest, grade4_hours = cells[4].copy(), np.zeros(modes.shape[1])
    areas = np.zeros((number, modes.shape[1]))
    before = _in_groups(slopes, np.maximum(np.add.reduceat(modes, first), 0.0), agents)
    start = _combined(before, agents.order)
    steps = slice(plan.first[kind], plan.first[kind + 1])
    for level, running in zip(plan.levels[steps], plan.running[steps], strict=True):
        step, decay = SHORTEST * 2.0**level, decays[level]
        now = plateau * running[owner][:, None]
        above = modes - now
        area = np.add.reduceat(now * step + above * (1.0 - decay) * inverse, first)
        modes = now + above * decay
        np.maximum(area, 0.0, out=area)
        areas += area
        after = _in_groups(slopes, np.maximum(np.add.reduceat(modes, first), 0.0), agents)
        middles = 1.5 / step * _in_groups(slopes, area, agents) - 0.25 * (before + after)
        middle = _combined(np.maximum(middles, 0.0), agents.order)
        before, end = after, _combined(after, agents.order)
        count, slope = cells[4], fast * cells[3] - transit * cells[4]
        cells, signal = _advanced(
            cells, signal, (start, middle, end), (transit, fast, feedback, boost, speed), step
        )
        slope_after = fast * cells[3] - transit * cells[4]
        bottom = _lowest(count, cells[4], slope, slope_after, step)
        np.minimum(lowest, bottom, out=lowest)
        low, high = np.minimum(count[0], cells[4, 0]), np.maximum(count[0], cells[4, 0])
        below = (GRADE4 - low) / (high - low + 1e-30)
        grade4_hours += step * np.minimum(np.maximum(below, 0.0), 1.0)
        start = end
    body.modes[:, who] = modes
    ends = cells.transpose(1, 0, 2).reshape(2 * STAGES, -1)
    body.cells[:, who] = np.maximum(ends, ONE_CELL)
    body.areas[:, who], body.lowest[:, who] = areas, lowest
    body.grade4_hours[who] = grade4_hours


def _in_groups(slopes: np.ndarray, drugs: np.ndarray, agents: Agents) -> np.ndarray:
    """Effects (groups, chains, patients) of concentrations, or of areas."""
    out = np.zeros((3, *slopes.shape[1:]))
    for a, group in enumerate(agents.group):
        out[group] += slopes[a] * drugs[a]
    return out


def _combined(effects: np.ndarray, order: int) -> np.ndarray:
    if order == 1:
        return effects[0] + effects[1] + effects[2]
    if order == 2:
        return np.sqrt((effects * effects).sum(axis=0))
    largest = np.maximum(effects[0], np.maximum(effects[1], effects[2]))
    scaled = effects * (1.0 / (largest + 1e-300))
    cubes = scaled * scaled * scaled
    cube = cubes[0] + cubes[1] + cubes[2]
    root = 0.66531149 + cube * (0.37746753 - 0.03982501 * cube)
    power = root * root * root
    return largest * root * (power + 2.0 * cube) / (2.0 * power + cube + 1e-300)


def _growth(exponent: np.ndarray) -> np.ndarray:
    x = exponent * 0.125
    even, odd = 1.0 + x * x * 0.08333333333333333, 0.5 * x
    root = (even + odd) / (even - odd)
    root *= root
    root *= root
    root *= root
    return root


def _advanced(
    cells: np.ndarray,
    signal: np.ndarray,
    effects: tuple[np.ndarray, np.ndarray, np.ndarray],
    rates: tuple[np.ndarray, ...],
    step: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One Runge-Kutta step of both chains, (stages, chains, patients), and their feedback."""
    transit, fast, feedback, boost, speed = rates

    def slopes(x: np.ndarray, w: np.ndarray, effect: np.ndarray) -> tuple[np.ndarray, ...]:
        change = np.empty_like(x)
        change[0] = transit * ((1.0 - effect) * w * boost - speed)
        np.subtract(x[:3], x[1:4], out=change[1:4])
        change[1:4] *= fast
        change[4] = fast * x[3] - transit * x[4]
        return change, -feedback * w * change[4] / x[4]

    def moved(change: np.ndarray, signal_change: np.ndarray, by: float) -> tuple[np.ndarray, ...]:
        x = change * by
        grown = _growth(x[0])
        x += cells
        np.multiply(cells[0], grown, out=x[0])
        return x, signal + by * signal_change

    first = slopes(cells, signal, effects[0])
    second = slopes(*moved(*first, 0.5 * step), effects[1])
    third = slopes(*moved(*second, 0.5 * step), effects[1])
    fourth = slopes(*moved(*third, step), effects[2])
    x, w = (
        one + 2.0 * (two + three) + four
        for one, two, three, four in zip(first, second, third, fourth, strict=True)
    )
    return moved(x, w, step / 6.0)  # type: ignore[return-value]


def _lowest(
    before: np.ndarray, after: np.ndarray, slope: np.ndarray, slope_after: np.ndarray, step: float
) -> np.ndarray:
    ends = np.minimum(before, after)
    turns = (slope < 0.0) & (slope_after > 0.0)
    if not turns.any():
        return ends
    cubic = 2.0 * (before - after) + step * (slope + slope_after)
    square = 3.0 * (after - before) - step * (2.0 * slope + slope_after)
    linear = step * slope
    root = np.sqrt(np.maximum(square * square - 3.0 * cubic * linear, 0.0))
    at = -linear / np.maximum(square + root, 1e-300)
    with np.errstate(over="ignore", invalid="ignore"):  # where it does not turn
        bottom = before + at * (linear + at * (square + at * cubic))
    return np.where(turns, np.minimum(ends, np.maximum(bottom, 0.0)), ends)
