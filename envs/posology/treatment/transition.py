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

from posology.patients import normal_pair, philox, standard_normal, unit_interval
from posology.pharmacology import (
    GLIOMA_RATES,
    LINGERING,
    MOST_AGENTS,
    STAGES,
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
from posology.treatment.objectives import (
    DEATH_UNITS,
    DRUG,
    EFFICACY,
    OBJECTIVES,
    RESPONSE,
    SAE,
    TOXICITY,
    TWIST,
)
from posology.treatment.regimen import MOST_DRUGS
from posology.treatment.setting import BY_AREA, BY_SURFACE, DAYS, Setting

_NEUTROPENIA, _THROMBOCYTOPENIA, _ANAEMIA, _CREATININE, _NEUROPATHY, _HEART = range(6)
_FEVER = len(TERMS) - 1
_PROLIFERATING = len(GLIOMA_RATES)  # behind the rates in person.glioma
_BLOOD, _OTHER, _EVENTS, _ACUTE, _FURTHER = range(5)  # draws of a week

SAFELY = 1.0 + 1e-9
"""Factor that makes a bound one, whatever was rounded."""
LEAST_LUCK = 1e-10
"""No draw's ``-ln u`` is smaller: the largest of a 32-bit word's numbers is 1 - 1.2e-10."""

Record = Any
"""An entry of a record array, whose fields a type checker cannot know."""

WORKSHEET = np.dtype(
    [
        ("asked", "f8", (MOST_DRUGS,)),  # fractions of the label doses
        ("given", "f8", (MOST_DRUGS,)),
        ("dosed", "i8", (MOST_AGENTS,)),  # 1 if prescribed in the week
        ("amounts", "f8", (MOST_AGENTS,)),  # of one administration [kernel mg]
        ("entered", "f8", (MOST_AGENTS,)),  # reference exposures of the week
        ("acted", "f8", (MOST_AGENTS,)),  # ... that acted on the tumour
        ("kills", "f8", (MOST_DRUGS,)),  # log kill by each drug
        ("paid", "f8", (len(OBJECTIVES),)),
    ]
)
"""What is worked out of one patient in one week; nothing of it is kept."""

# What follows one patient is inlined and is handed records and numbers: compiled code counts
# references to every array that it hands on, which costs more than most of what is done here.


@nb.njit(cache=True, nogil=True)
def first_visit(
    chart: np.ndarray,
    people: np.ndarray,
    body: Body,
    slots: np.ndarray,
    s: Setting,
    tables: np.ndarray,
) -> None:
    """Take blood and read the first scan of ``slots``."""
    rules = tables[0]
    cells = body.cells
    for i in slots:
        c = chart[i]
        person = people[c.patient]
        c.red_cells = person.haemoglobin_g_dl
        if s.glioma:
            c.tissues[0] = person.glioma[_PROLIFERATING]
            c.tissues[1] = person.baseline_sld_mm - c.tissues[0]
        _visit(c, person, rules, s, cells[STAGES - 1, i], cells[2 * STAGES - 1, i], True)


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
    tables: np.ndarray,
    sheets: np.ndarray,
    rewards: np.ndarray,
) -> None:
    """Treat ``slots`` and advance each to its next decision, or to its end."""
    treat_all(chart, people, body, fractions, slots, s, tables, sheets, rewards)
    moving = slots
    while moving.size > 0:
        advance_week(body, agents, plan, moving)
        moving = close_all(chart, people, body, moving, s, tables, sheets, rewards)


@nb.njit(cache=True, nogil=True)
def treat_all(
    chart: np.ndarray,
    people: np.ndarray,
    body: Body,
    fractions: np.ndarray,
    slots: np.ndarray,
    s: Setting,
    tables: np.ndarray,
    sheets: np.ndarray,
    rewards: np.ndarray,
) -> None:
    """Give each of ``slots`` what is asked for, due and not refused."""
    rules, w = tables[0], sheets[0]
    week, boost, speed, doses = body.week, body.boost, body.speed, body.doses
    rates, units = body.rates, body.units
    for i in slots:
        c = chart[i]
        if not is_due(c, rules, s):
            continue
        person = people[c.patient]
        for drug in range(s.drugs):
            w.asked[drug] = fractions[drug, i]
        w.paid[DRUG] = 0.0
        given = _treat(c, person, rules, s, w)
        rewards[i, DRUG] += w.paid[DRUG]
        if given == 0:
            continue
        week[i] = given
        # G-CSF would drive cells into the drug; no one gives it in the week of a dose.
        boost[i] = speed[i] = 1.0
        for a in range(s.agents):
            doses[a, i] = w.amounts[a]
            if w.dosed[a] and _is_renal(person, a):
                m = rules.first_mode[a]
                rates[m, i], rates[m + 1, i], units[m, i], units[m + 1, i] = _renal_modes(
                    c, person, rules, s, a
                )


