"""The kernel: every patient of a list advanced by one week, sixteen at a time.

Patients lie side by side (structure of arrays) and are worked in blocks of ``LANES``, so that the
innermost loops run over lanes and compile to vector instructions. A block is always full: the last
one repeats its last patient. So a patient's trajectory has the same bits in any batch.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from posology.pharmacology.combination import combined_effect
from posology.pharmacology.marrow import STAGES, advance_chain, lowest_over_step

LANES = 16
WEEK = 168.0
"""Hours in a week."""
INFUSION = 1.0
"""Hours over which both drugs run in, at the start of a week."""
GRADE4 = 0.5
"""Neutrophils [10^9/L] below which the hours are counted (CTCAE v5 grade 4)."""

TRACE = 1e-6
"""Slowest mode of docetaxel [mg/L] below which no drug is left to follow."""

ONE_CELL = 1e-9
"""One cell a litre [10^9/L]: a pool is never left emptier, so that it can grow again."""

# Rows of the arrays the kernel works on; a column is a patient.
MODES = 5
"""Concentration modes [mg/L]: three of docetaxel, two of cisplatin (unbound platinum)."""
SLOPE, TRANSIT, FEEDBACK, BASELINE, MARROW_PARAMETERS = 0, 4, 6, 8, 10
LOWEST_NEUTROPHILS, LOWEST_PLATELETS, GRADE4_HOURS, WEEK_RECORDS = 0, 1, 2, 3

# Steps of a week as (hours, infusion running). Each length is a power of two times the shortest,
# so that decay factors follow by squaring. The first two hours are dense: docetaxel's fast phase
# has a half-life of five minutes. A patient without drug takes even steps.
_EXPOSED_STEPS = np.array(
    [(0.125, 1.0)] * 8
    + [(0.125, 0.0)] * 8
    + [(0.5, 0.0)] * 4
    + [(1.0, 0.0)] * 4
    + [(2.0, 0.0)] * 2
    + [(4.0, 0.0)] * 39
)
_FREE_STEPS = np.array([(6.0, 0.0)] * 28)
_SHORTEST = 0.125
_FAST = {"contract", "nsz", "arcp"}

# Rows of a block's scratch space, LANES numbers each. It is one flat array with constant offsets,
# so that the compiler can tell its rows apart and use vector instructions.
_MODE, _RATE, _PLATEAU, _DECAY, _CELLS = 0, 5, 10, 15, 20
_PARAMETER, _LOWEST, _HOURS, _DRUG, _EFFECT, _SCRATCH = 32, 42, 44, 45, 51, 54


@nb.njit(cache=True, error_model="numpy", nogil=True)
def advance_week(
    modes: np.ndarray,
    rates: np.ndarray,
    units: np.ndarray,
    marrow: np.ndarray,
    parameters: np.ndarray,
    doses: np.ndarray,
    order: int,
    patients: np.ndarray,
    records: np.ndarray,
) -> None:
    """Advance marrow and concentrations of ``patients`` by one week, in place.

    A patient with drug in the blood takes the fine steps, the others the coarse ones; the choice
    is the patient's own, so company in a block changes nothing.

    Args:
        modes: concentration modes [mg/L], (MODES, n).
        rates: their rates [1/h], (MODES, n).
        units: their unit concentrations [1/L], (MODES, n).
        marrow: both chains [10^9/L], (10, n), neutrophils first.
        parameters: slopes of docetaxel and cisplatin [L/mg] on either chain, transit rates [1/h],
            feedback exponents and baselines [10^9/L], (MARROW_PARAMETERS, n).
        doses: milligrams given at the week's start, (2, n), cisplatin as platinum.
        order: p of the norm that combines the two effects.
        patients: columns to advance.
        records: lowest neutrophils, lowest platelets and hours below grade 4, (WEEK_RECORDS, n).
    """
    scratch = np.empty(_SCRATCH * LANES)
    exposed = np.empty(patients.size, np.bool_)
    for k in range(patients.size):
        i = patients[k]
        exposed[k] = doses[0, i] > 0.0 or doses[1, i] > 0.0 or modes[0, i] > TRACE
    for fine in (True, False):
        members = patients[exposed == fine]
        for first in range(0, members.size, LANES):
            block = members[first : first + LANES]
            _load(scratch, block, modes, rates, units, marrow, parameters, doses)
            _advance_block(scratch, _EXPOSED_STEPS if fine else _FREE_STEPS, order)
            _store(scratch, block, modes, marrow, records)


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _load(
    w: np.ndarray,
    block: np.ndarray,
    modes: np.ndarray,
    rates: np.ndarray,
    units: np.ndarray,
    marrow: np.ndarray,
    parameters: np.ndarray,
    doses: np.ndarray,
) -> None:
    for j in range(LANES):
        i = block[min(j, block.size - 1)]
        for m in range(MODES):
            infusion_rate = doses[0 if m < 3 else 1, i] / INFUSION
            w[(_MODE + m) * LANES + j] = modes[m, i]
            w[(_RATE + m) * LANES + j] = rates[m, i]
            w[(_PLATEAU + m) * LANES + j] = infusion_rate * units[m, i] / rates[m, i]
            w[(_DECAY + m) * LANES + j] = math.exp(-rates[m, i] * _SHORTEST)
        for chain in range(2):
            for s in range(STAGES):
                w[(_CELLS + 6 * chain + s) * LANES + j] = marrow[STAGES * chain + s, i]
            deficit = parameters[BASELINE + chain, i] / marrow[STAGES * chain + 4, i]
            w[(_CELLS + 6 * chain + 5) * LANES + j] = math.exp(
                parameters[FEEDBACK + chain, i] * math.log(deficit)
            )
            w[(_LOWEST + chain) * LANES + j] = marrow[STAGES * chain + 4, i]
        for p in range(MARROW_PARAMETERS):
            w[(_PARAMETER + p) * LANES + j] = parameters[p, i]
        w[_HOURS * LANES + j] = 0.0


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _store(
    w: np.ndarray, block: np.ndarray, modes: np.ndarray, marrow: np.ndarray, records: np.ndarray
) -> None:
    for j in range(block.size):
        i = block[j]
        for m in range(MODES):
            modes[m, i] = w[(_MODE + m) * LANES + j]
        for chain in range(2):
            for s in range(STAGES):
                cells = w[(_CELLS + 6 * chain + s) * LANES + j]
                marrow[STAGES * chain + s, i] = max(cells, ONE_CELL)
        records[LOWEST_NEUTROPHILS, i] = w[_LOWEST * LANES + j]
        records[LOWEST_PLATELETS, i] = w[(_LOWEST + 1) * LANES + j]
        records[GRADE4_HOURS, i] = w[_HOURS * LANES + j]


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _advance_block(w: np.ndarray, steps: np.ndarray, order: int) -> None:
    length = _SHORTEST
    for k in range(steps.shape[0]):
        step = steps[k, 0]
        while length < step:
            length *= 2.0
            for j in range(_DECAY * LANES, (_DECAY + MODES) * LANES):
                w[j] *= w[j]
        if steps[k, 1] == 0.0:
            w[_PLATEAU * LANES : (_PLATEAU + MODES) * LANES] = 0.0
        _concentrations(w, _DRUG, 0, 3, step)
        _concentrations(w, _DRUG + 3, 3, 5, step)
        _combine_effects(w, SLOPE, order)
        for j in range(LANES):
            count, slope = w[(_CELLS + 4) * LANES + j], _slope(w, j, 0)
            _step_chain(w, j, 0, step)
            after = w[(_CELLS + 4) * LANES + j]
            lowest = lowest_over_step(count, after, slope, _slope(w, j, 0), step)
            w[_LOWEST * LANES + j] = min(w[_LOWEST * LANES + j], lowest)
            low, high = min(count, after), max(count, after)
            below = (GRADE4 - low) / (high - low + 1e-30)
            w[_HOURS * LANES + j] += step * min(1.0, max(0.0, below))
        _combine_effects(w, SLOPE + 2, order)
        for j in range(LANES):
            count, slope = w[(_CELLS + 10) * LANES + j], _slope(w, j, 1)
            _step_chain(w, j, 1, step)
            after = w[(_CELLS + 10) * LANES + j]
            lowest = lowest_over_step(count, after, slope, _slope(w, j, 1), step)
            w[(_LOWEST + 1) * LANES + j] = min(w[(_LOWEST + 1) * LANES + j], lowest)


@nb.njit(cache=True, error_model="numpy", inline="always")
def _slope(w: np.ndarray, j: int, chain: int) -> float:
    """Rate of change of a chain's circulating count [10^9/L/h]."""
    cells = _CELLS + 6 * chain
    transit = w[(_PARAMETER + TRANSIT + chain) * LANES + j]
    return transit * (w[(cells + 3) * LANES + j] - w[(cells + 4) * LANES + j])


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _combine_effects(w: np.ndarray, slope: int, order: int) -> None:
    """Effect of both drugs on a chain at the step's start, middle and end."""
    for moment in range(3):
        for j in range(LANES):
            first = w[(_PARAMETER + slope) * LANES + j] * w[(_DRUG + moment) * LANES + j]
            second = w[(_PARAMETER + slope + 1) * LANES + j] * w[(_DRUG + 3 + moment) * LANES + j]
            w[(_EFFECT + moment) * LANES + j] = combined_effect(first, second, order)


