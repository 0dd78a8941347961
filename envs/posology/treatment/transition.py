"""The transition of a course: what a week, and the doses at its start, do to every patient.

A visit a week. At a visit the policy asks for a fraction of each drug's label dose; the guardrails
refuse what must not be given. The kernel advances marrow and concentrations; then the week is
closed: tumour, kidneys and nerves follow the exposure, events are drawn and graded, blood is
taken, a scan is read when one is due, and both objectives are paid. When no further dose can be
given (last cycle, progression, death, or the end of the treatment window) nothing is left to
decide, and the follow-up is run to its end within the same step.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from posology.library import HOURS_PER_WEEK
from posology.patients import normal_pair, philox, unit_interval
from posology.pharmacology import (
    GRADE4_HOURS,
    INFUSION,
    LOWEST_NEUTROPHILS,
    LOWEST_PLATELETS,
    advance_week,
    combined_effect,
    log_relative_size,
    mode_over_week,
    two_compartment_modes,
)
from posology.treatment.chart import NEVER
from posology.treatment.grading import EVENT_UNITS, TERMS, grade_above, grade_below
from posology.treatment.objectives import DEATH_UNITS
from posology.treatment.setting import DAYS, Bounds, Setting

_NEUTROPENIA, _THROMBOCYTOPENIA, _CREATININE, _NEUROPATHY, _FEVER = range(len(TERMS))


@nb.njit(cache=True, nogil=True)
def first_visit(
    chart: np.ndarray, people: np.ndarray, marrow: np.ndarray, slots: np.ndarray, s: Setting
) -> None:
    """Take blood and read the first scan of ``slots``."""
    for i in slots:
        _visit(chart, people, marrow, i, s, True)


@nb.njit(cache=True, nogil=True)
def step_courses(
    chart: np.ndarray,
    people: np.ndarray,
    fractions: np.ndarray,
    slots: np.ndarray,
    modes: np.ndarray,
    rates: np.ndarray,
    units: np.ndarray,
    marrow: np.ndarray,
    parameters: np.ndarray,
    records: np.ndarray,
    doses: np.ndarray,
    s: Setting,
    bounds: Bounds,
    rewards: np.ndarray,
) -> None:
    """Treat ``slots`` and advance each to its next decision, or to its end."""
    doses[:] = 0.0
    for i in slots:
        _treat(chart, people, fractions, doses, i, s)
    moving = slots
    while moving.size > 0:
        for i in moving:
            _expose(chart, people, modes, rates, units, doses, i, s)
        advance_week(modes, rates, units, marrow, parameters, doses, s.marrow_norm, moving, records)
        undecided = np.zeros(moving.size, np.bool_)
        for k in range(moving.size):
            i = moving[k]
            doses[0, i] = 0.0
            doses[1, i] = 0.0
            _close_week(chart, people, marrow, records, i, s, bounds, rewards)
            waits = s.decide_when_due and chart[i].weeks_since_dose < s.interval_weeks
            undecided[k] = not chart[i].ended and (waits or not chart[i].on_treatment)
        moving = moving[undecided]


@nb.njit(cache=True, nogil=True)
def _treat(
    chart: np.ndarray,
    people: np.ndarray,
    fractions: np.ndarray,
    doses: np.ndarray,
    i: int,
    s: Setting,
) -> None:
    """Give what is asked for, due and not refused."""
    c = chart[i]
    if not c.on_treatment or c.weeks_since_dose < s.interval_weeks:
        return
    safe = c.neutrophils >= s.neutrophils_low and c.platelets >= s.platelets_low
    given = False
    for drug in range(2):
        asked = fractions[drug, i]
        if asked <= 0.0:
            continue
        if not safe or (drug == 1 and c.crcl_ml_min < s.crcl_low):
            c.refusals += 1
            continue
        milligrams = asked * s.label_mg_m2[drug] * people[c.patient].bsa_m2
        doses[drug, i] = milligrams * s.mg_per_label[drug]
        c.totals_mg_m2[drug] += asked * s.label_mg_m2[drug]
        given = True
    if not given:
        c.delay_weeks += 1
        return
    for drug in range(2):
        c.fractions[drug] = fractions[drug, i] if doses[drug, i] > 0.0 else 0.0
    c.cycles += 1
    c.weeks_since_dose = 0
    c.nadir_neutrophils = c.neutrophils
    c.nadir_platelets = c.platelets
    c.grade4_visits = 0
    c.long_grade4 = False
    c.febrile = False
    # The guardrails saw the counts recovered, so a new fall is a new event.
    c.grades[_NEUTROPENIA] = 0
    c.grades[_THROMBOCYTOPENIA] = 0


@nb.njit(cache=True, nogil=True)
def _expose(
    chart: np.ndarray,
    people: np.ndarray,
    modes: np.ndarray,
    rates: np.ndarray,
    units: np.ndarray,
    doses: np.ndarray,
    i: int,
    s: Setting,
) -> None:
    """Exposure of tumour, kidneys and nerves over the coming week, in closed form.

    Cisplatin's clearance follows the kidneys it harms: it is set anew each week. None of it is
    left from the week before (its half-life is under an hour), so its modes start empty.
    """
    c = chart[i]
    person = people[c.patient]
    lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
    clearance = person.cisplatin_clearance * math.exp(-s.crcl_exponent * lost)
    fast, slow, fast_unit, slow_unit = two_compartment_modes(
        clearance, person.cisplatin_volume, s.flow_peripheral, s.volume_peripheral
    )
    rates[3, i], rates[4, i], units[3, i], units[4, i] = slow, fast, slow_unit, fast_unit
    kept = math.exp(-s.effect_rate * HOURS_PER_WEEK)
    for drug in range(2):
        area = 0.0
        effect = 0.0
        for m in range(3 if drug == 0 else 2):
            row = m + 3 * drug
            plateau = doses[drug, i] / INFUSION * units[row, i] / rates[row, i]
            mode_area, mode_effect = mode_over_week(
                modes[row, i], rates[row, i], plateau, s.effect_rate, INFUSION, HOURS_PER_WEEK
            )
            area += mode_area
            effect += mode_effect
        relative = s.exposure_scale[drug]
        before = c.effect[drug]
        c.effect[drug] = before * kept + effect * relative
        acted_hours = area * relative + (before - c.effect[drug]) / s.effect_rate
        c.kill += person.kill_rates[drug] * acted_hours / 24.0
        c.areas[drug] += area
        if drug == 1:
            loss = person.renal_loss * area
            c.renal_permanent += (1.0 - s.recoverable_share) * loss
            c.renal_reversible = (
                c.renal_reversible * s.recovery_per_week + s.recoverable_share * loss
            )


@nb.njit(cache=True, nogil=True)
def _close_week(
    chart: np.ndarray,
    people: np.ndarray,
    marrow: np.ndarray,
    records: np.ndarray,
    i: int,
    s: Setting,
    bounds: Bounds,
    rewards: np.ndarray,
) -> None:
    c = chart[i]
    c.week += 1
    c.weeks_since_dose = min(c.weeks_since_dose + 1, NEVER)
    units = _grade_week(chart, people, records, i, s, bounds)
    c.toxicity -= units
    rewards[i, 1] -= units
    person = people[c.patient]
    kill_rate = person.kill_rates[0] + person.kill_rates[1]
    c.log_size = log_relative_size(
        DAYS * c.week, c.kill, person.growth_rate, kill_rate, person.resistance_rate
    )
    _visit(chart, people, marrow, i, s, False)
    if c.death_week == 0 and c.progression_week == 0:
        shrinkage = -c.log_size / s.horizon_weeks
        c.efficacy += shrinkage
        rewards[i, 0] += shrinkage
    stopped = c.death_week > 0 or c.progression_week > 0
    if stopped or c.cycles >= s.cycles or c.week >= s.treatment_weeks:
        c.on_treatment = False
    quiet = c.progression_week > 0 and c.weeks_since_dose >= s.adverse_event_weeks
    c.ended = c.death_week > 0 or c.week >= s.horizon_weeks or quiet


@nb.njit(cache=True, nogil=True)
def _grade_week(
    chart: np.ndarray, people: np.ndarray, records: np.ndarray, i: int, s: Setting, bounds: Bounds
) -> float:
    """Grade the week's events; what their onsets count, death included."""
    c = chart[i]
    person = people[c.patient]
    words = philox(
        np.uint64(s.key), np.uint64(c.patient), np.uint64(c.course), np.uint64(c.week), np.uint64(2)
    )
    days_grade4 = records[GRADE4_HOURS, i] / 24.0
    fever = unit_interval(words[0]) < -math.expm1(-person.fever_hazard * days_grade4)
    dies = fever and unit_interval(words[1]) < s.fatality
    nerves = combined_effect(
        c.totals_mg_m2[1], s.neuropathy_equivalence * c.totals_mg_m2[0], s.neuropathy_norm
    )
    lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
    grades = (
        grade_below(records[LOWEST_NEUTROPHILS, i], bounds.neutrophils),
        grade_below(records[LOWEST_PLATELETS, i], bounds.platelets),
        grade_above(math.exp(lost), bounds.creatinine),
        grade_above(nerves / person.neuropathy_threshold, bounds.neuropathy),
        (5 if dies else 3) if fever else 0,
    )
    units = 0.0
    for term in range(len(grades)):
        onset = EVENT_UNITS[grades[term]] - EVENT_UNITS[c.grades[term]]
        if term == _FEVER and fever:
            onset = EVENT_UNITS[3]
        units += max(0.0, onset)
        c.grades[term] = grades[term]
        c.worst_grades[term] = max(c.worst_grades[term], grades[term])
    c.febrile |= fever
    if dies:
        c.death_week = c.week
        units += DEATH_UNITS
    return units