@nb.njit(cache=True, nogil=True)
def close_all(
    chart: np.ndarray,
    people: np.ndarray,
    body: Body,
    slots: np.ndarray,
    s: Setting,
    tables: np.ndarray,
    sheets: np.ndarray,
    rewards: np.ndarray,
) -> np.ndarray:
    """Close the week of ``slots``; those of them whose course goes on without a decision."""
    rules, w = tables[0], sheets[0]
    week, boost, speed, doses = body.week, body.boost, body.speed, body.doses
    areas, lowest, hours, cells = body.areas, body.lowest, body.grade4_hours, body.cells
    undecided = np.empty(slots.size, np.int64)
    number = 0
    for i in slots:
        c = chart[i]
        for a in range(s.agents):
            w.entered[a] = areas[a, i] * rules.exposure[a]
            doses[a, i] = 0.0
        week[i] = LINGERING
        supported = _close_week(
            c,
            people[c.patient],
            rules,
            s,
            w,
            (lowest[0, i], lowest[1, i]),
            hours[i],
            (cells[STAGES - 1, i], cells[2 * STAGES - 1, i]),
        )
        boost[i] = s.boost if supported else 1.0
        speed[i] = s.speed if supported else 1.0
        for k in range(len(OBJECTIVES)):
            rewards[i, k] += w.paid[k]
        if not c.ended and not _decides(c, rules, s):
            undecided[number] = i
            number += 1
    return undecided[:number]


@nb.njit(cache=True, nogil=True, forceinline=True)
def _decides(c: Record, rules: Record, s: Setting) -> bool:
    """Whether the policy is asked at this visit."""
    if not c.on_treatment or c.week % s.visit_interval_weeks != 0:
        return False
    return not s.decide_when_due or is_due(c, rules, s)


@nb.njit(cache=True, nogil=True, forceinline=True)
def is_due(c: Record, rules: Record, s: Setting) -> bool:
    """Whether the schedule has something to give at this visit."""
    if not c.on_treatment:
        return False
    if c.weeks_since_dose >= s.interval_weeks:
        return c.cycles < s.cycles and c.week < s.treatment_weeks
    return rules.week[c.weeks_since_dose] > 0


@nb.njit(cache=True, nogil=True, forceinline=True)
def is_permitted(c: Record, rules: Record, s: Setting, drug: int) -> bool:
    """Whether schedule and guardrails let a drug be given at a visit at which one is due."""
    within = c.weeks_since_dose < s.interval_weeks
    stage = 1 if within else 0
    if c.neutrophils < s.neutrophils_low[stage] or c.platelets < s.platelets_low[stage]:
        return False
    week = c.weeks_since_dose if within else 0
    return rules.given[week, drug] > 0 and c.crcl_ml_min >= rules.stop_crcl[drug]


@nb.njit(cache=True)
def due_slots(chart: np.ndarray, s: Setting, tables: np.ndarray) -> np.ndarray:
    """Slots in which the schedule has something to give, (slots,)."""
    out = np.empty(chart.size, np.bool_)
    rules = tables[0]
    for i in range(chart.size):
        out[i] = is_due(chart[i], rules, s)
    return out


@nb.njit(cache=True)
def permitted_slots(chart: np.ndarray, s: Setting, tables: np.ndarray) -> np.ndarray:
    """Which drugs may be given in which slot, (drugs, slots)."""
    out = np.zeros((s.drugs, chart.size), np.bool_)
    rules = tables[0]
    for i in range(chart.size):
        c = chart[i]
        if is_due(c, rules, s):
            for drug in range(s.drugs):
                out[drug, i] = is_permitted(c, rules, s, drug)
    return out


