"""A second method for the kernel: a patient's amounts and cells under an adaptive integrator.

``integrate`` follows the marrow and saturable amounts by Dormand and Prince's pair with a tolerance
of 1e-7, and linear concentrations by their exponentials; it is quick enough for hundreds of
patients. ``integrate_by_lsoda`` hands everything, linear compartments too, to a stiff solver; it is
slow, and shows on a few patients that the first is right. Neither shares code with the kernel.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from scipy.integrate import odeint

from posology.library import quantity
from posology.patients import kernel_milligrams
from posology.treatment import Courses, Regimen

HOURS = 168.0
ONE_CELL = 1e-9
"""The model's floor of a pool at the end of a week [10^9/L]."""


class Recorded(NamedTuple):
    """What courses were given, and what the kernel made of it, week by week."""

    milligrams: np.ndarray
    """(weeks, agents, patients) kernel milligrams of all infusions of the week."""
    cycle_week: np.ndarray
    """(weeks, patients) which week of the cycle it was; the interval where no dose was due."""
    supported: np.ndarray
    """(weeks, patients) whether G-CSF was given."""
    lowest: np.ndarray
    """(weeks, 2, patients) lowest counts of the week [10^9/L]."""
    counts: np.ndarray
    """(weeks, 2, patients) counts at its end [10^9/L]."""
    areas: np.ndarray
    """(weeks, agents, patients) cumulative areas under the curve [mg h/L]."""
    log_size: np.ndarray
    """(weeks, patients) log of the tumour's size relative to baseline."""


def recorded(courses: Courses, fractions: np.ndarray) -> Recorded:
    """Step courses by ``fractions`` (weeks, drugs, patients) of the label doses and note it all."""
    slots = np.arange(courses.chart.size)
    patients = courses.chart["patient"]
    components = courses.regimen.components
    rows = []
    for asked in fractions:
        chart = courses.chart
        before = chart["totals"].copy()
        crcl = chart["crcl_ml_min"].copy()
        before_gcsf, before_since = chart["gcsf"].copy(), chart["weeks_since_dose"].copy()
        courses.step(np.ascontiguousarray(asked), slots)
        week = chart["weeks_since_dose"] - 1
        week = np.where(week < courses.regimen.interval_weeks, week, courses.regimen.interval_weeks)
        milligrams = np.zeros((len(components), slots.size))
        for a, each in enumerate(components):
            main = courses.regimen.main_component(each.drug)
            number, of_main = (
                np.array([*(x.doses_in_week(w) for w in range(courses.regimen.interval_weeks)), 0])
                for x in (each, main)
            )
            added = chart["totals"][:, each.drug] - before[:, each.drug]
            fraction = added / np.maximum(main.dose * of_main[week], 1e-300)
            scale = {
                "mg/m2": courses.persons["bsa_m2"][patients],
                "mg/mL*min": np.minimum(crcl, 125.0) + 25.0,  # Calvert, with the usual cap
                "mg": np.ones(slots.size),
            }[each.unit]
            milligrams[a] = (
                np.where(added > 0.0, fraction, 0.0)
                * (each.dose * number[week] * scale)
                * kernel_milligrams(each.agent)
            )
        given = milligrams.any(axis=0)
        # G-CSF acts in the week after the cycle's last doses.
        supported = before_gcsf & (before_since == courses.regimen.dose_weeks[-1] + 1)
        rows.append(
            (
                milligrams,
                np.where(given, week, courses.regimen.interval_weeks),
                supported & ~given,
                courses._body.lowest.copy(),
                courses.circulating.copy(),
                chart["exposures"][:, : len(components)].T
                * courses.individuals.reference_area[:, None],
                chart["log_size"].copy(),
            )
        )
    return Recorded(*(np.array(column) for column in zip(*rows, strict=True)))


class Expected(NamedTuple):
    """What the second method makes of the same doses; fields as in :class:`Recorded`."""

    lowest: np.ndarray
    counts: np.ndarray
    areas: np.ndarray
    log_size: np.ndarray


