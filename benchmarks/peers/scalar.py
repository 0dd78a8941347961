"""The kernel's algorithm, one patient after the other, compiled."""

import math

import numba as nb
import numpy as np

from peers.stacked import kinds_of
from posology.pharmacology import Agents, Body, Schedule
from posology.pharmacology.combination import combined_effect
from posology.pharmacology.marrow import (
    Chain,
    Effects,
    Rates,
    chain_change,
    lowest_over_step,
    moved_chain,
    weighted_changes,
)
from posology.pharmacology.schedule import LEVELS, SHORTEST
from posology.pharmacology.week import GRADE4, ONE_CELL


@nb.njit(error_model="numpy", inline="always")
def _advanced(x: Chain, effects: Effects, rates: Rates, step: float) -> Chain:
    """One Runge-Kutta step of a chain."""
    one = chain_change(x, effects[0], rates)
    span = step * rates[0]
    two = chain_change(moved_chain(x, one, 0.5 * span), effects[1], rates)
    three = chain_change(moved_chain(x, two, 0.5 * span), effects[1], rates)
    four = chain_change(moved_chain(x, three, span), effects[2], rates)
    return moved_chain(x, weighted_changes(one, two, three, four), span / 6.0)


@nb.njit(error_model="numpy", nogil=True, fastmath={"contract", "nsz", "arcp"})
def _advance_patient(
    body: Body, agents: Agents, plan: Schedule, i: int, kind: int, decays: np.ndarray
) -> None:
    number, modes = agents.group.size, agents.first_mode[-1]
    cells, mode = np.empty((2, 6)), np.empty(modes)
    plateau, inverse = np.empty(modes), np.empty(modes)
    before, after, area = np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 3))
    start = np.zeros(2)
    for a in range(number):
        for m in range(agents.first_mode[a], agents.first_mode[a + 1]):
            inverse[m] = 1.0 / body.rates[m, i]
            inflow = body.doses[a, i] / plan.hours[kind, a]
            plateau[m] = inflow * body.units[m, i] * inverse[m]
    for m in range(modes):
        mode[m] = body.modes[m, i]
        decays[0, m] = math.exp(-body.rates[m, i] * SHORTEST)
        for level in range(1, LEVELS):
            decays[level, m] = decays[level - 1, m] * decays[level - 1, m]
    for chain in range(2):
        for s in range(5):
            cells[chain, s] = body.cells[5 * chain + s, i]
        ratio = body.baseline[chain, i] / cells[chain, 4]
        cells[chain, 5] = math.exp(body.feedback[chain, i] * math.log(ratio))
        body.lowest[chain, i] = cells[chain, 4]
        for a in range(number):
            drug = 0.0
            for m in range(agents.first_mode[a], agents.first_mode[a + 1]):
                drug += mode[m]
            before[chain, agents.group[a]] += body.slopes[number * chain + a, i] * max(drug, 0.0)
        start[chain] = combined_effect(
            before[chain, 0], before[chain, 1], before[chain, 2], agents.order
        )
    body.grade4_hours[i] = 0.0
    body.areas[:, i] = 0.0
    for k in range(plan.first[kind], plan.first[kind + 1]):
        level = plan.levels[k]
        step = SHORTEST * float(1 << level)
        after[:], area[:] = 0.0, 0.0
        for a in range(number):
            drug = drug_area = 0.0
            for m in range(agents.first_mode[a], agents.first_mode[a + 1]):
                now = plan.running[k, a] * plateau[m]
                above = mode[m] - now
                drug_area += now * step + above * (1.0 - decays[level, m]) * inverse[m]
                mode[m] = now + above * decays[level, m]
                drug += mode[m]
            drug, drug_area = max(drug, 0.0), max(drug_area, 0.0)
            body.areas[a, i] += drug_area
            for chain in range(2):
                slope = body.slopes[number * chain + a, i]
                after[chain, agents.group[a]] += slope * drug
                area[chain, agents.group[a]] += slope * drug_area
        for chain in range(2):
            for g in range(3):
                middle = 1.5 / step * area[chain, g]
                area[chain, g] = max(middle - 0.25 * (before[chain, g] + after[chain, g]), 0.0)
                before[chain, g] = after[chain, g]
            x = cells[chain]
            transit = body.transit[chain, i]
            boost, speed = (body.boost[i], body.speed[i]) if chain == 0 else (1.0, 1.0)
            count, slope = x[4], transit * (speed * x[3] - x[4])
            middle = combined_effect(area[chain, 0], area[chain, 1], area[chain, 2], agents.order)
            end = combined_effect(after[chain, 0], after[chain, 1], after[chain, 2], agents.order)
            rates = (transit * speed, body.feedback[chain, i], boost / speed, 1.0 / speed)
            before_step = (x[0], x[1], x[2], x[3], x[4], x[5])
            after_step = _advanced(before_step, (start[chain], middle, end), rates, step)
            for s in range(6):
                x[s] = after_step[s]
            start[chain] = end
            slope_after = transit * (speed * x[3] - x[4])
            lowest = lowest_over_step(count, x[4], slope, slope_after, step)
            body.lowest[chain, i] = min(body.lowest[chain, i], lowest)
            if chain == 0:
                low, high = min(count, x[4]), max(count, x[4])
                below = (GRADE4 - low) / (high - low + 1e-30)
                body.grade4_hours[i] += step * min(1.0, max(0.0, below))
    body.modes[:, i] = mode
    for chain in range(2):
        for s in range(5):
            body.cells[5 * chain + s, i] = max(cells[chain, s], ONE_CELL)


@nb.njit(error_model="numpy", nogil=True)
def _advance_each(
    body: Body, agents: Agents, plan: Schedule, patients: np.ndarray, kinds: np.ndarray
) -> None:
    decays = np.empty((LEVELS, agents.first_mode[-1]))
    for k in range(patients.size):
        _advance_patient(body, agents, plan, patients[k], kinds[k], decays)


def by_scalar_loop(body: Body, agents: Agents, plan: Schedule, patients: np.ndarray) -> None:
    """One patient after the other, compiled by numba."""
    _advance_each(body, agents, plan, patients, kinds_of(body, agents, patients))
