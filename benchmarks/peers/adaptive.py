"""One patient at a time under an adaptive solver, with the marrow's feedback as a power."""

from typing import Any

import numba as nb
import numpy as np
from scipy.integrate import odeint, solve_ivp

from peers import Week
from posology.pharmacology import Agents, Body, Schedule
from posology.pharmacology.schedule import SHORTEST


@nb.njit(error_model="numpy")
def derivative(
    t: float,
    y: np.ndarray,
    p: np.ndarray,
    owner: np.ndarray,
    group: np.ndarray,
    order: int,
) -> np.ndarray:
    """Of the modes, both chains and the areas; the parameters' order is that of ``_parameters``."""
    modes, agents = owner.size, group.size
    d = np.zeros(y.size)
    concentrations = np.zeros(agents)
    for m in range(modes):
        d[m] = p[m] - p[modes + m] * y[m]
        concentrations[owner[m]] += y[m]
    for a in range(agents):
        d[modes + 10 + a] = concentrations[a]
    for chain in range(2):
        own = 2 * modes + (agents + 5) * chain
        effects = np.zeros(3)
        for a in range(agents):
            effects[group[a]] += p[own + a] * max(concentrations[a], 0.0)
        effect = 0.0
        for g in range(3):
            effect += effects[g] ** order
        effect = effect ** (1.0 / order)
        own += agents
        transit, feedback, baseline = p[own], p[own + 1], p[own + 2]
        boost, speed = p[own + 3], p[own + 4]
        s = modes + 5 * chain
        drive = (1.0 - effect) * (baseline / y[s + 4]) ** feedback * boost
        d[s] = transit * y[s] * (drive - speed)
        d[s + 1] = transit * speed * (y[s] - y[s + 1])
        d[s + 2] = transit * speed * (y[s + 1] - y[s + 2])
        d[s + 3] = transit * speed * (y[s + 2] - y[s + 3])
        d[s + 4] = transit * (speed * y[s + 3] - y[s + 4])
    return d


def by_lsoda(tolerance: float, *, compiled: bool, quick_calls: bool = False) -> Week:
    """scipy's LSODA with a relative tolerance.

    Args:
        tolerance: relative; the absolute one is a hundredth of it, in mg/L and 10^9/L.
        compiled: whether ``derivative`` is.
        quick_calls: by scipy's older ``odeint``, whose steps are taken without Python.
    """
    slope = derivative if compiled else derivative.py_func
    kind = {"rtol": tolerance, "atol": 0.01 * tolerance}

    def solved(y: np.ndarray, hours: float, *further: Any) -> np.ndarray:
        if quick_calls:
            ends = np.array([0.0, hours])
            return odeint(slope, y, ends, args=further, tfirst=True, mxstep=100_000, **kind)[-1]
        found = solve_ivp(slope, (0.0, hours), y, method="LSODA", args=further, **kind)
        return found.y[:, -1]

    def advance(body: Body, agents: Agents, plan: Schedule, patients: np.ndarray) -> None:
        modes = int(agents.first_mode[-1])
        owner = np.repeat(np.arange(agents.group.size), np.diff(agents.first_mode))
        for i in patients:
            y = np.concatenate([body.modes[:, i], body.cells[:, i], np.zeros(agents.group.size)])
            for hours, running in _stretches(plan, int(body.week[i])):
                p = _parameters(body, i, owner, running / plan.hours[body.week[i]])
                y = solved(y, hours, p, owner, agents.group, agents.order)
            body.modes[:, i] = y[:modes]
            body.cells[:, i] = y[modes : modes + 10]
            body.areas[:, i] = y[modes + 10 :]

    return advance


def _parameters(body: Body, i: int, owner: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Inflow and rate of each mode, then for each chain: slopes, transit, feedback, baseline, and
    what G-CSF multiplies proliferation and maturation by."""
    inflow = (body.doses[:, i] * shares)[owner] * body.units[:, i]
    slopes = body.slopes[:, i].reshape(2, -1)
    chains = [
        [*slopes[chain], *(each[chain, i] for each in (body.transit, body.feedback, body.baseline))]
        + ([body.boost[i], body.speed[i]] if chain == 0 else [1.0, 1.0])
        for chain in range(2)
    ]
    return np.concatenate([inflow, body.rates[:, i], *chains])


def _stretches(plan: Schedule, kind: int) -> list[tuple[float, np.ndarray]]:
    """Hours of each stretch of a week in which no infusion begins or ends, and which run in it."""
    steps = slice(plan.first[kind], plan.first[kind + 1])
    running, hours = plan.running[steps], SHORTEST * 2.0 ** plan.levels[steps]
    changes = np.flatnonzero((running[1:] != running[:-1]).any(axis=1)) + 1
    begins = np.concatenate([[0], changes])
    return [
        (float(total), running[begin])
        for begin, total in zip(begins, np.add.reduceat(hours, begins), strict=True)
    ]
