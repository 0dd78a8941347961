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
from posology.pharmacology.marrow import (
    STAGES,
    Chain,
    Effects,
    Rates,
    advance_chains,
    lowest_over_step,
)
from posology.pharmacology.saturable import AMOUNTS, SATURABLE_PARAMETERS, advance_saturable
from posology.pharmacology.schedule import FREE, LEVELS, LINGERING, SHORTEST, Schedule

LANES = 16
MOST_MODES, MOST_AGENTS, MOST_GROUPS = 12, 4, 3
"""What one regimen may need."""
GRADE4 = 0.5
"""Neutrophils [10^9/L] below which the hours are counted (CTCAE v5 grade 4)."""
TRACE = 0.01
"""Effect on proliferation below which what is left of a drug hardly moves anything."""
REST = 0.9
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
# Rows in pairs, one for each chain: each agent's slope; each group's effect at the step's start,
# its middle and its end; and those of all groups together.
_SLOPE = _TOTAL_AREA + MOST_AGENTS
_BEFORE = _SLOPE + 2 * MOST_AGENTS
_AREA_EFFECT = _BEFORE + 2 * MOST_GROUPS
_END = _AREA_EFFECT + 2 * MOST_GROUPS
_START_EFFECT = _END + 2 * MOST_GROUPS
_MIDDLE_EFFECT = _START_EFFECT + 2
_END_EFFECT = _MIDDLE_EFFECT + 2
_CHAIN = _END_EFFECT + 2
# Rows of a chain, from _CHAIN for neutrophils and further on for platelets: five stages, and
_W, _RATE, _FEEDBACK, _GAIN, _OUTFLOW, _LOWEST = 5, 6, 7, 8, 9, 10
_CHAIN_ROWS = 11
# both chains' counts and their rates of change at the step's start
_PAST_COUNT = _CHAIN + 2 * _CHAIN_ROWS
_PAST_CHANGE = _PAST_COUNT + 2
_HOURS = _PAST_CHANGE + 2
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
            w[(row + _FEEDBACK) * LANES + j] = body.feedback[chain, i]
            boost, speed = (body.boost[i], body.speed[i]) if chain == 0 else (1.0, 1.0)
            w[(row + _RATE) * LANES + j] = body.transit[chain, i] * speed
            w[(row + _GAIN) * LANES + j] = boost / speed
            w[(row + _OUTFLOW) * LANES + j] = 1.0 / speed
            w[(row + _LOWEST) * LANES + j] = count
            for a in range(number):
                w[(_SLOPE + 2 * a + chain) * LANES + j] = body.slopes[number * chain + a, i]
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
    _effects(w, agents, number, 1.0)
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
        _effects(w, agents, number, step)
        for j in range(LANES):
            _step_chains(w, j, step)
        # In a loop of its own, for a branch keeps those above from compiling to vectors.
        for j in range(LANES):
            _note_lowest(w, j, 0, _count(w, j, 0))
            _note_lowest(w, j, 1, _count(w, j, 1))
        turning, low = False, False
        for j in range(LANES):
            turning |= _is_turning(w, j, 0) | _is_turning(w, j, 1)
            low |= _is_low(w, j)
        if turning:
            for j in range(LANES):
                _follow_turns(w, j, step)
        if low:
            for j in range(LANES):
                _count_hours(w, j, step)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _count(w: np.ndarray, j: int, which: int) -> float:
    return w[(_CHAIN + _CHAIN_ROWS * which + STAGES - 1) * LANES + j]


