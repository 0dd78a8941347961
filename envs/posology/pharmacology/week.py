"""The kernel: every patient of a list advanced by one week, sixteen at a time.

Patients lie side by side (structure of arrays) and are worked in blocks of ``LANES``, so that the
innermost loops run over lanes and compile to vector instructions. A block is always full: the last
one repeats its last patient. So a patient's trajectory has the same bits in any batch.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np

from posology.pharmacology.combination import combined_effect
from posology.pharmacology.marrow import STAGES, advance_chain, lowest_over_step
from posology.pharmacology.saturable import AMOUNTS, SATURABLE_PARAMETERS, advance_saturable
from posology.pharmacology.schedule import FREE, LEVELS, LINGERING, SHORTEST, Schedule

LANES = 16
MOST_MODES, MOST_AGENTS, MOST_GROUPS = 12, 4, 3
"""What one regimen may need."""
GRADE4 = 0.5
"""Neutrophils [10^9/L] below which the hours are counted (CTCAE v5 grade 4)."""
TRACE = 1e-6
"""Effect on proliferation below which no drug is left to follow."""
REST = 0.5
"""Distance of a pool from its baseline, as a share of it, below which it moves slowly."""
ONE_CELL = 1e-9
"""One cell a litre [10^9/L]: a pool is never left emptier, so that it can grow again."""


class Agents(NamedTuple):
    """Which rows belong to which agent, and how their effects on the marrow combine."""

    first_mode: np.ndarray
    """(agents + 1,) where each agent's modes begin; one with saturable kinetics has an idle one."""
    group: np.ndarray
    """(agents,) effects on the marrow add up in a group, and groups combine by the norm."""
    order: int
    """p of the norm over groups: 1, 2 or 3."""
    saturable: int
    """The agent with saturable kinetics, or -1."""


class Body(NamedTuple):
    """Concentrations, marrow and their parameters: a column is a slot."""

    modes: np.ndarray
    """(modes, n) concentration modes [mg/L]."""
    rates: np.ndarray
    """(modes, n) their rates [1/h]."""
    units: np.ndarray
    """(modes, n) concentration that a milligram adds to each [1/L]."""
    amounts: np.ndarray
    """(3, n) amounts of the saturable agent [mg]."""
    saturable: np.ndarray
    """(8, n) its parameters, rows as in :mod:`posology.pharmacology.saturable`."""
    cells: np.ndarray
    """(10, n) both chains [10^9/L], neutrophils first."""
    slopes: np.ndarray
    """(2 agents, n) effect of each agent's concentration [L/mg]: on neutrophils, on platelets."""
    transit: np.ndarray
    """(2, n) transit rates 4/MTT [1/h]."""
    feedback: np.ndarray
    """(2, n) feedback exponents."""
    baseline: np.ndarray
    """(2, n) counts without drug [10^9/L]."""
    boost: np.ndarray
    """(n,) what G-CSF multiplies neutrophils' proliferation by this week."""
    speed: np.ndarray
    """(n,) what G-CSF multiplies their maturation by this week."""
    doses: np.ndarray
    """(agents, n) kernel milligrams to give this week."""
    week: np.ndarray
    """(n,) which week of the schedule this is: one that is given, or 0 for none."""
    areas: np.ndarray
    """(agents, n) written: area under each concentration over the week [mg h/L]."""
    lowest: np.ndarray
    """(2, n) written: lowest count of each chain over the week [10^9/L]."""
    grade4_hours: np.ndarray
    """(n,) written: hours of the week with neutrophils below ``GRADE4``."""


def empty_body(slots: int, agents: Agents) -> Body:
    """A body of healthy stand-ins for ``slots`` slots, to be filled."""
    modes, number = int(agents.first_mode[-1]), agents.first_mode.size - 1
    zeros, ones = np.zeros, np.ones
    return Body(
        modes=zeros((modes, slots)),
        rates=ones((modes, slots)),
        units=zeros((modes, slots)),
        amounts=zeros((AMOUNTS, slots)),
        saturable=ones((SATURABLE_PARAMETERS, slots)),
        cells=ones((2 * STAGES, slots)),
        slopes=zeros((2 * number, slots)),
        transit=ones((2, slots)),
        feedback=ones((2, slots)),
        baseline=ones((2, slots)),
        boost=ones(slots),
        speed=ones(slots),
        doses=zeros((number, slots)),
        week=zeros(slots, np.int64),
        areas=zeros((number, slots)),
        lowest=ones((2, slots)),
        grade4_hours=zeros(slots),
    )