def expected(
    courses: Courses, given: Recorded, *, patients: np.ndarray, by_lsoda: bool = False
) -> Expected:
    """Counts, areas and sizes of the first courses of ``patients`` under recorded doses."""
    who, regimen = courses.individuals, courses.regimen
    agents = len(regimen.components)
    number = patients.size
    kinetics = [_Kinetics.of(each, patients) for each in who.kinetics]
    slopes = who.slopes[:, :, patients]
    chains = np.stack([who.transit, who.feedback, who.baseline])[:, :, patients]
    cells = np.repeat(who.baseline[:, patients], 5, axis=0)
    linear = np.zeros((sum(each.rates.shape[0] for each in kinetics), number))
    compartments = np.zeros_like(linear)
    amounts = np.zeros((3, number))
    groups = courses._agents.group
    level = quantity("toxicities/gcsf/level", "1")
    lost = np.zeros((2, number))
    kept = 0.5 ** (7.0 / quantity("toxicities/creatinine/recovery_half_life", "d"))
    most_lost = -np.log(quantity("toxicities/creatinine/lowest_share", "1"))
    total = np.zeros((agents, number))
    rows = []
    for week in range(given.milligrams.shape[0]):
        milligrams = given.milligrams[week][:, patients]
        filtration = np.exp(-np.minimum(lost.sum(axis=0), most_lost))
        kinetics = [
            each.slowed(filtration, where=milligrams[a] > 0.0) for a, each in enumerate(kinetics)
        ]
        supported = given.supported[week][patients]
        boosts = np.stack([np.where(supported, level**power, 1.0) for power in (0.444, 0.234)])
        out = _integrate_all(
            courses,
            kinetics,
            milligrams,
            given.cycle_week[week][patients],
            slopes,
            chains,
            boosts,
            groups,
            (compartments if by_lsoda else linear, amounts, cells),
            by_lsoda=by_lsoda,
        )
        areas, lowest = out
        np.maximum(cells, ONE_CELL, out=cells)
        total = total + areas
        loss = (who.renal_loss[:, patients] * areas / who.reference_area[:, None]).sum(axis=0)
        lost = np.stack([kept * lost[0] + 0.5 * loss, lost[1] + 0.5 * loss])
        rows.append((lowest, cells[[4, 9]].copy(), total, areas / who.reference_area[:, None]))
    lowest, counts, areas, exposures = (np.array(column) for column in zip(*rows, strict=True))
    return Expected(lowest, counts, areas, _log_sizes(courses, exposures, patients))


class _Kinetics(NamedTuple):
    """One agent's modes, and what its clearance follows."""

    rates: np.ndarray
    units: np.ndarray
    compartments: np.ndarray | None
    share: np.ndarray
    exponent: float
    saturable: np.ndarray | None
    clearance: np.ndarray

    @classmethod
    def of(cls, each, patients: np.ndarray) -> _Kinetics:
        taken = [None if x is None else x[:, patients] for x in (each.compartments, each.saturable)]
        return cls(
            each.rates[:, patients],
            each.units[:, patients],
            taken[0],
            each.renal_share[patients],
            each.renal_exponent,
            taken[1],
            np.zeros(patients.size) if taken[0] is None else taken[0][0],
        )

    def slowed(self, filtration: np.ndarray, *, where: np.ndarray) -> _Kinetics:
        """Kinetics by kidneys of which this share is left, in the patients who are given it."""
        if self.compartments is None:
            return self
        full, volume, flow, peripheral = self.compartments
        now = full * (1.0 - self.share + self.share * filtration**self.exponent)
        clearance = np.where(where, now, self.clearance)
        k10, k12, k21 = clearance / volume, flow / volume, flow / peripheral
        roots = np.sort(
            [np.roots([1.0, -s, p]) for s, p in zip(k10 + k12 + k21, k10 * k21, strict=True)]
        )
        rates = roots.T[::-1]
        shares = np.stack([rates[0] - k21, k21 - rates[1]]) / (rates[0] - rates[1])
        return self._replace(rates=rates, units=shares / volume, clearance=clearance)


def _integrate_all(
    courses, kinetics, milligrams, cycle_weeks, slopes, chains, boosts, groups, state, *, by_lsoda
):
    """One week of every patient; changes ``state`` and returns areas and lowest counts."""
    regimen = courses.regimen
    linear, amounts, cells = state
    modes = [each.rates.shape[0] for each in kinetics]
    owner = np.repeat(np.arange(len(kinetics)), modes)
    rates = np.concatenate([each.rates for each in kinetics])
    units = np.concatenate([each.units for each in kinetics])
    own = [each.saturable for each in kinetics if each.saturable is not None]
    saturable = own[0] if own else np.ones((8, cycle_weeks.size))
    which = next((a for a, each in enumerate(kinetics) if each.saturable is not None), -1)
    areas = np.zeros((len(kinetics), cycle_weeks.size))
    lowest = np.zeros((2, cycle_weeks.size))
    for week in np.unique(cycle_weeks):
        members = np.flatnonzero(cycle_weeks == week)
        events, running = _events(regimen, int(week))
        hours = np.maximum((running * np.diff(events)[:, None]).sum(axis=0), 1e-300)
        if not by_lsoda:
            integrate(
                *(members, events, running, milligrams / hours[:, None], owner, rates, units),
                *(which, saturable, slopes, chains, boosts, groups, courses._agents.order),
                *(linear, amounts, cells, areas, lowest),
            )
            continue
        for i in members:
            matrix, inflow, readout = _compartments(kinetics, int(i))
            integrate_by_lsoda(
                *(int(i), events, running, milligrams[:, i] / hours, matrix, inflow, readout),
                *(which, saturable, slopes, chains, boosts, groups, courses._agents.order),
                *(linear, amounts, cells, areas, lowest),
            )
    return areas, lowest


