"""The transition of a course: what a week, and the doses at its start, do to every patient.

A visit a week. At a visit the policy asks for a fraction of each drug's label dose; the guardrails
refuse what must not be given. The kernel advances marrow and concentrations; then the week is
closed: tumour, kidneys, nerves, heart, gut and red cells follow the exposure, events are drawn and
graded, blood is taken, a scan is read when one is due, and the objectives are paid. When no further
dose can be given (last cycle over, progression, death, or the end of the treatment window) nothing
is left to decide, and the follow-up is run to its end within the same step.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from posology.patients import normal_pair, philox, unit_interval
from posology.pharmacology import (
    GLIOMA_RATES,
    LINGERING,
    Agents,
    Body,
    Schedule,
    advance_glioma,
    advance_week,
    combined_kill,
    log_relative_size,
    two_compartment_modes,
)
from posology.treatment.chart import NEVER
from posology.treatment.grading import (
    ACUTE,
    EVENT_UNITS,
    FIRST_ACUTE,
    TERMS,
    grade_above,
    grade_below,
)
from posology.treatment.objectives import DEATH_UNITS, DRUG, EFFICACY, TOXICITY, TWIST
from posology.treatment.setting import BY_AREA, BY_SURFACE, DAYS, Setting

_NEUTROPENIA, _THROMBOCYTOPENIA, _ANAEMIA, _CREATININE, _NEUROPATHY, _HEART = range(6)
_FEVER = len(TERMS) - 1
_PROLIFERATING = len(GLIOMA_RATES)  # behind the rates in person.glioma
_BLOOD, _OTHER, _EVENTS, _ACUTE, _FURTHER = range(5)  # draws of a week

Record = Any
"""One patient's entry of a record array, whose fields a type checker cannot know."""

# What follows one patient is inlined: to hand on the body, a tuple of arrays, costs more than most
# of it does, for compiled code counts references to each.


@nb.njit(cache=True, nogil=True)
def first_visit(
    chart: np.ndarray, people: np.ndarray, body: Body, slots: np.ndarray, s: Setting
) -> None:
    """Take blood and read the first scan of ``slots``."""
    for i in slots:
        c = chart[i]
        person = people[c.patient]
        c.red_cells = person.haemoglobin_g_dl
        if s.glioma:
            c.tissues[0] = person.glioma[_PROLIFERATING]
            c.tissues[1] = person.baseline_sld_mm - c.tissues[0]
        _visit(chart, people, body.cells, i, s, True)


@nb.njit(cache=True, nogil=True)
def step_courses(
    chart: np.ndarray,
    people: np.ndarray,
    body: Body,
    agents: Agents,
    plan: Schedule,
    fractions: np.ndarray,
    slots: np.ndarray,
    s: Setting,
    rewards: np.ndarray,
) -> None:
    """Treat ``slots`` and advance each to its next decision, or to its end."""
    for i in slots:
        _treat(chart, people, body, fractions, i, s, rewards)
    moving = slots
    while moving.size > 0:
        advance_week(body, agents, plan, moving)
        undecided = np.zeros(moving.size, np.bool_)
        for k in range(moving.size):
            i = moving[k]
            body.week[i] = LINGERING
            body.doses[:, i] = 0.0
            _close_week(chart, people, body, i, s, rewards)
            undecided[k] = not chart[i].ended and not _decides(chart, i, s)
        moving = moving[undecided]


@nb.njit(cache=True, nogil=True, forceinline=True)
def _decides(chart: np.ndarray, i: int, s: Setting) -> bool:
    """Whether the policy is asked at this visit."""
    c = chart[i]
    if not c.on_treatment or c.week % s.visit_interval_weeks != 0:
        return False
    return not s.decide_when_due or is_due(chart, i, s)


@nb.njit(cache=True, nogil=True, forceinline=True)
def is_due(chart: np.ndarray, i: int, s: Setting) -> bool:
    """Whether the schedule has something to give at this visit."""
    rules = s.rules[0]
    c = chart[i]
    if not c.on_treatment:
        return False
    if c.weeks_since_dose >= s.interval_weeks:
        return c.cycles < s.cycles and c.week < s.treatment_weeks
    return rules.week[c.weeks_since_dose] > 0


