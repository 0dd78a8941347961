"""Fit of response and progression, on exposures that each arm's patients were simulated to get.

Doses depend on toxicity and hardly on the tumour. So an arm is simulated once with a tumour that
neither grows nor spreads, and the tumour's answer to the recorded exposures is then a closed form,
cheap enough for derivatives in all directions.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from posology.dosing import LabelWithRules, features, observe
from posology.library import TrialArm, quantity
from posology.patients import Cohort
from posology.treatment import Courses, Regimen, Scenario
from posology.validation.arms import DAYS_PER_MONTH

PATIENTS, SEED, STEPS = 800, 1, 10
NUDGE, LONGEST = 0.12, 0.6
POINTS, MONTHS = 5.0, 0.4
"""What a residual of one stands for, in response and in progression."""
LEFT_OUT = ("O03",)
"""First line after debulking: hardly any disease that could be measured."""
RATES = ("sensitivity", "resistance_rate", "new_lesion_rate")


class Recorded(NamedTuple):
    """An arm's patients: what reached them week by week, and what their tumours are like."""

    arm: TrialArm
    agents: tuple[str, ...]
    exposures: np.ndarray
    """(weeks, agents, patients) reference exposures."""
    label: np.ndarray
    """(agents,) reference exposures a day at label intensity."""
    kill: np.ndarray
    """(agents, patients) log kill over the typical one."""
    resistance: np.ndarray
    """(patients,) over the typical one."""
    growth: np.ndarray
    size: np.ndarray
    released: float
    noise_mm: np.ndarray
    luck: np.ndarray


def fit_tumours(arms: Sequence[TrialArm], prior: Mapping[str, Any]) -> dict[str, float]:
    """Values by path: each drug's kill and each tumour's answer."""
    used = [record(arm) for arm in arms if arm.id not in LEFT_OUT]
    drugs = list(prior["days_of_label"])
    tumours = list(dict.fromkeys(each.arm.tumour for each in used))
    typical = [prior["log_kill_per_day"] * days for days in prior["days_of_label"].values()]
    start = {"sensitivity": 1.0, **{name: prior[name] for name in RATES[1:]}}
    x0 = np.log(np.array(typical + [start[name] for name in RATES for _ in tumours]))
    spread = np.array(
        [prior["spread"]["log_kill"]] * len(drugs)
        + [prior["spread"][name] for name in RATES for _ in tumours]
    )

    def predicted(x: np.ndarray, each: Recorded) -> tuple[float, float]:
        rates = x[len(drugs) :].reshape(len(RATES), len(tumours))
        sensitivity, resistance, spreading = np.exp(rates[:, tumours.index(each.arm.tumour)])
        kills = dict(zip(drugs, np.exp(x[: len(drugs)]), strict=True))
        kills["fluorouracil-bolus"] = prior["bolus_share"] * kills["fluorouracil"]
        own = sensitivity * np.array([kills[agent] for agent in each.agents])
        return outcome(each, own, resistance, spreading)

    def residuals(x: np.ndarray) -> np.ndarray:
        out = []
        for each in used:
            response, months = predicted(x, each)
            out.append((response - each.arm.response_pct) / POINTS)
            if each.arm.progression_months is not None:
                out.append((months - each.arm.progression_months) / MONTHS)
        return np.concatenate([out, (x - x0) / spread])

    x = minimised(residuals, x0)
    for each in used:
        response, months = predicted(x, each)
        published = f"{each.arm.response_pct} %, {each.arm.progression_months} mo"
        print(f"{each.arm.id} {each.arm.regimen}: {response:.0f} %, {months:.1f} mo / {published}")
    values = np.exp(x)
    out = {f"effects/{drug}/tumour/log_kill": float(values[k]) for k, drug in enumerate(drugs)}
    bolus = prior["bolus_share"] * out["effects/fluorouracil/tumour/log_kill"]
    out["effects/fluorouracil-bolus/tumour/log_kill"] = bolus
    for k, name in enumerate(RATES):
        for m, tumour in enumerate(tumours):
            out[f"tumours/{tumour}/{name}"] = float(values[len(drugs) + k * len(tumours) + m])
    return out


def minimised(residuals: Any, x: np.ndarray) -> np.ndarray:
    """Levenberg-Marquardt with central differences; coarse, since rates come in steps."""
    for turn in range(STEPS):
        now = residuals(x)
        nudges = NUDGE * np.eye(x.size)
        jacobian = np.array(
            [(residuals(x + e) - residuals(x - e)) / (2.0 * NUDGE) for e in nudges]
        ).T
        damping = 1.0
        while damping < 2000.0:
            left = jacobian.T @ jacobian + damping * np.eye(x.size)
            step = np.linalg.solve(left, -jacobian.T @ now)
            moved = x + step * min(1.0, LONGEST / float(np.abs(step).max()))
            then = residuals(moved)
            if (then**2).sum() < (now**2).sum():
                break
            damping *= 4.0
        else:
            return x
        print(f"response turn {turn}: {(now**2).sum():.1f} -> {(then**2).sum():.1f}", flush=True)
        x = moved
        if (now**2).sum() - (then**2).sum() < 0.1:
            break
    return x