@nb.njit(cache=True, error_model="numpy", inline="always")
def _change(w: np.ndarray, j: int, which: int) -> float:
    """Rate of change of a chain's circulating count [10^9/L/h]."""
    chain = _CHAIN + _CHAIN_ROWS * which
    leaving = w[(chain + _OUTFLOW) * LANES + j] * w[(chain + STAGES - 1) * LANES + j]
    return w[(chain + _RATE) * LANES + j] * (w[(chain + STAGES - 2) * LANES + j] - leaving)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _note_lowest(w: np.ndarray, j: int, which: int, count: float) -> None:
    row = (_CHAIN + _CHAIN_ROWS * which + _LOWEST) * LANES + j
    w[row] = min(w[row], count)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _is_turning(w: np.ndarray, j: int, which: int) -> bool:
    """Whether a chain's count fell when the step began and rises at its end."""
    return (w[(_PAST_CHANGE + which) * LANES + j] < 0.0) & (_change(w, j, which) > 0.0)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _is_low(w: np.ndarray, j: int) -> bool:
    """Whether neutrophils are below grade 4 at either end of the step."""
    return (w[_PAST_COUNT * LANES + j] < GRADE4) | (_count(w, j, 0) < GRADE4)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _follow_turns(w: np.ndarray, j: int, step: float) -> None:
    """Lowest counts within the step."""
    for which in range(2):
        lowest = lowest_over_step(
            w[(_PAST_COUNT + which) * LANES + j],
            _count(w, j, which),
            w[(_PAST_CHANGE + which) * LANES + j],
            _change(w, j, which),
            step,
        )
        _note_lowest(w, j, which, lowest)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _count_hours(w: np.ndarray, j: int, step: float) -> None:
    """Hours of the step with neutrophils below grade 4."""
    before, after = w[_PAST_COUNT * LANES + j], _count(w, j, 0)
    low, high = min(before, after), max(before, after)
    below = (GRADE4 - low) / (high - low + 1e-30)
    w[_HOURS * LANES + j] += step * min(1.0, max(0.0, below))


@nb.njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def _changes(running: np.ndarray, k: int) -> bool:
    """Whether an infusion begins or ends with step k."""
    changes = False
    for a in range(running.shape[1]):
        changes |= running[k, a] != running[k - 1, a]
    return changes


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST, forceinline=True)
def _set_plateau(now: np.ndarray, plateau: np.ndarray, running: float) -> None:
    for j in range(now.size):
        now[j] = running * plateau[j]


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST, forceinline=True)
def _advance_modes(w: np.ndarray, decays: np.ndarray, step: float) -> None:
    """Advance every mode, and leave the area under each over the step."""
    for j in range(decays.size):
        plateau = w[_NOW * LANES + j]
        above = w[_MODE * LANES + j] - plateau
        w[_AREA * LANES + j] = plateau * step + above * (1.0 - decays[j]) * w[_INVERSE * LANES + j]
        w[_MODE * LANES + j] = plateau + above * decays[j]


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST, forceinline=True)
def _sum_drugs(w: np.ndarray, agents: Agents, number: int) -> None:
    """Each agent's concentration at the step's end, and its area over the step."""
    for a in range(number):
        first, last = agents.first_mode[a] * LANES, agents.first_mode[a + 1] * LANES
        for what in range(2):
            target = (_DRUG_AREA if what else _DRUG) + a
            source = (_AREA if what else _MODE) * LANES
            _sum_modes(w[source + first : source + last], w[target * LANES : (target + 1) * LANES])


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST, forceinline=True)
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


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST, forceinline=True)
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


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST, forceinline=True)
def _effects(w: np.ndarray, agents: Agents, number: int, step: float) -> None:
    """Effect of all agents on both chains at the step's start, middle and end.

    The effect at the start is the one at the end of the step before: concentrations do not jump.
    Each group's effect in the middle is chosen so that Simpson's rule over the step gives its
    exact exposure.
    """
    for j in range(_AREA_EFFECT * LANES, _START_EFFECT * LANES):
        w[j] = 0.0
    for a in range(number):
        slopes = w[(_SLOPE + 2 * a) * LANES : (_SLOPE + 2 * a + 2) * LANES]
        end, total = _END + 2 * agents.group[a], _AREA_EFFECT + 2 * agents.group[a]
        drug, area = _DRUG + a, _DRUG_AREA + a
        _add_effects(
            w[end * LANES : (end + 2) * LANES], slopes, w[drug * LANES : (drug + 1) * LANES]
        )
        _add_effects(
            w[total * LANES : (total + 2) * LANES], slopes, w[area * LANES : (area + 1) * LANES]
        )
    simpson = 1.5 / step
    if agents.order == 1:
        for j in range(2 * LANES):
            _combine(w, j, simpson, 1)
    elif agents.order == 2:
        for j in range(2 * LANES):
            _combine(w, j, simpson, 2)
    else:
        for j in range(2 * LANES):
            _combine(w, j, simpson, 3)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _combine(w: np.ndarray, j: int, simpson: float, order: int) -> None:
    """Effect of all groups together; the order is written out above, so that lanes vectorise."""
    w[_START_EFFECT * LANES + j] = w[_END_EFFECT * LANES + j]
    w[_MIDDLE_EFFECT * LANES + j] = combined_effect(
        _middle(w, j, 0, simpson),
        _middle(w, j, 1, simpson),
        _middle(w, j, 2, simpson),
        order,
    )
    w[_END_EFFECT * LANES + j] = combined_effect(
        w[_END * LANES + j],
        w[(_END + 2) * LANES + j],
        w[(_END + 4) * LANES + j],
        order,
    )
    for group in range(MOST_GROUPS):
        w[(_BEFORE + 2 * group) * LANES + j] = w[(_END + 2 * group) * LANES + j]