# Rows of a block's scratch space, LANES numbers each. It is one flat array, so that it stays in
# the first-level cache. A saturable agent takes one row of modes, which stays idle.
_MODE = 0
_PLATEAU = _MODE + MOST_MODES
_NOW = _PLATEAU + MOST_MODES
_INVERSE = _NOW + MOST_MODES
_AREA = _INVERSE + MOST_MODES
_DECAY = _AREA + MOST_MODES
_AMOUNT = _DECAY + LEVELS * MOST_MODES
_SATURABLE = _AMOUNT + AMOUNTS
_INFLOW = _SATURABLE + SATURABLE_PARAMETERS
_SATURABLE_AREA = _INFLOW + 1
# each agent's concentration at the step's end, its area over the step and over the week
_DRUG = _SATURABLE_AREA + 1
_DRUG_AREA = _DRUG + MOST_AGENTS
_TOTAL_AREA = _DRUG_AREA + MOST_AGENTS
_END = _TOTAL_AREA + MOST_AGENTS
_MIDDLE = _END + MOST_GROUPS
_CHAIN = _MIDDLE + MOST_GROUPS
# Rows of a chain, from _CHAIN for neutrophils and further on for platelets: five stages, and
_W, _TRANSIT, _FEEDBACK, _BOOST, _SPEED, _LOWEST = 5, 6, 7, 8, 9, 10
_START_EFFECT, _MIDDLE_EFFECT, _END_EFFECT = 11, 12, 13
_BEFORE = 14  # each group's effect at the step's start
_SLOPE = _BEFORE + MOST_GROUPS  # of each agent in each group, zero where it is not
_CHAIN_ROWS = _SLOPE + MOST_GROUPS * MOST_AGENTS
_HOURS = _CHAIN + 2 * _CHAIN_ROWS
_ROWS = _HOURS + 1

_FAST = {"contract", "nsz", "arcp"}