@nb.njit(cache=True, nogil=True, forceinline=True)
def is_permitted(chart: np.ndarray, i: int, drug: int, s: Setting) -> bool:
    """Whether schedule and guardrails let a drug be given at this visit."""
    rules = s.rules[0]
    if not is_due(chart, i, s):
        return False
    c = chart[i]
    within = c.weeks_since_dose < s.interval_weeks
    stage = 1 if within else 0
    if c.neutrophils < s.neutrophils_low[stage] or c.platelets < s.platelets_low[stage]:
        return False
    week = c.weeks_since_dose if within else 0
    number = 0.0
    for a in range(s.agents):
        if rules.drug[a] == drug:
            number += rules.number[week, a]
    return number > 0.0 and c.crcl_ml_min >= rules.stop_crcl[drug]


@nb.njit(cache=True)
def due_slots(chart: np.ndarray, s: Setting) -> np.ndarray:
    """Slots in which the schedule has something to give, (slots,)."""
    out = np.empty(chart.size, np.bool_)
    for i in range(chart.size):
        out[i] = is_due(chart, i, s)
    return out


@nb.njit(cache=True)
def permitted_slots(chart: np.ndarray, s: Setting) -> np.ndarray:
    """Which drugs may be given in which slot, (drugs, slots)."""
    out = np.empty((s.drugs, chart.size), np.bool_)
    for drug in range(out.shape[0]):
        for i in range(chart.size):
            out[drug, i] = is_permitted(chart, i, drug, s)
    return out


@nb.njit(cache=True, nogil=True, forceinline=True)
def _treat(
    chart: np.ndarray,
    people: np.ndarray,
    body: Body,
    fractions: np.ndarray,
    i: int,
    s: Setting,
    rewards: np.ndarray,
) -> None:
    """Give what is asked for, due and not refused."""
    rules = s.rules[0]
    c = chart[i]
    if not is_due(chart, i, s):
        return
    new_cycle = c.weeks_since_dose >= s.interval_weeks
    week = 0 if new_cycle else c.weeks_since_dose
    person = people[c.patient]
    drugs = s.drugs
    given = np.zeros(drugs)
    for drug in range(drugs):
        asked = fractions[drug, i]
        number = 0.0
        added = 0.0
        per_cycle = 0.0
        for a in range(s.agents):
            if rules.drug[a] == drug:
                number += rules.number[week, a]
                if rules.main[a]:
                    added = asked * rules.dose[a] * rules.number[week, a]
                    for other in range(s.interval_weeks):
                        per_cycle += rules.dose[a] * rules.number[other, a]
        if asked <= 0.0 or number == 0.0:
            continue
        over = c.totals[drug] + added > rules.cumulative_cap[drug] * (1.0 + 1e-9)
        if over or not is_permitted(chart, i, drug, s):
            c.refusals += 1
            continue
        given[drug] = asked
        c.totals[drug] += added
        paid = added / per_cycle / drugs
        c.returns[DRUG] -= paid
        rewards[i, DRUG] -= paid
    if new_cycle and given.max() == 0.0:
        c.delay_weeks += 1
        return
    if given.max() > 0.0:
        body.week[i] = rules.week[week]
        # G-CSF would drive cells into the drug; no one gives it in the week of a dose.
        body.boost[i] = body.speed[i] = 1.0
        for a in range(s.agents):
            amount = given[rules.drug[a]] * rules.dose[a] * rules.number[week, a]
            body.doses[a, i] = _milligrams(amount, person, c, a, s)
            if amount > 0.0:
                _follow_kidneys(c, person, body.rates, body.units, i, a, s)
    if new_cycle:
        _begin_cycle(chart, i, given, s)


@nb.njit(cache=True, nogil=True, forceinline=True)
def _milligrams(amount: float, person: Record, c: Record, a: int, s: Setting) -> float:
    """Kernel milligrams of an amount in the unit of the agent's dose, as taken."""
    rules = s.rules[0]
    if rules.unit[a] == BY_SURFACE:
        amount *= person.bsa_m2
    elif rules.unit[a] == BY_AREA:
        amount *= min(c.crcl_ml_min, s.calvert_cap) + s.calvert_nonrenal
    if rules.swallowed[a] and s.adherence < 1.0:
        words = philox(
            np.uint64(s.key),
            np.uint64(person.number),
            np.uint64(c.course),
            np.uint64(c.week),
            np.uint64(_FURTHER),
        )
        if unit_interval(words[3]) >= s.adherence:
            return 0.0
    return amount * rules.kernel_mg[a]