@nb.njit(cache=True, error_model="numpy", nogil=True, fastmath=_FAST)
def _concentrations(w: np.ndarray, row: int, first: int, last: int, step: float) -> None:
    """Advance a drug's modes; leave its concentration at the step's start, middle and end.

    The middle one is chosen so that Simpson's rule over the step gives the exact exposure.
    """
    start, middle, end = row * LANES, (row + 1) * LANES, (row + 2) * LANES
    for j in range(LANES):
        w[start + j] = 0.0
        w[middle + j] = 0.0
        w[end + j] = 0.0
    for m in range(first, last):
        for j in range(LANES):
            mode = w[(_MODE + m) * LANES + j]
            plateau = w[(_PLATEAU + m) * LANES + j]
            decay = w[(_DECAY + m) * LANES + j]
            above = mode - plateau
            after = plateau + above * decay
            area = plateau * step + above * (1.0 - decay) / w[(_RATE + m) * LANES + j]
            w[start + j] += mode
            w[middle + j] += 1.5 / step * area - 0.25 * (mode + after)
            w[end + j] += after
            w[(_MODE + m) * LANES + j] = after
    for j in range(LANES):
        w[middle + j] = max(
            w[middle + j], 0.0
        )  # a mode gone within the step would make it negative


@nb.njit(cache=True, error_model="numpy", inline="always")
def _step_chain(w: np.ndarray, j: int, chain: int, step: float) -> None:
    """Advance one chain of one lane."""
    cells = _CELLS + 6 * chain
    (
        w[cells * LANES + j],
        w[(cells + 1) * LANES + j],
        w[(cells + 2) * LANES + j],
        w[(cells + 3) * LANES + j],
        w[(cells + 4) * LANES + j],
        w[(cells + 5) * LANES + j],
    ) = advance_chain(
        w[cells * LANES + j],
        w[(cells + 1) * LANES + j],
        w[(cells + 2) * LANES + j],
        w[(cells + 3) * LANES + j],
        w[(cells + 4) * LANES + j],
        w[(cells + 5) * LANES + j],
        w[_EFFECT * LANES + j],
        w[(_EFFECT + 1) * LANES + j],
        w[(_EFFECT + 2) * LANES + j],
        w[(_PARAMETER + TRANSIT + chain) * LANES + j],
        w[(_PARAMETER + FEEDBACK + chain) * LANES + j],
        step,
    )
