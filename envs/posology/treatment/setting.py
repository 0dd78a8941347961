"""Numbers that every patient of a course shares: the regimen's, the tumour's and the clinic's."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from posology.library import HOURS_PER_WEEK, platinum_milligrams, quantity, text
from posology.patients import Cohort
from posology.treatment.grading import (
    creatinine_bounds,
    neuropathy_bounds,
    neutrophil_bounds,
    platelet_bounds,
)
from posology.treatment.regimen import Regimen

DAYS = 7.0
"""Days in a week."""


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
        recovery_per_week=math.exp(-math.log(2.0) * DAYS / recovery_days),
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


def grade_bounds() -> Bounds:
    """The library's bounds."""
    return Bounds(neutrophil_bounds(), platelet_bounds(), creatinine_bounds(), neuropathy_bounds())