@nb.njit(cache=True, nogil=True, forceinline=True)
def _treat(c: Record, person: Record, rules: Record, s: Setting, w: Record) -> int:
    """Give what is asked for and not refused; the schedule's week, 0 if nothing is given."""
    new_cycle = c.weeks_since_dose >= s.interval_weeks
    week = 0 if new_cycle else c.weeks_since_dose
    highest = 0.0
    for drug in range(s.drugs):
        w.given[drug] = 0.0
        asked = w.asked[drug]
        if asked <= 0.0 or rules.given[week, drug] == 0:
            continue
        added = asked * rules.week_dose[week, drug]
        over = c.totals[drug] + added > rules.cumulative_cap[drug] * (1.0 + 1e-9)
        if over or not is_permitted(c, rules, s, drug):
            c.refusals += 1
            continue
        w.given[drug] = asked
        highest = max(highest, asked)
        c.totals[drug] += added
        paid = added / rules.cycle_dose[drug] / s.drugs
        c.returns[DRUG] -= paid
        w.paid[DRUG] -= paid
    if new_cycle and highest == 0.0:
        c.delay_weeks += 1
        return 0
    if highest > 0.0:
        for a in range(s.agents):
            amount = w.given[rules.drug[a]] * rules.dose[a] * rules.number[week, a]
            w.dosed[a] = amount > 0.0
            w.amounts[a] = _milligrams(amount, person, c, a, rules, s)
    if new_cycle:
        _begin_cycle(c, s, w)
    return rules.week[week] if highest > 0.0 else 0


@nb.njit(cache=True, nogil=True, forceinline=True)
def _milligrams(
    amount: float, person: Record, c: Record, a: int, rules: Record, s: Setting
) -> float:
    """Kernel milligrams of an amount in the unit of the agent's dose, as taken."""
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
def _is_renal(person: Record, a: int) -> bool:
    """Whether an agent's clearance follows the kidneys."""
    return person.renal_share[a] != 0.0 and person.compartments[a, 0] != 0.0


@nb.njit(cache=True, nogil=True, forceinline=True)
def _renal_modes(
    c: Record, person: Record, rules: Record, s: Setting, a: int
) -> tuple[float, float, float, float]:
    """An agent's modes by the kidneys as they are.

    Agents that the kidneys clear have half-lives of hours: of the dose before nothing is left.
    """
    lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
    kept = math.exp(-rules.renal_exponent[a] * lost)
    share = person.renal_share[a]
    return two_compartment_modes(
        person.compartments[a, 0] * (1.0 - share + share * kept),
        person.compartments[a, 1],
        person.compartments[a, 2],
        person.compartments[a, 3],
    )


@nb.njit(cache=True, nogil=True, forceinline=True)
def _begin_cycle(c: Record, s: Setting, w: Record) -> None:
    for drug in range(s.drugs):
        c.fractions[drug] = w.given[drug]
    c.gcsf |= s.gcsf == 2 or (s.gcsf == 1 and (c.febrile or c.long_grade4))
    c.cycles += 1
    c.weeks_since_dose = 0
    c.nadir_neutrophils = c.neutrophils
    c.nadir_platelets = c.platelets
    c.grade4_visits = 0
    c.long_grade4 = False
    c.febrile = False
    for k in range(len(ACUTE)):
        c.acute[k] = 0
    # The guardrails saw the counts recovered, so a new fall is a new event.
    c.grades[_NEUTROPENIA] = 0
    c.grades[_THROMBOCYTOPENIA] = 0