def record(arm: TrialArm) -> Recorded:
    """Simulate an arm with a tumour that stands still."""
    regimen = Regimen.labelled(arm.regimen).prescribed(
        doses=arm.doses, interval_days=arm.interval_days, cycles=arm.cycles
    )
    cohort = Cohort.virtual(PATIENTS, seed=SEED, split="train", regimen=arm.regimen)
    courses = Courses(PATIENTS, cohort=cohort, regimen=regimen, scenario=Scenario(assay_error=0.0))
    courses.persons["growth_rate"] = 0.0
    courses.persons["new_lesion_rate"] = 0.0
    agents = tuple(each.agent for each in regimen.components)
    exposures = np.zeros((regimen.horizon_weeks, len(agents), PATIENTS))
    care, shown = LabelWithRules(regimen), features(regimen)
    live = slots = np.arange(PATIENTS)
    courses.begin(slots, patients=slots, courses=np.zeros_like(slots))
    while live.size:
        week, before = courses.chart["week"].copy(), courses.chart["exposures"].copy()
        asked = care.actions(observe(courses, shown))
        courses.step(np.ascontiguousarray(asked.T, np.float64), live)
        added = courses.chart["exposures"] - before
        exposures[week[live], :, live] = added[live, : len(agents)]
        live = slots[~courses.chart["ended"]]
    own, rng = courses.individuals, np.random.default_rng(SEED)
    kills = [quantity(f"effects/{agent}/tumour/log_kill", "1") for agent in agents]
    sensitivity = quantity(f"tumours/{arm.tumour}/sensitivity", "1")
    per_cycle = np.array([len(each.days) * each.dose for each in regimen.components])
    half_life = quantity("tumours/common/effect_half_life", "d")
    return Recorded(
        arm=arm,
        agents=agents,
        exposures=exposures,
        label=per_cycle / regimen.reference_doses() / (7.0 * regimen.interval_weeks),
        kill=own.log_kill / (sensitivity * np.array(kills))[:, None],
        resistance=own.resistance_rate / quantity(f"tumours/{arm.tumour}/resistance_rate", "1/d"),
        growth=own.growth_rate,
        size=own.baseline_sld_mm,
        released=1.0 - 0.5 ** (7.0 / half_life),
        noise_mm=quantity("tumours/common/measurement_sd", "mm")
        * rng.standard_normal((regimen.horizon_weeks + 1, PATIENTS)),
        luck=rng.random((regimen.horizon_weeks + 1, PATIENTS)),
    )


def outcome(
    each: Recorded, kills: np.ndarray, resistance: float, spreading: float
) -> tuple[float, float]:
    """Confirmed response [%] and median time to progression [mo], scans scattered evenly."""
    own = kills[:, None] * each.kill
    rate, wearing = (own * each.label[:, None]).sum(axis=0), resistance * each.resistance
    log_size = log_sizes(each, own, rate, wearing)
    scan_weeks = each.arm.scan_weeks
    weeks = range(scan_weeks, log_size.shape[0], scan_weeks)
    chance = -np.expm1(-spreading * 7.0 * np.exp(np.minimum(log_size[1:], 5.0)))
    spread = np.logical_or.accumulate(each.luck[1:] < chance, axis=0)
    sizes = np.maximum(each.size * np.exp(log_size) + each.noise_mm, 1.0)
    nadir = sizes[0].copy()
    progressed, responded, confirmed = (np.zeros(nadir.size, np.bool_) for _ in range(3))
    free = [1.0]
    for week in weeks:
        size = sizes[week]
        grown = (size >= 1.2 * nadir) & (size - nadir >= 5.0)
        progressed |= grown | spread[week - 1]
        responds = (size <= 0.7 * sizes[0]) & ~progressed
        confirmed |= responds & responded
        responded = np.where(progressed, responded, responds)
        nadir = np.minimum(nadir, size)
        free.append(1.0 - float(progressed.mean()))
    return 100.0 * float(confirmed.mean()), median_months(np.array(free), scan_weeks)


def log_sizes(each: Recorded, own: np.ndarray, rate: np.ndarray, wearing: np.ndarray) -> np.ndarray:
    """(weeks + 1, patients) log of the size over baseline, as the transition has it."""
    horizon = each.exposures.shape[0]
    stored, killed = np.zeros(own.shape), np.zeros(own.shape[1])
    out = np.zeros((horizon + 1, own.shape[1]))
    for week in range(horizon):
        stored += each.exposures[week]
        acted = each.released * stored
        stored -= acted
        killed += (own * acted).sum(axis=0)
        lost = rate / wearing * -np.expm1(-wearing / rate * killed)
        out[week + 1] = 7.0 * (week + 1) * each.growth - lost
    return out


def median_months(free: np.ndarray, scan_weeks: int) -> float:
    """Median of a curve known at scans, whose dates scatter half an interval to either side."""
    after = np.flatnonzero(free <= 0.5)
    last = int(after[0]) if after.size else free.size - 1
    before = free[last - 1]
    share = (before - 0.5) / max(before - free[last], 1e-9) if after.size else 1.0
    return (last - 0.5 + share) * scan_weeks * 7.0 / DAYS_PER_MONTH