@nb.njit(cache=True, nogil=True, forceinline=True)
def _follow_kidneys(
    c: Record, person: Record, rates: np.ndarray, units: np.ndarray, i: int, a: int, s: Setting
) -> None:
    """Set an agent's clearance by the kidneys as they are.

    Agents that the kidneys clear have half-lives of hours: of the dose before nothing is left.
    """
    rules = s.rules[0]
    if person.renal_share[a] == 0.0 or person.compartments[a, 0] == 0.0:
        return
    lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
    kept = math.exp(-rules.renal_exponent[a] * lost)
    share = person.renal_share[a]
    clearance = person.compartments[a, 0] * (1.0 - share + share * kept)
    m = rules.first_mode[a]
    rates[m, i], rates[m + 1, i], units[m, i], units[m + 1, i] = two_compartment_modes(
        clearance,
        person.compartments[a, 1],
        person.compartments[a, 2],
        person.compartments[a, 3],
    )


@nb.njit(cache=True, nogil=True, forceinline=True)
def _begin_cycle(chart: np.ndarray, i: int, given: np.ndarray, s: Setting) -> None:
    c = chart[i]
    for drug in range(given.size):
        c.fractions[drug] = given[drug]
    c.gcsf |= s.gcsf == 2 or (s.gcsf == 1 and (c.febrile or c.long_grade4))
    c.cycles += 1
    c.weeks_since_dose = 0
    c.nadir_neutrophils = c.neutrophils
    c.nadir_platelets = c.platelets
    c.grade4_visits = 0
    c.long_grade4 = False
    c.febrile = False
    c.acute[:] = 0
    # The guardrails saw the counts recovered, so a new fall is a new event.
    c.grades[_NEUTROPENIA] = 0
    c.grades[_THROMBOCYTOPENIA] = 0


@nb.njit(cache=True, nogil=True, forceinline=True)
def _close_week(
    chart: np.ndarray, people: np.ndarray, body: Body, i: int, s: Setting, rewards: np.ndarray
) -> None:
    c = chart[i]
    person = people[c.patient]
    c.week += 1
    c.weeks_since_dose = min(c.weeks_since_dose + 1, NEVER)
    acted = _tumour(c, person, body.areas, i, s)
    _organs(c, person, body.areas, i, s, acted)
    units = _grade_week(c, person, body.areas, body.lowest, body.grade4_hours, i, s)
    c.returns[TOXICITY] -= units
    rewards[i, TOXICITY] -= units
    _visit(chart, people, body.cells, i, s, False)
    if c.death_week == 0 and c.progression_week == 0:
        shrinkage = -c.log_size / s.horizon_weeks
        c.returns[EFFICACY] += shrinkage
        rewards[i, EFFICACY] += shrinkage
        if c.grades.max() < 3:
            c.returns[TWIST] += 1.0
            rewards[i, TWIST] += 1.0
    stopped = c.death_week > 0 or c.progression_week > 0
    last = c.cycles >= s.cycles and not _further_doses(c, s)
    closed = c.week >= s.treatment_weeks and not _further_doses(c, s)
    if stopped or last or closed:
        c.on_treatment = False
    supported = c.gcsf and c.on_treatment
    supported &= 0 < c.weeks_since_dose - s.last_dose_week <= s.gcsf_weeks
    body.boost[i] = s.boost if supported else 1.0
    body.speed[i] = s.speed if supported else 1.0
    quiet = c.progression_week > 0 and c.weeks_since_dose >= s.adverse_event_weeks
    c.ended = c.death_week > 0 or c.week >= s.horizon_weeks or quiet


@nb.njit(cache=True, nogil=True, forceinline=True)
def _further_doses(c: Record, s: Setting) -> bool:
    """Whether the cycle under way has doses to come."""
    rules = s.rules[0]
    further = False
    for week in range(c.weeks_since_dose, s.interval_weeks):
        further |= rules.week[week] > 0
    return further


@nb.njit(cache=True, nogil=True, forceinline=True)
def _tumour(c: Record, person: Record, areas: np.ndarray, i: int, s: Setting) -> np.ndarray:
    """Advance the tumour; reference exposures of each agent that acted in the week."""
    rules = s.rules[0]
    number = s.agents
    acted = np.zeros(number)
    total = 0.0
    for a in range(number):
        entered = areas[a, i] * rules.exposure[a]
        c.stored[a] += entered
        acted[a] = s.released * c.stored[a]
        c.stored[a] -= acted[a]
        total += person.log_kill[a] * (entered if s.glioma else acted[a])
    if not s.kills_add_up:
        kills = np.zeros(s.drugs)  # agents of one drug are doses of it, and add up in any model
        for a in range(number):
            exposure = areas[a, i] * rules.exposure[a] if s.glioma else acted[a]
            kills[rules.drug[a]] += person.log_kill[a] * exposure
        total = combined_kill(kills, s.kill_model, s.synergy)
    if s.glioma:
        per_kill = person.resistance_rate / person.kill_rate
        c.kill = advance_glioma(c.tissues, c.kill, total, person.glioma, per_kill, s.capacity_mm)
        size = c.tissues[0] + c.tissues[1] + c.tissues[2]
        c.log_size = math.log(size / person.baseline_sld_mm)
    else:
        c.kill += total
        c.log_size = log_relative_size(
            DAYS * c.week, c.kill, person.growth_rate, person.kill_rate, person.resistance_rate
        )
    if c.log_size < c.smallest:
        c.smallest = c.log_size
        c.smallest_week = c.week
    if c.week == 12:
        c.log_size_week12 = c.log_size
    return acted