@nb.njit(cache=True, nogil=True, forceinline=True)
def _close_week(
    c: Record,
    person: Record,
    rules: Record,
    s: Setting,
    w: Record,
    lowest: tuple[float, float],
    grade4_hours: float,
    counts: tuple[float, float],
) -> bool:
    """What the week did to a patient; whether the next one has the support of G-CSF."""
    c.week += 1
    c.weeks_since_dose = min(c.weeks_since_dose + 1, NEVER)
    _tumour(c, person, rules, s, w)
    _organs(c, person, s, w)
    units = _grade_week(c, person, rules, s, w, lowest, grade4_hours)
    c.returns[TOXICITY] -= units
    w.paid[TOXICITY] = -units
    w.paid[EFFICACY] = w.paid[TWIST] = w.paid[DRUG] = w.paid[RESPONSE] = w.paid[SAE] = 0.0
    if units > 0.0 and c.returns[SAE] == 0.0:
        c.returns[SAE] = w.paid[SAE] = -1.0
    _visit(c, person, rules, s, counts[0], counts[1], False)
    if c.confirmed and c.returns[RESPONSE] == 0.0:
        c.returns[RESPONSE] = w.paid[RESPONSE] = 1.0
    stopped = c.death_week > 0 or c.progression_week > 0
    if not stopped:
        shrinkage = -c.log_size / s.horizon_weeks
        c.returns[EFFICACY] += shrinkage
        w.paid[EFFICACY] = shrinkage
        worst = 0
        for term in range(len(TERMS)):
            worst = max(worst, c.grades[term])
        if worst < 3:
            c.returns[TWIST] += 1.0
            w.paid[TWIST] = 1.0
    if stopped or (
        (c.cycles >= s.cycles or c.week >= s.treatment_weeks) and not _further_doses(c, rules, s)
    ):
        c.on_treatment = False
    quiet = c.progression_week > 0 and c.weeks_since_dose >= s.adverse_event_weeks
    c.ended = c.death_week > 0 or c.week >= s.horizon_weeks or quiet
    since = c.weeks_since_dose - s.last_dose_week
    return c.gcsf and c.on_treatment and 0 < since <= s.gcsf_weeks


@nb.njit(cache=True, nogil=True, forceinline=True)
def _further_doses(c: Record, rules: Record, s: Setting) -> bool:
    """Whether the cycle under way has doses to come."""
    further = False
    for week in range(c.weeks_since_dose, s.interval_weeks):
        further |= rules.week[week] > 0
    return further


@nb.njit(cache=True, nogil=True, forceinline=True)
def _tumour(c: Record, person: Record, rules: Record, s: Setting, w: Record) -> None:
    """Advance the tumour, and note what of each agent acted on it in the week."""
    total = 0.0
    for a in range(s.agents):
        c.stored[a] += w.entered[a]
        w.acted[a] = s.released * c.stored[a]
        c.stored[a] -= w.acted[a]
        total += person.log_kill[a] * (w.entered[a] if s.glioma else w.acted[a])
    if not s.kills_add_up:
        for drug in range(s.drugs):
            w.kills[drug] = 0.0
        for a in range(s.agents):  # agents of one drug are doses of it, and add up in any model
            kill = person.log_kill[a] * (w.entered[a] if s.glioma else w.acted[a])
            w.kills[rules.drug[a]] += kill
        total = combined_kill(w.kills[: s.drugs], s.kill_model, s.synergy)
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


@nb.njit(cache=True, nogil=True, forceinline=True)
def _organs(c: Record, person: Record, s: Setting, w: Record) -> None:
    """Kidneys and red cells."""
    suppressed = 0.0
    loss = 0.0
    for a in range(s.agents):
        c.exposures[a] += w.entered[a]
        suppressed += person.anaemia[a] * w.acted[a]
        loss += person.renal_loss[a] * w.entered[a]
    c.renal_permanent += (1.0 - s.recoverable_share) * loss
    c.renal_reversible = c.renal_reversible * s.recovery_per_week + s.recoverable_share * loss
    made = person.haemoglobin_g_dl * math.exp(-suppressed)
    c.red_cells += s.red_cell_loss * (made - c.red_cells)


