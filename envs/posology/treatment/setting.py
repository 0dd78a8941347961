"""Numbers that every patient of a course shares: the regimen's, the tumour's and the clinic's."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from posology.library import DAYS_PER_WEEK, drawn_parameters, keys, marrow_groups, quantity
from posology.patients import Cohort, Individuals, is_glioma, kernel_milligrams
from posology.pharmacology import GIVEN, Agents
from posology.treatment.grading import ACUTE, acute_multiples, count_bounds, share_bounds
from posology.treatment.regimen import DOSE_UNITS, Regimen
from posology.treatment.scenario import Scenario

DAYS = 7.0
"""Days in a week."""
BY_SURFACE, BY_AREA, FLAT = range(3)
"""How a dose becomes milligrams, in the order of ``DOSE_UNITS``."""
INTERACTIONS = ("independent", "hsa")
"""How drugs' kills of the tumour combine: they add up, or the highest single agent's counts."""


class Setting(NamedTuple):
    """Numbers of the regimen, the tumour and the clinic that every patient shares."""

    key: int
    decide_when_due: bool
    """Pass over visits at which nothing is due."""
    visit_interval_weeks: int
    interval_weeks: int
    cycles: int
    treatment_weeks: int
    horizon_weeks: int
    adverse_event_weeks: int
    # the regimen's agents
    week: np.ndarray
    """(interval,) which week of the schedule each week of a cycle is; 0 where nothing is given."""
    number: np.ndarray
    """(interval, agents) administrations in each week of a cycle."""
    dose: np.ndarray
    """(agents,) label dose of one administration."""
    unit: np.ndarray
    """(agents,) BY_SURFACE, BY_AREA or FLAT."""
    kernel_mg: np.ndarray
    """(agents,) kernel milligrams of a milligram."""
    drug: np.ndarray
    """(agents,) which drug each belongs to."""
    main: np.ndarray
    """(agents,) whether its doses make up the drug's total."""
    swallowed: np.ndarray
    """(agents,) tablets, which may be forgotten."""
    first_mode: np.ndarray
    exposure: np.ndarray
    """(agents,) reference exposures of an area of 1 mg h/L."""
    renal_exponent: np.ndarray
    calvert_nonrenal: float
    calvert_cap: float
    # limits, at a cycle's start and within it
    neutrophils_low: tuple[float, float]
    platelets_low: tuple[float, float]
    stop_crcl: np.ndarray
    """(drugs,)"""
    cumulative_cap: np.ndarray
    """(drugs,)"""
    # tumour
    released: float
    """Share of the stored exposure that acts within a week."""
    highest_only: bool
    synergy: float
    glioma: bool
    """Follow three tissues, as Mazzocco does in low-grade glioma."""
    capacity_mm: float
    """Size beyond which a glioma does not grow."""
    scan_sd_mm: float
    scan_weeks: int
    partial_response: float
    progression: float
    progression_mm: float
    # marrow and organs
    gcsf: int
    """0 never, 1 after febrile or long grade 4 neutropenia, 2 in every cycle."""
    last_dose_week: int
    """Week of the cycle with its last doses, the first being 0; G-CSF acts from the next one."""
    gcsf_weeks: int
    """Weeks of support, that of the last doses included."""
    boost: float
    speed: float
    most_renal_loss: float
    """Log loss of creatinine clearance that is never exceeded."""
    recoverable_share: float
    recovery_per_week: float
    neuropathy_norm: float
    acute_exponent: np.ndarray
    acute_multiple: np.ndarray
    red_cell_loss: float
    """Share of red cells that die in a week."""
    transfusion: float
    transfusion_gain: float
    fatality: float
    # grades
    counts: np.ndarray
    """(3, 4) bounds of neutrophils, platelets, haemoglobin."""
    shares: np.ndarray
    """(3, 4) bounds of creatinine, neuropathy, cardiac dose."""
    # the clinic
    blood: np.ndarray
    """(interval,) whether a count at the end of each week of a cycle is charted."""
    neutrophil_sd: float
    platelet_sd: float
    crcl_sd: float
    haemoglobin_sd: float
    missing: float
    adherence: float


def agents_of(regimen: Regimen, individuals: Individuals) -> Agents:
    """The regimen's agents as the kernel wants them.

    Raises:
        ValueError: two agents with saturable kinetics.
    """
    names = [each.agent for each in regimen.components]
    sizes = [max(1, kinetics.rates.shape[0]) for kinetics in individuals.kinetics]
    first_mode = np.cumsum([0, *sizes])
    saturable = [k for k, each in enumerate(individuals.kinetics) if each.saturable is not None]
    if len(saturable) > 1:
        held = " and ".join(names[k] for k in saturable)
        raise ValueError(f"{held} both have saturable kinetics; one regimen may hold one of them.")
    groups, order = marrow_groups(names)
    return Agents(
        first_mode=first_mode,
        group=np.array(groups),
        order=order,
        saturable=saturable[0] if saturable else -1,
    )