@nb.njit(cache=True, nogil=True, forceinline=True)
def _organs(
    c: Record, person: Record, areas: np.ndarray, i: int, s: Setting, acted: np.ndarray
) -> None:
    """Kidneys and red cells."""
    rules = s.rules[0]
    suppressed = 0.0
    loss = 0.0
    for a in range(acted.size):
        exposure = areas[a, i] * rules.exposure[a]
        c.exposures[a] += exposure
        suppressed += person.anaemia[a] * acted[a]
        loss += person.renal_loss[a] * exposure
    c.renal_permanent += (1.0 - s.recoverable_share) * loss
    c.renal_reversible = c.renal_reversible * s.recovery_per_week + s.recoverable_share * loss
    made = person.haemoglobin_g_dl * math.exp(-suppressed)
    c.red_cells += s.red_cell_loss * (made - c.red_cells)


@nb.njit(cache=True, nogil=True, forceinline=True)
def _grade_week(
    c: Record,
    person: Record,
    areas: np.ndarray,
    lowest: np.ndarray,
    grade4_hours: np.ndarray,
    i: int,
    s: Setting,
) -> float:
    """Grade the week's events; what their onsets count, death included."""
    rules = s.rules[0]
    key, patient = np.uint64(s.key), np.uint64(person.number)
    course, week = np.uint64(c.course), np.uint64(c.week)
    events = philox(key, patient, course, week, np.uint64(_EVENTS))
    fever = unit_interval(events[0]) < -math.expm1(-person.fever_hazard * grade4_hours[i] / 24.0)
    dies = fever and unit_interval(events[1]) < s.fatality
    spreads = -math.expm1(-person.new_lesion_rate * DAYS * math.exp(c.log_size))
    c.new_lesion |= unit_interval(events[2]) < spreads
    lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
    grades = np.zeros(len(TERMS), np.int64)
    grades[_NEUTROPENIA] = grade_below(lowest[0, i], rules.counts[0])
    grades[_THROMBOCYTOPENIA] = grade_below(lowest[1, i], rules.counts[1])
    grades[_ANAEMIA] = grade_below(c.red_cells, rules.counts[2])
    grades[_CREATININE] = grade_above(math.exp(lost), rules.shares[0])
    grades[_NEUROPATHY] = grade_above(_cumulative(c, person, s, False), rules.shares[1])
    grades[_HEART] = grade_above(_cumulative(c, person, s, True), rules.shares[2])
    acute = philox(key, patient, course, week, np.uint64(_ACUTE))
    for k in range(len(ACUTE)):
        hazard = 0.0
        for a in range(s.agents):
            exposure = areas[a, i] * rules.exposure[a]
            if person.acute_hazards[k, a] > 0.0 and exposure > 0.0:
                hazard += person.acute_hazards[k, a] * exposure ** rules.acute_exponent[k]
        luck = -math.log(unit_interval(acute[k]))
        grade = 0
        for multiple in rules.acute_multiple:
            if luck < hazard * multiple:
                grade += 1
        grades[FIRST_ACUTE + k] = grade
        c.acute[k] = max(c.acute[k], grade)
        c.grades[FIRST_ACUTE + k] = 0  # every week of dosing can bring an event of its own
    if fever:
        grades[_FEVER] = 5 if dies else 3
    c.grades[_FEVER] = 0
    units = 0.0
    for term in range(len(TERMS)):
        units += max(0.0, EVENT_UNITS[grades[term]] - EVENT_UNITS[c.grades[term]])
        c.grades[term] = grades[term]
        c.worst_grades[term] = max(c.worst_grades[term], grades[term])
    if c.red_cells < s.transfusion:
        c.red_cells += s.transfusion_gain
        c.transfusions += 1
    c.febrile |= fever
    if dies:
        c.death_week = c.week
        units += DEATH_UNITS
    return units