@nb.njit(cache=True, nogil=True, forceinline=True)
def _grade_week(
    c: Record,
    person: Record,
    rules: Record,
    s: Setting,
    w: Record,
    lowest: tuple[float, float],
    grade4_hours: float,
) -> float:
    """Grade the week's events; what their onsets count, death included.

    What is dear is worked out only where a bound does not settle it.
    """
    key, patient = np.uint64(s.key), np.uint64(person.number)
    course, week = np.uint64(c.course), np.uint64(c.week)
    events = philox(key, patient, course, week, np.uint64(_EVENTS))
    fever = dies = False
    if grade4_hours > 0.0:
        risk = -math.expm1(-person.fever_hazard * grade4_hours / 24.0)
        fever = unit_interval(events[0]) < risk
        dies = fever and unit_interval(events[1]) < s.fatality
    if not c.new_lesion:
        c.new_lesion = _spreads(unit_interval(events[2]), person.new_lesion_rate * DAYS, c.log_size)
    lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
    creatinine = math.exp(lost) if lost > 0.0 else 1.0
    units = _onset(c, _NEUTROPENIA, grade_below(lowest[0], s.count_bounds[0]))
    units += _onset(c, _THROMBOCYTOPENIA, grade_below(lowest[1], s.count_bounds[1]))
    units += _onset(c, _ANAEMIA, grade_below(c.red_cells, s.count_bounds[2]))
    units += _onset(c, _CREATININE, grade_above(creatinine, s.share_bounds[0]))
    units += _onset(c, _NEUROPATHY, _cumulative_grade(c, person, rules, s, False))
    units += _onset(c, _HEART, _cumulative_grade(c, person, rules, s, True))
    units += _acute_onsets(c, person, rules, s, w)
    c.grades[_FEVER] = 0
    if fever:
        units += _onset(c, _FEVER, 5 if dies else 3)
        c.febrile = True
    if c.red_cells < s.transfusion:
        c.red_cells += s.transfusion_gain
        c.transfusions += 1
    if dies:
        c.death_week = c.week
        units += DEATH_UNITS
    return units


@nb.njit(cache=True, nogil=True, forceinline=True)
def _spreads(u: float, rate: float, log_size: float) -> bool:
    """Whether a hazard of ``rate`` times the relative size of the tumour strikes at luck ``u``."""
    if log_size <= 0.0 and u > rate * SAFELY:
        return False
    return u < -math.expm1(-rate * math.exp(log_size))


@nb.njit(cache=True, nogil=True, forceinline=True)
def _onset(c: Record, term: int, grade: int) -> float:
    """Chart the week's grade of a term; what its onset counts."""
    before = c.grades[term]
    if grade == before:
        return 0.0
    c.grades[term] = grade
    c.worst_grades[term] = max(c.worst_grades[term], grade)
    return max(0.0, EVENT_UNITS[grade] - EVENT_UNITS[before])


@nb.njit(cache=True, nogil=True, forceinline=True)
def _acute_onsets(c: Record, person: Record, rules: Record, s: Setting, w: Record) -> float:
    """Grade the acute terms; what their onsets count.

    Every week of dosing can bring an event of its own, so last week's grades do not count.
    """
    units = 0.0
    words = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    drawn = False
    for k in range(len(ACUTE)):
        c.grades[FIRST_ACUTE + k] = 0
        most = 0.0
        for a in range(s.agents):
            most += person.acute_hazards[k, a] * _power_bound(w.entered[a], rules.acute_exponent[k])
        most *= s.acute_most * SAFELY
        if most <= LEAST_LUCK:
            continue
        if not drawn:
            words = philox(
                np.uint64(s.key),
                np.uint64(person.number),
                np.uint64(c.course),
                np.uint64(c.week),
                np.uint64(_ACUTE),
            )
            drawn = True
        u = unit_interval(words[k])
        if 1.0 - u > most:  # -ln u is no less than 1 - u
            continue
        hazard = 0.0
        for a in range(s.agents):
            if person.acute_hazards[k, a] > 0.0 and w.entered[a] > 0.0:
                hazard += person.acute_hazards[k, a] * w.entered[a] ** rules.acute_exponent[k]
        luck = -math.log(u)
        grade = 0
        for multiple in rules.acute_multiple:
            grade += luck < hazard * multiple
        units += _onset(c, FIRST_ACUTE + k, grade)
        c.acute[k] = max(c.acute[k], grade)
    return units


@nb.njit(cache=True, nogil=True, forceinline=True)
def _power_bound(base: float, exponent: float) -> float:
    """A number no smaller than ``base ** exponent``, cheaply where the base is at most 1."""
    if base <= 0.0:
        return 0.0
    if base <= 1.0:
        return base if exponent >= 1.0 else 1.0
    return base**exponent