@nb.njit(cache=True, error_model="numpy", inline="always")
def _middle(w: np.ndarray, j: int, group: int, simpson: float) -> float:
    """A group's effect in the middle of the step; never negative, written so that it vectorises."""
    ends = w[(_BEFORE + 2 * group) * LANES + j] + w[(_END + 2 * group) * LANES + j]
    middle = simpson * w[(_AREA_EFFECT + 2 * group) * LANES + j] - 0.25 * ends
    return 0.5 * (middle + abs(middle))


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST, forceinline=True)
def _add_effects(total: np.ndarray, slopes: np.ndarray, drugs: np.ndarray) -> None:
    """Add an agent's slopes times its concentration, or area, to its group in both chains."""
    for j in range(drugs.size):
        total[j] += slopes[j] * drugs[j]
        total[LANES + j] += slopes[LANES + j] * drugs[j]


@nb.njit(cache=True, error_model="numpy", inline="always")
def _step_chains(w: np.ndarray, j: int, step: float) -> None:
    """Advance both chains of one lane."""
    w[_PAST_COUNT * LANES + j], w[_PAST_CHANGE * LANES + j] = _count(w, j, 0), _change(w, j, 0)
    w[(_PAST_COUNT + 1) * LANES + j] = _count(w, j, 1)
    w[(_PAST_CHANGE + 1) * LANES + j] = _change(w, j, 1)
    x, y = advance_chains(
        _chain(w, j, 0),
        _chain(w, j, 1),
        _chain_effects(w, j, 0),
        _chain_effects(w, j, 1),
        _chain_rates(w, j, 0),
        _chain_rates(w, j, 1),
        step,
    )
    _set_chain(w, j, 0, x)
    _set_chain(w, j, 1, y)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _chain(w: np.ndarray, j: int, which: int) -> Chain:
    chain = _CHAIN + _CHAIN_ROWS * which
    return (
        w[chain * LANES + j],
        w[(chain + 1) * LANES + j],
        w[(chain + 2) * LANES + j],
        w[(chain + 3) * LANES + j],
        w[(chain + 4) * LANES + j],
        w[(chain + _W) * LANES + j],
    )


@nb.njit(cache=True, error_model="numpy", inline="always")
def _set_chain(w: np.ndarray, j: int, which: int, x: Chain) -> None:
    chain = _CHAIN + _CHAIN_ROWS * which
    w[chain * LANES + j] = x[0]
    w[(chain + 1) * LANES + j] = x[1]
    w[(chain + 2) * LANES + j] = x[2]
    w[(chain + 3) * LANES + j] = x[3]
    w[(chain + 4) * LANES + j] = x[4]
    w[(chain + _W) * LANES + j] = x[5]


@nb.njit(cache=True, error_model="numpy", inline="always")
def _chain_effects(w: np.ndarray, j: int, which: int) -> Effects:
    return (
        w[(_START_EFFECT + which) * LANES + j],
        w[(_MIDDLE_EFFECT + which) * LANES + j],
        w[(_END_EFFECT + which) * LANES + j],
    )


@nb.njit(cache=True, error_model="numpy", inline="always")
def _chain_rates(w: np.ndarray, j: int, which: int) -> Rates:
    chain = _CHAIN + _CHAIN_ROWS * which
    return (
        w[(chain + _RATE) * LANES + j],
        w[(chain + _FEEDBACK) * LANES + j],
        w[(chain + _GAIN) * LANES + j],
        w[(chain + _OUTFLOW) * LANES + j],
    )
