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
from typing import NamedTuple

import numba as nb
import numpy as np
from jaxtyping import Bool, Float, Int

from posology.library import HOURS_PER_WEEK, platinum_milligrams, quantity, text
from posology.patients import Cohort, normal_pair, philox, unit_interval
from posology.pharmacology import (
    BASELINE,
    GRADE4_HOURS,
    INFUSION,
    LOWEST_NEUTROPHILS,
    LOWEST_PLATELETS,
    MARROW_PARAMETERS,
    MODES,
    WEEK_RECORDS,
    advance_week,
    combined_effect,
    log_relative_size,
    mode_over_week,
    two_compartment_modes,
)
from posology.treatment.chart import CHART, NEVER, persons
from posology.treatment.grading import (
    EVENT_UNITS,
    TERMS,
    creatinine_bounds,
    grade_above,
    grade_below,
    neuropathy_bounds,
    neutrophil_bounds,
    platelet_bounds,
)
from posology.treatment.objectives import DEATH_UNITS
from posology.treatment.regimen import Regimen

_NEUTROPENIA, _THROMBOCYTOPENIA, _CREATININE, _NEUROPATHY, _FEVER = range(len(TERMS))
_DAYS = 7.0


class Setting(NamedTuple):
    """Numbers of the regimen and the tumour that every patient shares."""

    key: int
    decide_when_due: bool
    """Pass over visits at which no cycle is due."""
    interval_weeks: int
    cycles: int
    treatment_weeks: int
    horizon_weeks: int
    adverse_event_weeks: int
    label_mg_m2: tuple[float, float]
    mg_per_label: tuple[float, float]
    """Kernel milligrams for one mg/m2: 1 for docetaxel, the platinum share for cisplatin."""
    neutrophils_low: float
    platelets_low: float
    crcl_low: float
    exposure_scale: tuple[float, float]
    """Hours of label intensity for each mg h/L: the label's interval over the label's area."""
    effect_rate: float
    """Of the effect compartment [1/h]."""
    marrow_norm: int
    crcl_exponent: float
    flow_peripheral: float
    volume_peripheral: float
    most_renal_loss: float
    """Log loss of creatinine clearance that is never exceeded."""
    recoverable_share: float
    recovery_per_week: float
    neuropathy_equivalence: float
    neuropathy_norm: int
    fatality: float
    severe_neutropenia: tuple[float, float]
    """Counts [10^9/L] below which neutropenia has grade 3 and grade 4."""
    neutrophil_sd: float
    platelet_sd: float
    crcl_sd: float
    scan_sd_mm: float
    scan_weeks: int
    partial_response: float
    progression: float
    progression_mm: float


class Bounds(NamedTuple):
    """CTCAE bounds of each graded term."""

    neutrophils: np.ndarray
    platelets: np.ndarray
    creatinine: np.ndarray
    neuropathy: np.ndarray


def setting(cohort: Cohort, regimen: Regimen, *, decide_when_due: bool) -> Setting:
    """The shared numbers of a cohort treated with a regimen."""
    tumour = text(f"regimens/{regimen.name}/tumour")
    half_life_hours = 24.0 * quantity(f"tumours/{tumour}/effect_half_life", "d")
    molar_mass = quantity("drugs/cisplatin/molar_mass", "g/mol")
    recovery_days = quantity("drugs/cisplatin/nephrotoxicity/recovery_half_life", "d")
    areas = cohort.individuals.reference_area
    label_hours = HOURS_PER_WEEK * Regimen.labelled(regimen.name).interval_weeks
    return Setting(
        key=cohort.noise_key,
        decide_when_due=decide_when_due,
        interval_weeks=regimen.interval_weeks,
        cycles=regimen.cycles,
        treatment_weeks=regimen.treatment_weeks,
        horizon_weeks=regimen.horizon_weeks,
        adverse_event_weeks=regimen.adverse_event_weeks,
        label_mg_m2=(regimen.label_doses[0], regimen.label_doses[1]),
        mg_per_label=(1.0, platinum_milligrams(1.0, molar_mass=molar_mass)),
        neutrophils_low=regimen.guardrails.neutrophils_low,
        platelets_low=regimen.guardrails.platelets_low,
        crcl_low=regimen.guardrails.crcl_low,
        exposure_scale=(label_hours / float(areas[0]), label_hours / float(areas[1])),
        effect_rate=math.log(2.0) / half_life_hours,
        marrow_norm=int(quantity("drugs/combination/marrow_norm", "1")),
        crcl_exponent=quantity("drugs/cisplatin/kinetics/clearance_crcl_exponent", "1"),
        flow_peripheral=quantity("drugs/cisplatin/kinetics/flow_peripheral", "L/h"),
        volume_peripheral=quantity("drugs/cisplatin/kinetics/volume_peripheral", "L"),
        most_renal_loss=-math.log(quantity("drugs/cisplatin/nephrotoxicity/lowest_share", "1")),
        recoverable_share=quantity("drugs/cisplatin/nephrotoxicity/recoverable_share", "1"),
        recovery_per_week=math.exp(-math.log(2.0) * _DAYS / recovery_days),
        neuropathy_equivalence=quantity("drugs/docetaxel/neuropathy/cisplatin_equivalence", "1"),
        neuropathy_norm=int(quantity("toxicities/neuropathy/norm", "1")),
        fatality=quantity("toxicities/febrile_neutropenia/fatality", "1"),
        severe_neutropenia=(float(neutrophil_bounds()[2]), float(neutrophil_bounds()[3])),
        neutrophil_sd=quantity("toxicities/neutrophils/assay_sd", "1"),
        platelet_sd=quantity("toxicities/platelets/assay_sd", "1"),
        crcl_sd=quantity("toxicities/creatinine/assay_sd", "1"),
        scan_sd_mm=quantity(f"tumours/{tumour}/measurement_sd", "mm"),
        scan_weeks=int(quantity("tumours/response/scan_interval", "wk")),
        partial_response=quantity("tumours/response/partial_response", "1"),
        progression=quantity("tumours/response/progression", "1"),
        progression_mm=quantity("tumours/response/progression_absolute", "mm"),
    )