def setting(
    cohort: Cohort,
    regimen: Regimen,
    individuals: Individuals,
    *,
    scenario: Scenario,
    decide_when_due: bool,
    interaction: str = "independent",
    synergy: float = 0.0,
    scan_weeks: int | None = None,
    blood_weeks: tuple[int, ...] | None = None,
) -> Setting:
    """The shared numbers of a cohort treated with a regimen, in the cohort's draw of parameters."""
    if interaction not in INTERACTIONS:
        known = ", ".join(INTERACTIONS)
        raise ValueError(f"interaction must be one of {known}; got {interaction!r}.")
    if not -1.0 <= synergy <= 1.0:
        raise ValueError(f"synergy must lie between -1 and 1; got {synergy!r}.")
    # The dose's formula is the label's; what a draw moves is the patients' clearance.
    with drawn_parameters(None):
        nonrenal = quantity("drugs/carboplatin/kinetics/clearance_nonrenal", "mL/min")
    with drawn_parameters(cohort.parameters):
        components = regimen.components
        tumour = regimen.tumour
        weeks = np.zeros(regimen.interval_weeks, np.int64)
        for k, week in enumerate(regimen.dose_weeks):
            weeks[week] = GIVEN + k
        gcsf = regimen.rules.gcsf if scenario.gcsf == "label" else scenario.gcsf
        level = quantity("toxicities/gcsf/level", "1")
        half_life = _tumour(tumour, "effect_half_life", "d")
        recovery_days = quantity("toxicities/creatinine/recovery_half_life", "d")
        exponents = [k.renal_exponent for k in individuals.kinetics]
        blood = range(regimen.interval_weeks) if blood_weeks is None else blood_weeks
        charted = np.zeros(regimen.interval_weeks, np.bool_)
        charted[list(blood)] = True
        error = scenario.assay_error
        return Setting(
            key=cohort.noise_key,
            decide_when_due=decide_when_due,
            visit_interval_weeks=scenario.visit_interval_weeks,
            interval_weeks=regimen.interval_weeks,
            cycles=regimen.cycles,
            treatment_weeks=regimen.treatment_weeks,
            horizon_weeks=regimen.horizon_weeks,
            adverse_event_weeks=regimen.adverse_event_weeks,
            week=weeks,
            number=np.array(
                [
                    [float(each.doses_in_week(week)) for each in components]
                    for week in range(regimen.interval_weeks)
                ]
            ),
            dose=np.array([each.dose for each in components]),
            unit=np.array([DOSE_UNITS.index(each.unit) for each in components]),
            kernel_mg=np.array([kernel_milligrams(each.agent) for each in components]),
            drug=np.array([each.drug for each in components]),
            main=np.array([each is regimen.main_component(each.drug) for each in components]),
            swallowed=np.array([_is_swallowed(each.agent) for each in components]),
            first_mode=agents_of(regimen, individuals).first_mode,
            exposure=1.0 / individuals.reference_area,
            renal_exponent=np.array(exponents),
            calvert_nonrenal=nonrenal,
            calvert_cap=quantity("drugs/carboplatin/kinetics/gfr_cap", "mL/min"),
            neutrophils_low=(
                regimen.guardrails.neutrophils_low,
                regimen.guardrails.within_neutrophils_low,
            ),
            platelets_low=(
                regimen.guardrails.platelets_low,
                regimen.guardrails.within_platelets_low,
            ),
            stop_crcl=np.array([rules.stop_crcl for rules in regimen.rules.drugs]),
            cumulative_cap=np.array([rules.cumulative_cap for rules in regimen.rules.drugs]),
            released=1.0 - math.exp(-math.log(2.0) * DAYS / half_life),
            highest_only=interaction == "hsa",
            synergy=synergy,
            glioma=is_glioma(tumour),
            capacity_mm=quantity(f"tumours/{tumour}/capacity", "mm")
            if is_glioma(tumour)
            else np.inf,
            scan_sd_mm=error * _tumour(tumour, "measurement_sd", "mm"),
            scan_weeks=int(quantity("tumours/response/scan_interval", "wk"))
            if scan_weeks is None
            else scan_weeks,
            partial_response=quantity("tumours/response/partial_response", "1"),
            progression=quantity("tumours/response/progression", "1"),
            progression_mm=quantity("tumours/response/progression_absolute", "mm"),
            gcsf=("none", "secondary", "primary").index(gcsf),
            last_dose_week=regimen.dose_weeks[-1],
            gcsf_weeks=int(quantity("toxicities/gcsf/support", "wk")),
            boost=level ** quantity("toxicities/gcsf/proliferation_exponent", "1"),
            speed=level ** quantity("toxicities/gcsf/maturation_exponent", "1"),
            most_renal_loss=-math.log(quantity("toxicities/creatinine/lowest_share", "1")),
            recoverable_share=quantity("toxicities/creatinine/recoverable_share", "1"),
            recovery_per_week=math.exp(-math.log(2.0) * DAYS / recovery_days),
            neuropathy_norm=quantity("toxicities/neuropathy/norm", "1"),
            acute_exponent=np.array(
                [quantity(f"toxicities/acute/{term}_exponent", "1") for term in ACUTE]
            ),
            acute_multiple=acute_multiples(),
            red_cell_loss=1.0
            - math.exp(-DAYS_PER_WEEK / quantity("toxicities/haemoglobin/lifespan", "d")),
            transfusion=quantity("toxicities/haemoglobin/transfusion", "g/dL"),
            transfusion_gain=quantity("toxicities/haemoglobin/transfusion_gain", "g/dL"),
            fatality=quantity("toxicities/febrile_neutropenia/fatality", "1"),
            counts=count_bounds(),
            shares=share_bounds(),
            blood=charted,
            neutrophil_sd=error * quantity("toxicities/neutrophils/assay_sd", "1"),
            platelet_sd=error * quantity("toxicities/platelets/assay_sd", "1"),
            crcl_sd=error * quantity("toxicities/creatinine/assay_sd", "1"),
            haemoglobin_sd=error * quantity("toxicities/haemoglobin/assay_sd", "1"),
            missing=scenario.missing_labs,
            adherence=scenario.adherence,
        )


def _is_swallowed(agent: str) -> bool:
    return agent in ("capecitabine", "temozolomide")


def _tumour(tumour: str, name: str, unit: str) -> float:
    place = f"tumours/{tumour}" if name in keys(f"tumours/{tumour}") else "tumours/common"
    return quantity(f"{place}/{name}", unit)