def _events(regimen: Regimen, week: int) -> tuple[np.ndarray, np.ndarray]:
    """Hours between which nothing is switched, and which infusions run in each stretch."""
    windows = [each.windows(week) for each in regimen.components]
    events = sorted({0.0, HOURS, *(hour for each in windows for window in each for hour in window)})
    running = [
        [float(any(a <= start < b for a, b in each)) for each in windows] for start in events[:-1]
    ]
    return np.array(events), np.array(running)


def _log_sizes(courses: Courses, exposures: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Tumours' log sizes: what is stored of each week's exposure acts with a half-life of days."""
    who = courses.individuals
    place = f"tumours/{courses.regimen.tumour}/effect_half_life"
    common = "tumours/common/effect_half_life"
    try:
        half_life = quantity(place, "d")
    except KeyError:
        half_life = quantity(common, "d")
    left = 0.5 ** (7.0 / half_life)
    weeks = np.arange(exposures.shape[0])
    acted = 1.0 - left ** np.maximum(weeks[:, None] - weeks + 1.0, 0.0)  # by the end of each week
    kill = np.einsum("wv,vap,ap->wp", acted, exposures, who.log_kill[:, patients])
    rate, resistance = courses.persons["kill_rate"][patients], who.resistance_rate[patients]
    worn = (1.0 - np.exp(-resistance / rate * kill)) * rate / resistance
    return who.growth_rate[patients] * 7.0 * (weeks[:, None] + 1.0) - worn


@nb.njit(cache=True, inline="always")
def _change(y, effects, boost, speed, transit, feedback, baseline):
    """Derivative of one chain of Friberg's model with Quartino's effects of G-CSF."""
    drive = (1.0 - effects) * (baseline / y[4]) ** feedback * boost
    return (
        transit * y[0] * (drive - speed),
        transit * speed * (y[0] - y[1]),
        transit * speed * (y[1] - y[2]),
        transit * speed * (y[2] - y[3]),
        transit * (speed * y[3] - y[4]),
    )


@nb.njit(cache=True)
def _chains(y, concentrations, slopes, chains, boosts, groups, p, d):
    """Derivative of both chains under the agents' concentrations."""
    for chain in range(2):
        effect = 0.0
        for group in range(groups.max() + 1):
            added = 0.0
            for a in range(concentrations.size):
                if groups[a] == group:
                    added += slopes[chain, a] * max(concentrations[a], 0.0)
            effect += added**p
        change = _change(
            y[5 * chain : 5 * chain + 5],
            effect ** (1.0 / p),
            boosts[0] if chain == 0 else 1.0,
            boosts[1] if chain == 0 else 1.0,
            chains[0, chain],
            chains[1, chain],
            chains[2, chain],
        )
        for s in range(5):
            d[5 * chain + s] = change[s]


@nb.njit(cache=True)
def _amounts(y, inflow, p, d):
    """Derivative of the saturable agent's three amounts, and its concentration."""
    c = y[0] / p[0]
    out, across = p[1] * c / (p[2] + c), p[3] * c / (p[4] + c)
    deep = p[6] * (c - y[2] / p[7])
    d[0] = inflow - out - across + p[5] * y[1] - deep
    d[1] = across - p[5] * y[1]
    d[2] = deep
    d[3] = c


_C = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
_A = np.array(
    [
        [0.0] * 6,
        [1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0],
        [3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0],
        [44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0],
        [35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
)
_E = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])
_LONGEST = 2.0


@nb.njit(cache=True)
def _stage(y, h, k, stage, trial):
    """Where a stage of the pair is evaluated."""
    for s in range(y.size):
        trial[s] = y[s]
        for before in range(stage):
            trial[s] += h * _A[stage, before] * k[before, s]


@nb.njit(cache=True)
def _error(y, trial, h, k, tolerance, least):
    """Estimated error of a step over what is tolerated."""
    error = 0.0
    for s in range(y.size):
        wrong = 0.0
        for stage in range(7):
            wrong += h * _E[stage] * k[stage, s]
        scale = least + tolerance * max(abs(y[s]), abs(trial[s]))
        error = max(error, abs(wrong) / scale)
    return error


@nb.njit(cache=True)
def _next_step(h, error):
    factor = 5.0 if error == 0.0 else 0.9 * error**-0.2
    return min(h * min(5.0, max(0.2, factor)), _LONGEST)


@nb.njit(cache=True)
def _saturable_curve(y, inflow, p, hours, knots):
    """Advance amounts and area; knots (time, concentration, slope). How many there are."""
    k = np.zeros((7, 4))
    trial = np.zeros(4)
    t, h = 0.0, min(1e-4, hours)
    knots[0, 0], knots[0, 1] = 0.0, y[0] / p[0]
    count = 1
    while hours - t > 1e-12:
        h = min(h, hours - t)
        for stage in range(7):
            _stage(y, h, k, stage, trial)
            _amounts(trial, inflow, p, k[stage])
        knots[count - 1, 2] = k[0, 0] / p[0]
        error = _error(y, trial, h, k, 1e-8, 1e-7)
        if error <= 1.0:
            t += h
            y[:] = trial
            knots[count, 0], knots[count, 1], knots[count, 2] = t, y[0] / p[0], k[6, 0] / p[0]
            count += 1
        h = _next_step(h, error)
    return count


@nb.njit(cache=True)
def _on_curve(t, knots, count, near):
    """Concentration at a time, by the cubic between knots, and which knot it is after."""
    while near > 0 and knots[near, 0] > t:
        near -= 1
    while near < count - 2 and knots[near + 1, 0] < t:
        near += 1
    h = knots[near + 1, 0] - knots[near, 0]
    x = (t - knots[near, 0]) / h
    y0, y1 = knots[near, 1], knots[near + 1, 1]
    d0, d1 = h * knots[near, 2], h * knots[near + 1, 2]
    a, b = 2.0 * (y0 - y1) + d0 + d1, 3.0 * (y1 - y0) - 2.0 * d0 - d1
    return y0 + x * (d0 + x * (b + x * a)), near


@nb.njit(cache=True)
def _lowest_between(before, after, slope, slope_after, h):
    """Lowest value of the cubic through both ends and slopes."""
    lowest = min(before, after)
    if slope >= 0.0 or slope_after <= 0.0:
        return lowest
    a = 2.0 * (before - after) + h * (slope + slope_after)
    b = 3.0 * (after - before) - h * (2.0 * slope + slope_after)
    c = h * slope
    root = -c / (b + np.sqrt(max(b * b - 3.0 * a * c, 0.0)))
    return min(lowest, before + root * (c + root * (b + root * a)))


@nb.njit(cache=True)
def integrate(
    members,
    events,
    running,
    inflows,
    owner,
    rates,
    units,
    which,
    saturable,
    slopes,
    chains,
    boosts,
    groups,
    order,
    linear,
    amounts,
    cells,
    areas,
    lowest,
):
    """Advance patients by one week with Dormand and Prince's pair."""
    modes = linear.shape[0]
    y, trial, k = np.zeros(10), np.zeros(10), np.zeros((7, 10))
    own_amounts, knots = np.zeros(4), np.zeros((50_000, 3))
    concentrations = np.zeros(inflows.shape[0])
    for i in members:
        y[:] = cells[:, i]
        own_amounts[:3], own_amounts[3] = amounts[:, i], 0.0
        lowest[0, i], lowest[1, i] = y[4], y[9]
        for part in range(running.shape[0]):
            hours = events[part + 1] - events[part]
            inflow = inflows[:, i] * running[part]
            count = 0
            if which >= 0:
                count = _saturable_curve(own_amounts, inflow[which], saturable[:, i], hours, knots)
            t, h, near = 0.0, min(1e-3, hours), 0
            while hours - t > 1e-12:
                h = min(h, hours - t)
                for stage in range(7):
                    _stage(y, h, k, stage, trial)
                    at = t + _C[stage] * h
                    concentrations[:] = 0.0
                    for m in range(modes):
                        plateau = inflow[owner[m]] * units[m, i] / rates[m, i]
                        concentrations[owner[m]] += plateau + (linear[m, i] - plateau) * np.exp(
                            -rates[m, i] * at
                        )
                    if which >= 0:
                        concentrations[which], near = _on_curve(at, knots, count, near)
                    _chains(
                        trial,
                        concentrations,
                        slopes[:, :, i],
                        chains[:, :, i],
                        boosts[:, i],
                        groups,
                        order,
                        k[stage],
                    )
                error = _error(y, trial, h, k, 1e-7, 1e-12)
                if error <= 1.0:
                    for chain in range(2):
                        n = 4 + 5 * chain
                        bottom = _lowest_between(y[n], trial[n], k[0, n], k[6, n], h)
                        lowest[chain, i] = min(lowest[chain, i], bottom)
                    t += h
                    y[:] = trial
                h = _next_step(h, error)
            for m in range(modes):
                plateau = inflow[owner[m]] * units[m, i] / rates[m, i]
                above = linear[m, i] - plateau
                gone = -np.expm1(-rates[m, i] * hours)
                areas[owner[m], i] += plateau * hours + above * gone / rates[m, i]
                linear[m, i] = plateau + above * (1.0 - gone)
        cells[:, i] = y
        amounts[:, i] = own_amounts[:3]
        if which >= 0:
            areas[which, i] = own_amounts[3]


def _compartments(kinetics, patient: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrix, inflow and readout of all linear agents: amounts where compartments are known."""
    blocks = []
    for each in kinetics:
        if each.compartments is None:
            rates, units = each.rates[:, patient], each.units[:, patient]
            blocks.append((-np.diag(rates), units, np.ones_like(rates)))
            continue
        _, volume, flow, peripheral = each.compartments[:, patient]
        out, there, back = each.clearance[patient] / volume, flow / volume, flow / peripheral
        matrix = np.array([[-out - there, back], [there, -back]])
        blocks.append((matrix, np.array([1.0, 0.0]), np.array([1.0 / volume, 0.0])))
    size = sum(matrix.shape[0] for matrix, _, _ in blocks)
    joined = np.zeros((size, size))
    inflow, readout = np.zeros((size, len(blocks))), np.zeros((len(blocks), size))
    first = 0
    for a, (matrix, goes_in, read) in enumerate(blocks):
        rows = slice(first, first + matrix.shape[0])
        joined[rows, rows] = matrix
        inflow[rows, a] = goes_in
        readout[a, rows] = read
        first += matrix.shape[0]
    return joined, inflow, readout


@nb.njit(cache=True)
def _everything(
    y, t, matrix, entering, readout, inflow, which, sat, slopes, chains, boosts, groups, order
):
    """Derivative of compartments, saturable amounts, chains and areas."""
    linear = matrix.shape[0]
    d = np.zeros_like(y)
    d[:linear] = matrix @ y[:linear] + entering
    concentrations = readout @ y[:linear]
    if which >= 0:
        _amounts(y[linear : linear + 4], inflow, sat, d[linear : linear + 4])
        concentrations[which] = d[linear + 3]
    chains_now = y[linear + 4 : linear + 14]
    change = d[linear + 4 : linear + 14]
    _chains(chains_now, concentrations, slopes, chains, boosts, groups, order, change)
    d[linear + 14 :] = concentrations
    return d


def integrate_by_lsoda(
    i,
    events,
    running,
    inflows,
    matrix,
    enters,
    readout,
    which,
    saturable,
    slopes,
    chains,
    boosts,
    groups,
    order,
    linear,
    amounts,
    cells,
    areas,
    lowest,
):
    """Advance one patient by one week, every amount and cell by LSODA."""
    size = matrix.shape[0]
    y = np.concatenate(
        [linear[:size, i], amounts[:, i], [0.0], cells[:, i], np.zeros(len(inflows))]
    )
    seen = [cells[[4, 9], i]]
    for part in range(running.shape[0]):
        inflow = inflows * running[part]
        hours = events[part + 1] - events[part]
        solved = odeint(
            _everything,
            y,
            np.linspace(0.0, hours, max(2, int(np.ceil(2.0 * hours)) + 1)),
            args=(
                *(matrix, enters @ inflow, readout, float(inflow[max(which, 0)]), which),
                *(saturable[:, i].copy(), slopes[:, :, i].copy(), chains[:, :, i].copy()),
                *(boosts[:, i].copy(), groups, order),
            ),
            rtol=1e-10,
            atol=1e-13,
            mxstep=100_000,
        )
        y = solved[-1]
        seen.extend(solved[:, [size + 8, size + 13]])
    linear[:size, i] = y[:size]
    amounts[:, i] = y[size : size + 3]
    cells[:, i] = y[size + 4 : size + 14]
    areas[:, i] = y[size + 14 :]
    lowest[:, i] = np.min(seen, axis=0)