class Courses:
    """Courses of treatment under way, one a slot, over patients of one cohort."""

    def __init__(
        self, slots: int, *, cohort: Cohort, regimen: Regimen, decide_when_due: bool
    ) -> None:
        self.cohort = cohort
        self.regimen = regimen
        self.persons = persons(cohort)
        self.chart = np.zeros(slots, CHART)
        self._setting = setting(cohort, regimen, decide_when_due=decide_when_due)
        self._bounds = Bounds(
            neutrophil_bounds(), platelet_bounds(), creatinine_bounds(), neuropathy_bounds()
        )
        self._modes = np.zeros((MODES, slots))
        self._rates = np.ones((MODES, slots))
        self._units = np.zeros((MODES, slots))
        self._marrow = np.ones((10, slots))
        self._parameters = np.ones((MARROW_PARAMETERS, slots))
        self._records = np.zeros((WEEK_RECORDS, slots))
        self._doses = np.zeros((2, slots))

    def begin(
        self,
        slots: Int[np.ndarray, " some"],
        *,
        patients: Int[np.ndarray, " some"],
        courses: Int[np.ndarray, " some"],
    ) -> None:
        """Put ``patients`` of the cohort into ``slots``, before their first visit's doses.

        ``courses`` numbers the times a patient is treated, so that the noise is fresh each time.
        """
        individuals = self.cohort.individuals
        self._modes[:, slots] = 0.0
        self._rates[:3, slots] = individuals.docetaxel_rates[:, patients]
        self._units[:3, slots] = individuals.docetaxel_units[:, patients]
        self._parameters[:, slots] = individuals.marrow[:, patients]
        self._marrow[:5, slots] = individuals.marrow[BASELINE, patients]
        self._marrow[5:, slots] = individuals.marrow[BASELINE + 1, patients]
        fresh = np.zeros(slots.size, CHART)
        fresh["patient"] = patients
        fresh["course"] = courses
        fresh["fractions"] = 1.0
        fresh["weeks_since_dose"] = NEVER
        fresh["on_treatment"] = True
        self.chart[slots] = fresh
        _first_visit(self.chart, self.persons, self._marrow, slots, self._setting)

    def step(
        self, fractions: Float[np.ndarray, "drugs slots"], slots: Int[np.ndarray, " some"]
    ) -> Float[np.ndarray, "slots objectives"]:
        """Treat ``slots`` with fractions of the label doses; advance them to their next decision.

        Returns the reward vectors of all slots, zero for the others.
        """
        rewards = np.zeros((self.chart.size, 2))
        _step(
            self.chart,
            self.persons,
            fractions,
            slots,
            self._modes,
            self._rates,
            self._units,
            self._marrow,
            self._parameters,
            self._records,
            self._doses,
            self._setting,
            self._bounds,
            rewards,
        )
        return rewards

    def is_due(self) -> Bool[np.ndarray, " slots"]:
        """Slots in which the schedule allows a cycle to begin at this visit."""
        since = self.chart["weeks_since_dose"] >= self.regimen.interval_weeks
        return since & self.chart["on_treatment"]

    def permitted(self) -> Bool[np.ndarray, "drugs slots"]:
        """Which drugs the schedule and the guardrails permit at this visit."""
        guardrails = self.regimen.guardrails
        both = (
            self.is_due()
            & (self.chart["neutrophils"] >= guardrails.neutrophils_low)
            & (self.chart["platelets"] >= guardrails.platelets_low)
        )
        return np.stack([both, both & (self.chart["crcl_ml_min"] >= guardrails.crcl_low)])

    @property
    def circulating(self) -> Float[np.ndarray, "2 slots"]:
        """True neutrophils and platelets [10^9/L]."""
        return self._marrow[[4, 9]]


@nb.njit(cache=True, nogil=True)
def _first_visit(
    chart: np.ndarray, people: np.ndarray, marrow: np.ndarray, slots: np.ndarray, s: Setting
) -> None:
    for i in slots:
        _visit(chart, people, marrow, i, s, True)


@nb.njit(cache=True, nogil=True)
def _step(
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
        _DAYS * c.week, c.kill, person.growth_rate, kill_rate, person.resistance_rate
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