@nb.njit(cache=True, error_model="numpy", nogil=True)
def advance_week(body: Body, agents: Agents, plan: Schedule, patients: np.ndarray) -> None:
    """Advance marrow and concentrations of ``patients`` (columns) by one week, in place.

    Patients of the same week of the schedule share its steps; one who is given nothing takes
    coarser steps, and still coarser ones without drug in the blood and near the baseline. The
    choice is the patient's own, so company in a block changes nothing.
    """
    scratch = np.zeros(_ROWS * LANES)
    kinds = np.empty(patients.size, np.int64)
    for k in range(patients.size):
        i = patients[k]
        kinds[k] = body.week[i]
        if kinds[k] == LINGERING and _is_at_rest(body, i) and _trace(body, agents, i) < TRACE:
            kinds[k] = FREE
    for kind in range(plan.first.size - 1):
        members = patients[kinds == kind]
        for start in range(0, members.size, LANES):
            block = members[start : start + LANES]
            _load(scratch, block, body, agents, plan.hours[kind])
            _advance_block(
                scratch,
                agents,
                plan.levels[plan.first[kind] : plan.first[kind + 1]],
                plan.running[plan.first[kind] : plan.first[kind + 1]],
                plan.substeps[plan.first[kind] : plan.first[kind + 1]],
            )
            _store(scratch, block, body, agents)


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _trace(body: Body, agents: Agents, i: int) -> float:
    """Effect that the drug left in the blood could have."""
    number = body.doses.shape[0]
    effect = 0.0
    for a in range(number):
        drug = 0.0
        for m in range(agents.first_mode[a], agents.first_mode[a + 1]):
            drug += abs(body.modes[m, i])
        if a == agents.saturable:
            for s in range(AMOUNTS):
                drug += body.amounts[s, i] / body.saturable[0, i]
        effect += drug * (body.slopes[a, i] + body.slopes[number + a, i])
    return effect


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _is_at_rest(body: Body, i: int) -> bool:
    """Whether every pool of both chains is near its baseline."""
    for chain in range(2):
        baseline = body.baseline[chain, i]
        for s in range(STAGES * chain, STAGES * (chain + 1)):
            if abs(body.cells[s, i] - baseline) > REST * baseline:
                return False
    return True


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _load(w: np.ndarray, block: np.ndarray, body: Body, agents: Agents, hours: np.ndarray) -> None:
    number = body.doses.shape[0]
    for j in range(LANES):
        i = block[min(j, block.size - 1)]
        for a in range(number):
            inflow = body.doses[a, i] / hours[a]
            for m in range(agents.first_mode[a], agents.first_mode[a + 1]):
                rate = body.rates[m, i]
                w[(_MODE + m) * LANES + j] = body.modes[m, i]
                w[(_PLATEAU + m) * LANES + j] = inflow * body.units[m, i] / rate
                w[(_INVERSE + m) * LANES + j] = 1.0 / rate
                decay = math.exp(-rate * SHORTEST)
                for level in range(LEVELS):
                    w[(_DECAY + MOST_MODES * level + m) * LANES + j] = decay
                    decay *= decay
            w[(_TOTAL_AREA + a) * LANES + j] = 0.0
            if a == agents.saturable:
                mode = _MODE + agents.first_mode[a]
                w[mode * LANES + j] = body.amounts[0, i] / body.saturable[0, i]
                w[_INFLOW * LANES + j] = inflow
                for s in range(AMOUNTS):
                    w[(_AMOUNT + s) * LANES + j] = body.amounts[s, i]
                for s in range(SATURABLE_PARAMETERS):
                    w[(_SATURABLE + s) * LANES + j] = body.saturable[s, i]
        for chain in range(2):
            row = _CHAIN + _CHAIN_ROWS * chain
            for s in range(STAGES):
                w[(row + s) * LANES + j] = body.cells[STAGES * chain + s, i]
            count = body.cells[STAGES * chain + STAGES - 1, i]
            w[(row + _W) * LANES + j] = math.exp(
                body.feedback[chain, i] * math.log(body.baseline[chain, i] / count)
            )
            w[(row + _TRANSIT) * LANES + j] = body.transit[chain, i]
            w[(row + _FEEDBACK) * LANES + j] = body.feedback[chain, i]
            w[(row + _BOOST) * LANES + j] = body.boost[i] if chain == 0 else 1.0
            w[(row + _SPEED) * LANES + j] = body.speed[i] if chain == 0 else 1.0
            w[(row + _LOWEST) * LANES + j] = count
            for a in range(number):
                for group in range(MOST_GROUPS):
                    within = agents.group[a] == group
                    slope = body.slopes[number * chain + a, i] if within else 0.0
                    w[(row + _SLOPE + MOST_AGENTS * group + a) * LANES + j] = slope
        w[_HOURS * LANES + j] = 0.0


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _store(w: np.ndarray, block: np.ndarray, body: Body, agents: Agents) -> None:
    for j in range(block.size):
        i = block[j]
        for a in range(body.doses.shape[0]):
            body.areas[a, i] = w[(_TOTAL_AREA + a) * LANES + j]
            for m in range(agents.first_mode[a], agents.first_mode[a + 1]):
                body.modes[m, i] = w[(_MODE + m) * LANES + j]
            if a == agents.saturable:
                body.modes[agents.first_mode[a], i] = 0.0
                for s in range(AMOUNTS):
                    body.amounts[s, i] = w[(_AMOUNT + s) * LANES + j]
        for chain in range(2):
            row = _CHAIN + _CHAIN_ROWS * chain
            for s in range(STAGES):
                body.cells[STAGES * chain + s, i] = max(w[(row + s) * LANES + j], ONE_CELL)
            body.lowest[chain, i] = w[(row + _LOWEST) * LANES + j]
        body.grade4_hours[i] = w[_HOURS * LANES + j]


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _advance_block(
    w: np.ndarray, agents: Agents, levels: np.ndarray, running: np.ndarray, substeps: np.ndarray
) -> None:
    number = running.shape[1]
    _sum_drugs(w, agents, number)
    for chain in range(2):
        _effects(w, chain, agents.order, 1.0)
    modes = agents.first_mode[-1] * LANES
    for k in range(levels.size):
        step = SHORTEST * float(1 << levels[k])
        if k == 0 or _changes(running, k):
            for a in range(number):
                first, last = agents.first_mode[a] * LANES, agents.first_mode[a + 1] * LANES
                _set_plateau(
                    w[_NOW * LANES + first : _NOW * LANES + last],
                    w[_PLATEAU * LANES + first : _PLATEAU * LANES + last],
                    running[k, a],
                )
        decays = (_DECAY + MOST_MODES * levels[k]) * LANES
        _advance_modes(w, w[decays : decays + modes], step)
        _sum_drugs(w, agents, number)
        if agents.saturable >= 0:
            drug, area = _DRUG + agents.saturable, _DRUG_AREA + agents.saturable
            _advance_saturable(
                w,
                w[drug * LANES : (drug + 1) * LANES],
                w[area * LANES : (area + 1) * LANES],
                running[k, agents.saturable],
                step,
                substeps[k, agents.saturable],
            )
        for j in range(MOST_AGENTS * LANES):
            w[_TOTAL_AREA * LANES + j] += w[_DRUG_AREA * LANES + j]
        _effects(w, 0, agents.order, step)
        for j in range(LANES):
            count, slope = _count(w, j, _CHAIN), _change(w, j, _CHAIN)
            _step_chain(w, j, _CHAIN, step)
            after = _count(w, j, _CHAIN)
            lowest = lowest_over_step(count, after, slope, _change(w, j, _CHAIN), step)
            row = (_CHAIN + _LOWEST) * LANES + j
            w[row] = min(w[row], lowest)
            low, high = min(count, after), max(count, after)
            below = (GRADE4 - low) / (high - low + 1e-30)
            w[_HOURS * LANES + j] += step * min(1.0, max(0.0, below))
        _effects(w, 1, agents.order, step)
        for j in range(LANES):
            chain = _CHAIN + _CHAIN_ROWS
            count, slope = _count(w, j, chain), _change(w, j, chain)
            _step_chain(w, j, chain, step)
            after = _count(w, j, chain)
            lowest = lowest_over_step(count, after, slope, _change(w, j, chain), step)
            row = (chain + _LOWEST) * LANES + j
            w[row] = min(w[row], lowest)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _count(w: np.ndarray, j: int, chain: int) -> float:
    return w[(chain + STAGES - 1) * LANES + j]