@nb.njit(cache=True, nogil=True, forceinline=True)
def _cumulative_grade(c: Record, person: Record, rules: Record, s: Setting, cardiac: bool) -> int:
    """Grade of nerves or heart by the norm of the cumulative doses over the patient's own doses of
    grade 3, which lies between the largest of them and their sum."""
    bounds = s.share_bounds[2] if cardiac else s.share_bounds[1]
    highest = 0.0
    added = 0.0
    for a in range(s.agents):
        if rules.main[a]:
            own = person.cardiac_dose[a] if cardiac else person.neuropathy_dose[a]
            share = c.totals[rules.drug[a]] / own
            highest = max(highest, share)
            added += share
    grade = grade_above(added * SAFELY, bounds)
    if s.neuropathy_norm >= 1.0 and grade == grade_above(highest / SAFELY, bounds):
        return grade
    total = 0.0
    for a in range(s.agents):
        if rules.main[a]:
            own = person.cardiac_dose[a] if cardiac else person.neuropathy_dose[a]
            share = c.totals[rules.drug[a]] / own
            if share > 0.0:  # to most drugs these nerves and hearts are indifferent
                total += share**s.neuropathy_norm
    return grade_above(total ** (1.0 / s.neuropathy_norm), bounds)


@nb.njit(cache=True, nogil=True, forceinline=True)
def _visit(
    c: Record,
    person: Record,
    rules: Record,
    s: Setting,
    neutrophils: float,
    platelets: float,
    first: bool,
) -> None:
    """Take blood; read the scan when one is due."""
    scans = c.week % s.scan_weeks == 0
    c.weeks_since_scan += 1
    if not (scans or first or c.week % s.visit_interval_weeks == 0):
        return
    key, patient = np.uint64(s.key), np.uint64(person.number)
    course, week = np.uint64(c.course), np.uint64(c.week)
    other = philox(key, patient, course, week, np.uint64(_OTHER))
    if first or c.week % s.visit_interval_weeks == 0:
        further = philox(key, patient, course, week, np.uint64(_FURTHER))
        if first or unit_interval(further[2]) >= s.missing:
            blood = philox(key, patient, course, week, np.uint64(_BLOOD))
            z_neutrophils, z_platelets = normal_pair(blood[0], blood[1])
            lost = min(c.renal_reversible + c.renal_permanent, s.most_renal_loss)
            c.neutrophils = neutrophils * math.exp(s.neutrophil_sd * z_neutrophils)
            c.platelets = platelets * math.exp(s.platelet_sd * z_platelets)
            z_haemoglobin = standard_normal(further[0], further[1])
            c.haemoglobin = c.red_cells * math.exp(s.haemoglobin_sd * z_haemoglobin)
            z_creatinine = standard_normal(other[0], other[1])
            c.crcl_ml_min = person.crcl_ml_min * math.exp(s.crcl_sd * z_creatinine - lost)
            _chart_counts(c, rules, s, first)
    if scans:
        _, z_scan = normal_pair(other[0], other[1])
        sld = person.baseline_sld_mm * math.exp(c.log_size) + s.scan_sd_mm * z_scan
        _read_scan(c, max(sld, 1.0), s, first)


@nb.njit(cache=True, nogil=True, forceinline=True)
def _chart_counts(c: Record, rules: Record, s: Setting, first: bool) -> None:
    """Note what the counts show, if blood is counted in this week of a cycle."""
    if first:
        c.nadir_neutrophils, c.nadir_platelets = c.neutrophils, c.platelets
    if c.cycles == 0 or not rules.blood[min(c.weeks_since_dose, s.interval_weeks) - 1]:
        return
    c.nadir_neutrophils = min(c.nadir_neutrophils, c.neutrophils)
    c.nadir_platelets = min(c.nadir_platelets, c.platelets)
    c.grade4_visits = c.grade4_visits + 1 if c.neutrophils < s.count_bounds[0][3] else 0
    c.long_grade4 |= c.grade4_visits >= 2
    c.charted[0] = max(c.charted[0], grade_below(c.neutrophils, s.count_bounds[0]))
    c.charted[1] = max(c.charted[1], grade_below(c.platelets, s.count_bounds[1]))


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
