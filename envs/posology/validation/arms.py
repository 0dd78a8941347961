"""Emulation of a trial's arm: virtual patients given and watched as the trial's were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from posology.dosing import LabelWithRules, features, observe
from posology.library import DAYS_PER_WEEK, TrialArm, quantity
from posology.patients import Cohort, eligibility_of, stream_key
from posology.treatment import (
    Courses,
    Regimen,
    endpoints,
    has_survival_link,
    survival_days,
)
from posology.validation.intervals import (
    Estimate,
    median,
    median_time,
    rate,
    survival_curve,
)

DAYS_PER_MONTH = 30.4375
FOLLOW_UP_WEEKS = 156
"""Patients are followed for progression for three years, so that medians are reached."""
DELAYS_WEEKS = 8
"""A regimen whose cycles do not fit its treatment window is given this much longer than they last,
as the library's windows are."""

ENDPOINTS = (
    "response_pct",
    "progression_months",
    "survival_months",
    "neutropenia_grade34_pct",
    "neutropenia_grade4_pct",
    "thrombocytopenia_grade34_pct",
    "febrile_neutropenia_pct",
    "diarrhoea_grade34_pct",
    "neuropathy_grade34_pct",
    "mucositis_grade34_pct",
)
"""What is reported of an arm, under the names of the fields of ``TrialArm``."""

_CHARTED = {
    "neutropenia_grade34_pct": "charted neutropenia, grade >= 3",
    "neutropenia_grade4_pct": "charted neutropenia, grade 4",
    "thrombocytopenia_grade34_pct": "charted thrombocytopenia, grade >= 3",
    "febrile_neutropenia_pct": "febrile neutropenia, grade >= 3",
    "diarrhoea_grade34_pct": "diarrhoea, grade >= 3",
    "neuropathy_grade34_pct": "sensory neuropathy, grade >= 3",
    "mucositis_grade34_pct": "mucositis, grade >= 3",
}


@dataclass(frozen=True)
class ArmResult:
    """What an emulated arm would have reported."""

    arm: TrialArm
    patients: int
    """Virtual patients."""
    seed: int
    split: str
    estimates: Mapping[str, Estimate]
    """By names of ``ENDPOINTS``; without those that the arm's tumour or schedule does not give:
    response and progression without scans, survival without a published link."""
    progression_at_scans_months: float | None
    """The median if every scan were on its day, a multiple of the scan interval; the estimate's
    spreads the scans' dates instead."""
    cycles: float
    """Mean number of cycles begun."""


def emulate(
    arm: TrialArm, *, patients: int = 2000, seed: int = 1, split: str = "held-out"
) -> ArmResult:
    """Treat virtual patients as a trial's arm was treated, and report what the trial would have.

    The patients are eligible for the arm's regimen, with the arm's lines of chemotherapy before.
    They get its doses, interval and cycles under the label's rules, which decide on what the
    clinic's visits show. Blood counts are charted on the arm's days, responses at its scans.

    Raises:
        ValueError: no patients, an unknown regimen, tumour or split, or doses, interval, cycles or
            days of blood counts that cannot be.
    """
    regimen = arm_regimen(arm)
    if patients < 1 or arm.patients < 1:
        raise ValueError(
            f"an arm needs patients; got {patients} virtual patients for a trial of {arm.patients}."
        )
    if arm.scan_weeks is not None and arm.scan_weeks < 1:
        raise ValueError(
            f"scans come every so many whole weeks; got {arm.scan_weeks}. "
            "Leave it out (None) where none are made."
        )
    cohort = Cohort.virtual(patients, seed=seed, split=split, regimen=regimen.name)
    before = np.full(patients, arm.prior_lines)
    cohort = replace(cohort, covariates=replace(cohort.covariates, prior_lines=before))
    courses = _courses(arm, cohort, regimen)
    _treat(courses)
    found = endpoints(courses.chart, regimen)
    estimates = {
        name: rate(found[charted], trial_patients=arm.patients)
        for name, charted in _CHARTED.items()
    }
    at_scans = None
    if arm.scan_weeks is not None:
        months = found["progression-free days"] / DAYS_PER_MONTH
        at_scans = median_time(*survival_curve(months, _progressed(found)))
        estimates |= _outcomes(courses, found, arm, seed=seed)
    return ArmResult(
        arm=arm,
        patients=patients,
        seed=seed,
        split=split,
        estimates={name: estimates[name] for name in ENDPOINTS if name in estimates},
        progression_at_scans_months=at_scans,
        cycles=float(courses.chart["cycles"].mean()),
    )


