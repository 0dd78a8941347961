"""The same equations on physical amounts, integrated by LSODA to a tight tolerance."""

import math

import numba as nb
import numpy as np
from scipy.integrate import odeint

from posology.library import quantity
from posology.treatment import Courses

HOURS = 168.0


@nb.njit
def _derivatives(t, y, p, into_first, into_second):
    d = np.empty_like(y)
    k10, k12, k21, k13, k31, volume = p[0:6]
    clearance, v1, flow, v2 = p[6:10]
    d[0] = into_first - (k10 + k12 + k13) * y[0] + k21 * y[1] + k31 * y[2]
    d[1] = k12 * y[0] - k21 * y[1]
    d[2] = k13 * y[0] - k31 * y[2]
    d[3] = into_second - (clearance + flow) / v1 * y[3] + flow / v2 * y[4]
    d[4] = flow / v1 * y[3] - flow / v2 * y[4]
    first, second = max(y[0], 0.0) / volume, max(y[3], 0.0) / v1
    for chain in range(2):
        effect = ((p[10 + 2 * chain] * first) ** 3 + (p[11 + 2 * chain] * second) ** 3) ** (1 / 3)
        transit, feedback, baseline = p[14 + chain], p[16 + chain], p[18 + chain]
        c = 5 + 5 * chain
        d[c] = transit * y[c] * ((1.0 - effect) * (baseline / y[c + 4]) ** feedback - 1.0)
        for stage in range(1, 5):
            d[c + stage] = transit * (y[c + stage - 1] - y[c + stage])
    d[15], d[16] = first, second
    d[17] = p[20] * (first * p[21] - y[17])
    d[18] = p[20] * (second * p[22] - y[18])
    d[19] = (p[23] * y[17] + p[24] * y[18]) / 24.0
    return d


def reference_course(courses: Courses, patient: int, doses: np.ndarray) -> dict[str, np.ndarray]:
    """Lowest neutrophils of each week, areas under the curve and log size of one patient.

    ``doses`` are kernel milligrams, (weeks, 2).
    """
    who = courses.cohort.individuals
    person = courses.persons[patient]
    marrow = who.marrow[:, patient]
    kinetics = [
        quantity(f"drugs/docetaxel/kinetics/{k}", "1/h") for k in ("k12", "k21", "k13", "k31")
    ]
    volume = quantity("drugs/docetaxel/kinetics/volume_central", "L")
    # The trace of the compartment matrix is the sum of its eigenvalues, which gives k10 back.
    k10 = who.docetaxel_rates[:, patient].sum() - sum(kinetics)
    spread = courses.regimen.interval_weeks * HOURS / who.reference_area
    effect_rate = math.log(2.0) / (24.0 * quantity("tumours/NSCLC/effect_half_life", "d"))
    y = np.zeros(20)
    y[5:10], y[10:15] = marrow[8], marrow[9]
    reversible = permanent = 0.0
    halves = quantity("drugs/cisplatin/nephrotoxicity/recovery_half_life", "d")
    lowest, sizes = [], []
    for week, (first, second) in enumerate(doses):
        clearance = person["cisplatin_clearance"] * math.exp(-0.36 * (reversible + permanent))
        p = np.array(
            [
                *(k10, *kinetics, volume),
                *(clearance, person["cisplatin_volume"], 8.64, 12.0),
                *marrow,
                *(effect_rate, *spread, *person["kill_rates"]),
            ]
        )
        area_before = y[16]
        counts = []
        for start, end, on in ((0.0, 1.0, 1.0), (1.0, HOURS, 0.0)):
            solved = odeint(
                _derivatives,
                y,
                np.linspace(start, end, 5 if on else 168),
                args=(p, on * first, on * second),
                tfirst=True,
                rtol=1e-9,
                atol=1e-11,
                mxstep=10_000,
            )
            y = solved[-1]
            counts.append(solved[:, 9])
        lowest.append(np.concatenate(counts).min())
        loss = person["renal_loss"] * (y[16] - area_before)
        reversible = reversible * 0.5 ** (7.0 / halves) + 0.5 * loss
        permanent += 0.5 * loss
        kill_rate = person["kill_rates"].sum()
        worn = 1.0 - math.exp(-person["resistance_rate"] / kill_rate * y[19])
        days = 7.0 * (week + 1)
        sizes.append(person["growth_rate"] * days - kill_rate / person["resistance_rate"] * worn)
    return {"lowest": np.array(lowest), "areas": y[15:17], "log_size": np.array(sizes)}