@nb.njit(cache=True, nogil=True)
def _visit(
    chart: np.ndarray, people: np.ndarray, marrow: np.ndarray, i: int, s: Setting, first: bool
) -> None:
    """Take blood; read the scan when one is due."""
    c = chart[i]
    person = people[c.patient]
    key, patient = np.uint64(s.key), np.uint64(c.patient)
    course, week = np.uint64(c.course), np.uint64(c.week)
    blood = philox(key, patient, course, week, np.uint64(0))
    other = philox(key, patient, course, week, np.uint64(1))
    z_neutrophils, z_platelets = normal_pair(blood[0], blood[1])
    z_creatinine, z_scan = normal_pair(other[0], other[1])
    lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
    c.neutrophils = marrow[4, i] * math.exp(s.neutrophil_sd * z_neutrophils)
    c.platelets = marrow[9, i] * math.exp(s.platelet_sd * z_platelets)
    c.crcl_ml_min = person.crcl_ml_min * math.exp(s.crcl_sd * z_creatinine - lost)
    c.weeks_since_scan += 1
    if first:
        c.nadir_neutrophils, c.nadir_platelets = c.neutrophils, c.platelets
    c.nadir_neutrophils = min(c.nadir_neutrophils, c.neutrophils)
    c.nadir_platelets = min(c.nadir_platelets, c.platelets)
    grade3, grade4 = s.severe_neutropenia
    c.grade4_visits = c.grade4_visits + 1 if c.neutrophils < grade4 else 0
    c.long_grade4 |= c.grade4_visits >= 2
    charted = 4 if c.neutrophils < grade4 else 3 if c.neutrophils < grade3 else 0
    c.charted_neutropenia = max(c.charted_neutropenia, charted)
    if c.week % s.scan_weeks == 0:
        sld = person.baseline_sld_mm * math.exp(c.log_size) + s.scan_sd_mm * z_scan
        _read_scan(chart, i, max(sld, 1.0), s, first)


@nb.njit(cache=True, nogil=True)
def _read_scan(chart: np.ndarray, i: int, sld: float, s: Setting, first: bool) -> None:
    """RECIST 1.1: response from baseline, confirmed by the next scan; progression from nadir."""
    c = chart[i]
    c.sld_mm = sld
    c.weeks_since_scan = 0
    if first:
        c.sld_baseline_mm = sld
        c.sld_nadir_mm = sld
        return
    grown = sld >= (1.0 + s.progression) * c.sld_nadir_mm
    if grown and sld - c.sld_nadir_mm >= s.progression_mm and c.progression_week == 0:
        c.progression_week = c.week
    responds = sld <= (1.0 + s.partial_response) * c.sld_baseline_mm
    if c.progression_week == 0:
        c.confirmed |= responds and c.responded
        c.responded = responds
    c.sld_nadir_mm = min(c.sld_nadir_mm, sld)