def emulate_regimen(
    regimen: str,
    *,
    doses: Mapping[str, float] | None = None,
    interval_days: int | None = None,
    cycles: int | None = None,
    patients: int = 2000,
    seed: int = 1,
    split: str = "held-out",
) -> ArmResult:
    """Emulate an arm that no trial has published; see ``planned_arm`` and ``emulate``."""
    arm = planned_arm(regimen, doses=doses, interval_days=interval_days, cycles=cycles)
    return emulate(arm, patients=patients, seed=seed, split=split)


def planned_arm(
    regimen: str,
    *,
    doses: Mapping[str, float] | None = None,
    interval_days: int | None = None,
    cycles: int | None = None,
    prior_lines: int | None = None,
    blood_days: tuple[int, ...] | None = None,
    scan_weeks: int | None = None,
    trial_patients: int = 200,
) -> TrialArm:
    """An arm written down by a person: a regimen of the library, and what differs from it.

    Without ``prior_lines`` the patients are as the regimen demands; without ``blood_days`` blood is
    counted weekly; without ``scan_weeks`` scans come as often as the library has them.
    ``trial_patients`` is the size for which predictions are made.

    >>> planned_arm("FOLFOX4", cycles=12).blood_days
    (7, 14)
    """
    base = Regimen.labelled(regimen).prescribed(
        doses=doses, interval_days=interval_days, cycles=cycles
    )
    interval = base.interval_weeks * DAYS_PER_WEEK
    weekly = tuple(range(DAYS_PER_WEEK, interval + 1, DAYS_PER_WEEK))
    usual = int(quantity("tumours/response/scan_interval", "wk"))
    before = eligibility_of(regimen).prior_lines or 0
    return TrialArm(
        id=regimen,
        tumour=base.tumour,
        trial="planned",
        arm=base.title,
        regimen=regimen,
        doses=dict(doses or {}),
        interval_days=interval,
        cycles=base.cycles,
        patients=trial_patients,
        prior_lines=before if prior_lines is None else prior_lines,
        blood_days=weekly if blood_days is None else blood_days,
        scan_weeks=usual if scan_weeks is None else scan_weeks,
        schedule_confidence="assumed",
        **dict.fromkeys(ENDPOINTS),
        confidence="assumed",
        verified_fields=(),
        not_comparable=(),
        source="planned",
        notes="",
    )


def arm_regimen(arm: TrialArm) -> Regimen:
    """The regimen as the arm gives it, followed for as long as its medians may take."""
    regimen = Regimen.labelled(arm.regimen).prescribed(
        doses=arm.doses, interval_days=arm.interval_days, cycles=arm.cycles
    )
    if regimen.tumour != arm.tumour:
        raise ValueError(
            f"{arm.regimen} treats {regimen.tumour}; got tumour {arm.tumour!r}. "
            "Name a regimen of that tumour."
        )
    treated = max(regimen.treatment_weeks, regimen.cycles * regimen.interval_weeks + DELAYS_WEEKS)
    followed = treated if arm.scan_weeks is None else FOLLOW_UP_WEEKS
    return replace(
        regimen,
        treatment_weeks=treated,
        horizon_weeks=max(regimen.horizon_weeks, treated, followed),
    )