@nb.njit(cache=True, nogil=True, forceinline=True)
def _cumulative(c: Record, person: Record, s: Setting, cardiac: bool) -> float:
    """Norm of the cumulative doses over the patient's own doses of grade 3."""
    rules = s.rules[0]
    total = 0.0
    for a in range(s.agents):
        if rules.main[a]:
            own = person.cardiac_dose[a] if cardiac else person.neuropathy_dose[a]
            share = c.totals[rules.drug[a]] / own
            if share > 0.0:  # to most drugs these nerves and hearts are indifferent
                total += share**s.neuropathy_norm
    return total ** (1.0 / s.neuropathy_norm) if total > 0.0 else 0.0


@nb.njit(cache=True, nogil=True, forceinline=True)
def _visit(
    chart: np.ndarray, people: np.ndarray, cells: np.ndarray, i: int, s: Setting, first: bool
) -> None:
    """Take blood; read the scan when one is due."""
    c = chart[i]
    person = people[c.patient]
    key, patient = np.uint64(s.key), np.uint64(person.number)
    course, week = np.uint64(c.course), np.uint64(c.week)
    blood = philox(key, patient, course, week, np.uint64(_BLOOD))
    other = philox(key, patient, course, week, np.uint64(_OTHER))
    further = philox(key, patient, course, week, np.uint64(_FURTHER))
    z_neutrophils, z_platelets = normal_pair(blood[0], blood[1])
    z_creatinine, z_scan = normal_pair(other[0], other[1])
    z_haemoglobin, _ = normal_pair(further[0], further[1])
    comes = c.week % s.visit_interval_weeks == 0
    if first or (comes and unit_interval(further[2]) >= s.missing):
        lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
        c.neutrophils = cells[4, i] * math.exp(s.neutrophil_sd * z_neutrophils)
        c.platelets = cells[9, i] * math.exp(s.platelet_sd * z_platelets)
        c.haemoglobin = c.red_cells * math.exp(s.haemoglobin_sd * z_haemoglobin)
        c.crcl_ml_min = person.crcl_ml_min * math.exp(s.crcl_sd * z_creatinine - lost)
        _chart_counts(c, s, first)
    c.weeks_since_scan += 1
    if c.week % s.scan_weeks == 0:
        sld = person.baseline_sld_mm * math.exp(c.log_size) + s.scan_sd_mm * z_scan
        _read_scan(c, max(sld, 1.0), s, first)


@nb.njit(cache=True, nogil=True, forceinline=True)
def _chart_counts(c: Record, s: Setting, first: bool) -> None:
    """Note what the counts show, if blood is counted in this week of a cycle."""
    rules = s.rules[0]
    if first:
        c.nadir_neutrophils, c.nadir_platelets = c.neutrophils, c.platelets
    if c.cycles == 0 or not rules.blood[min(c.weeks_since_dose, s.interval_weeks) - 1]:
        return
    c.nadir_neutrophils = min(c.nadir_neutrophils, c.neutrophils)
    c.nadir_platelets = min(c.nadir_platelets, c.platelets)
    c.grade4_visits = c.grade4_visits + 1 if c.neutrophils < rules.counts[0, 3] else 0
    c.long_grade4 |= c.grade4_visits >= 2
    c.charted[0] = max(c.charted[0], grade_below(c.neutrophils, rules.counts[0]))
    c.charted[1] = max(c.charted[1], grade_below(c.platelets, rules.counts[1]))


@nb.njit(cache=True, nogil=True, forceinline=True)
def _read_scan(c: Record, sld: float, s: Setting, first: bool) -> None:
    """RECIST 1.1: response from baseline, confirmed by the next scan; progression from nadir."""
    c.sld_mm = sld
    c.weeks_since_scan = 0
    if first:
        c.sld_baseline_mm = sld
        c.sld_nadir_mm = sld
        return
    grown = sld >= (1.0 + s.progression) * c.sld_nadir_mm
    grown &= sld - c.sld_nadir_mm >= s.progression_mm
    if (grown or c.new_lesion) and c.progression_week == 0:
        c.progression_week = c.week
    responds = sld <= (1.0 + s.partial_response) * c.sld_baseline_mm
    if c.progression_week == 0:
        c.confirmed |= responds and c.responded
        c.responded = responds
    c.sld_nadir_mm = min(c.sld_nadir_mm, sld)