@nb.njit(cache=True, error_model="numpy", inline="always")
def _change(w: np.ndarray, j: int, chain: int) -> float:
    """Rate of change of a chain's circulating count [10^9/L/h]."""
    arriving = w[(chain + _SPEED) * LANES + j] * w[(chain + STAGES - 2) * LANES + j]
    return w[(chain + _TRANSIT) * LANES + j] * (arriving - w[(chain + STAGES - 1) * LANES + j])


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _changes(running: np.ndarray, k: int) -> bool:
    """Whether an infusion begins or ends with step k."""
    changes = False
    for a in range(running.shape[1]):
        changes |= running[k, a] != running[k - 1, a]
    return changes


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _set_plateau(now: np.ndarray, plateau: np.ndarray, running: float) -> None:
    for j in range(now.size):
        now[j] = running * plateau[j]


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _advance_modes(w: np.ndarray, decays: np.ndarray, step: float) -> None:
    """Advance every mode, and leave the area under each over the step."""
    for j in range(decays.size):
        plateau = w[_NOW * LANES + j]
        above = w[_MODE * LANES + j] - plateau
        w[_AREA * LANES + j] = plateau * step + above * (1.0 - decays[j]) * w[_INVERSE * LANES + j]
        w[_MODE * LANES + j] = plateau + above * decays[j]


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _sum_drugs(w: np.ndarray, agents: Agents, number: int) -> None:
    """Each agent's concentration at the step's end, and its area over the step."""
    for a in range(number):
        first, last = agents.first_mode[a] * LANES, agents.first_mode[a + 1] * LANES
        for what in range(2):
            target = (_DRUG_AREA if what else _DRUG) + a
            source = (_AREA if what else _MODE) * LANES
            _sum_modes(w[source + first : source + last], w[target * LANES : (target + 1) * LANES])


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _sum_modes(modes: np.ndarray, total: np.ndarray) -> None:
    """Sum of one to four modes, written out so that the lanes vectorise.

    A mode gone within the step, or rounding in one that rises, would leave the sum negative.
    """
    if modes.size == LANES:
        for j in range(total.size):
            total[j] = max(modes[j], 0.0)
    elif modes.size == 2 * LANES:
        for j in range(total.size):
            total[j] = max(modes[j] + modes[LANES + j], 0.0)
    elif modes.size == 3 * LANES:
        for j in range(total.size):
            total[j] = max(modes[j] + modes[LANES + j] + modes[2 * LANES + j], 0.0)
    else:
        for j in range(total.size):
            pair = modes[j] + modes[LANES + j]
            total[j] = max(pair + modes[2 * LANES + j] + modes[3 * LANES + j], 0.0)


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _advance_saturable(
    w: np.ndarray,
    concentration: np.ndarray,
    area: np.ndarray,
    running: float,
    step: float,
    substeps: int,
) -> None:
    """Advance the saturable agent in substeps."""
    for j in range(LANES):
        w[_SATURABLE_AREA * LANES + j] = 0.0
    for _ in range(substeps):
        for j in range(LANES):
            (
                w[_AMOUNT * LANES + j],
                w[(_AMOUNT + 1) * LANES + j],
                w[(_AMOUNT + 2) * LANES + j],
                w[_SATURABLE_AREA * LANES + j],
            ) = advance_saturable(
                w[_AMOUNT * LANES + j],
                w[(_AMOUNT + 1) * LANES + j],
                w[(_AMOUNT + 2) * LANES + j],
                w[_SATURABLE_AREA * LANES + j],
                running * w[_INFLOW * LANES + j],
                w[_SATURABLE * LANES + j],
                w[(_SATURABLE + 1) * LANES + j],
                w[(_SATURABLE + 2) * LANES + j],
                w[(_SATURABLE + 3) * LANES + j],
                w[(_SATURABLE + 4) * LANES + j],
                w[(_SATURABLE + 5) * LANES + j],
                w[(_SATURABLE + 6) * LANES + j],
                w[(_SATURABLE + 7) * LANES + j],
                step / substeps,
            )
    for j in range(area.size):
        concentration[j] = w[_AMOUNT * LANES + j] / w[_SATURABLE * LANES + j]
        area[j] = w[_SATURABLE_AREA * LANES + j]


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _effects(w: np.ndarray, chain: int, order: int, step: float) -> None:
    """Effect of all agents on a chain at the step's start, middle and end.

    The effect at the start is the one at the end of the step before: concentrations do not jump.
    Each group's effect in the middle is chosen so that Simpson's rule over the step gives its
    exact exposure.
    """
    first = (_CHAIN + _CHAIN_ROWS * chain) * LANES
    c = w[first : first + _CHAIN_ROWS * LANES]
    drugs = w[_DRUG * LANES : _DRUG_AREA * LANES]
    areas = w[_DRUG_AREA * LANES : _TOTAL_AREA * LANES]
    for group in range(MOST_GROUPS):
        row = _SLOPE + MOST_AGENTS * group
        slopes = c[row * LANES : (row + MOST_AGENTS) * LANES]
        _sum_effects(slopes, drugs, w[(_END + group) * LANES : (_END + group + 1) * LANES])
        _sum_effects(slopes, areas, w[(_MIDDLE + group) * LANES : (_MIDDLE + group + 1) * LANES])
    simpson = 1.5 / step
    for j in range(MOST_GROUPS * LANES):
        end = w[_END * LANES + j]
        middle = simpson * w[_MIDDLE * LANES + j] - 0.25 * (c[_BEFORE * LANES + j] + end)
        w[_MIDDLE * LANES + j] = max(middle, 0.0)
        c[_BEFORE * LANES + j] = end
    for j in range(LANES):
        c[_START_EFFECT * LANES + j] = c[_END_EFFECT * LANES + j]
        c[_MIDDLE_EFFECT * LANES + j] = combined_effect(
            w[_MIDDLE * LANES + j],
            w[(_MIDDLE + 1) * LANES + j],
            w[(_MIDDLE + 2) * LANES + j],
            order,
        )
        c[_END_EFFECT * LANES + j] = combined_effect(
            c[_BEFORE * LANES + j],
            c[(_BEFORE + 1) * LANES + j],
            c[(_BEFORE + 2) * LANES + j],
            order,
        )


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _sum_effects(slopes: np.ndarray, drugs: np.ndarray, total: np.ndarray) -> None:
    """Sum over the agents of slope times concentration, or area."""
    for j in range(total.size):
        total[j] = (
            slopes[j] * drugs[j]
            + slopes[LANES + j] * drugs[LANES + j]
            + slopes[2 * LANES + j] * drugs[2 * LANES + j]
            + slopes[3 * LANES + j] * drugs[3 * LANES + j]
        )


@nb.njit(cache=True, error_model="numpy", inline="always")
def _step_chain(w: np.ndarray, j: int, chain: int, step: float) -> None:
    """Advance one chain of one lane."""
    (
        w[chain * LANES + j],
        w[(chain + 1) * LANES + j],
        w[(chain + 2) * LANES + j],
        w[(chain + 3) * LANES + j],
        w[(chain + 4) * LANES + j],
        w[(chain + _W) * LANES + j],
    ) = advance_chain(
        w[chain * LANES + j],
        w[(chain + 1) * LANES + j],
        w[(chain + 2) * LANES + j],
        w[(chain + 3) * LANES + j],
        w[(chain + 4) * LANES + j],
        w[(chain + _W) * LANES + j],
        w[(chain + _START_EFFECT) * LANES + j],
        w[(chain + _MIDDLE_EFFECT) * LANES + j],
        w[(chain + _END_EFFECT) * LANES + j],
        w[(chain + _TRANSIT) * LANES + j],
        w[(chain + _FEEDBACK) * LANES + j],
        w[(chain + _BOOST) * LANES + j],
        w[(chain + _SPEED) * LANES + j],
        step,
    )