def blood_weeks(days: tuple[int, ...], *, interval_days: int) -> tuple[int, ...]:
    """Weeks of a cycle, the first being 0, at whose end blood is counted on such days.

    A day is counted from the cycle's first morning, and a visit closes each week: the count of day
    7 is that of the morning of day 8. Other days go to the nearest visit.

    >>> blood_weeks((7, 14, 21), interval_days=21), blood_weeks((10, 21), interval_days=21)
    ((0, 1, 2), (0, 2))

    Raises:
        ValueError: no day, or one nearer to the dose than to the first visit, or past the interval.
    """
    visits = [(2 * day + DAYS_PER_WEEK) // (2 * DAYS_PER_WEEK) for day in days]
    if not visits or min(visits) < 1 or max(days) > interval_days:
        raise ValueError(
            f"blood is counted at weekly visits, on days 4 to {interval_days} of a cycle; "
            f"got {', '.join(map(str, days)) or 'none'}. Leave out what lies outside."
        )
    return tuple(sorted({visit - 1 for visit in visits}))


def _courses(arm: TrialArm, cohort: Cohort, regimen: Regimen) -> Courses:
    """Courses of an arm before their first visit."""
    try:
        return Courses(
            cohort.patients.size,
            cohort=cohort,
            regimen=regimen,
            decide_when_due=True,
            # A scan that never comes is one after everybody has left.
            scan_weeks=regimen.horizon_weeks + 1 if arm.scan_weeks is None else arm.scan_weeks,
            blood_weeks=blood_weeks(arm.blood_days, interval_days=arm.interval_days),
        )
    except KeyError as missing:
        raise ValueError(f"{arm.regimen} cannot be simulated yet: {missing.args[0]}") from missing


def _treat(courses: Courses) -> None:
    """Give every patient the regimen under the label's rules, and follow them to the end."""
    care, shown = LabelWithRules(courses.regimen), features(courses.regimen)
    live = slots = np.arange(courses.chart.size)
    courses.begin(slots, patients=slots, courses=np.zeros_like(slots))
    while live.size:
        asked = care.actions(observe(courses, shown))
        courses.step(np.ascontiguousarray(asked.T, np.float64), live)
        live = slots[~courses.chart["ended"]]


def _outcomes(
    courses: Courses, found: Mapping[str, np.ndarray], arm: TrialArm, *, seed: int
) -> dict[str, Estimate]:
    """Response, progression and, where it is linked to them, survival."""
    chart = courses.chart
    dates = spread_scans(
        found["progression-free days"], found["progressed"], scan_weeks=arm.scan_weeks or 1
    )
    out = {
        "response_pct": rate(found["confirmed response"], trial_patients=arm.patients),
        "progression_months": median(
            dates / DAYS_PER_MONTH, _progressed(found), trial_patients=arm.patients
        ),
    }
    if has_survival_link(arm.tumour):
        key = stream_key(seed, f"survival/{courses.cohort.split}")
        days = survival_days(chart, courses.persons, tumour=arm.tumour, key=key)
        everybody = np.ones(days.size, np.bool_)
        out["survival_months"] = median(
            days / DAYS_PER_MONTH, everybody, trial_patients=arm.patients
        )
    return out


def _progressed(found: Mapping[str, np.ndarray]) -> Bool[np.ndarray, " patients"]:
    return found["progressed"] | found["death by toxicity"]


def spread_scans(
    days: Float[np.ndarray, " patients"],
    at_scan: Bool[np.ndarray, " patients"],
    *,
    scan_weeks: int,
) -> Float[np.ndarray, " patients"]:
    """Days of progression with those of each scan spread over the interval around it.

    A trial's scans scatter about their due dates; the model's do not, and its median could only be
    a multiple of the interval. The mean date stays what it is.

    >>> spread_scans(np.array([42.0, 42.0]), np.array([True, True]), scan_weeks=6)
    array([31.5, 52.5])
    """
    out = days.copy()
    for scan in np.unique(days[at_scan]):
        where = np.flatnonzero(at_scan & (days == scan))
        places = (np.arange(where.size) + 0.5) / where.size - 0.5
        out[where] += places * scan_weeks * DAYS_PER_WEEK
    return out
