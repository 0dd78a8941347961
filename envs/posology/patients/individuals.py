"""From covariates to a patient's own parameters: population models with their variability."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from posology.library import (
    log_sd_from_cv,
    per_milligram_from_per_micromole,
    platinum_milligrams,
    quantity,
    text,
)
from posology.patients.covariates import Covariates
from posology.patients.streams import standard_normals, standard_uniforms
from posology.pharmacology import (
    BASELINE,
    FEEDBACK,
    MARROW_PARAMETERS,
    SLOPE,
    TRANSIT,
    three_compartment_modes,
)

Column = Float[np.ndarray, " patients"]


@dataclass(frozen=True)
class Individuals:
    """Parameters that stay the patient's own for a whole course, one column a patient."""

    docetaxel_rates: Float[np.ndarray, "3 patients"]
    """Modes' rates [1/h]."""
    docetaxel_units: Float[np.ndarray, "3 patients"]
    """Modes' unit concentrations [1/L]."""
    cisplatin_clearance: Column
    """Clearance of unbound platinum at the baseline creatinine clearance [L/h]."""
    cisplatin_volume: Column
    """Central volume [L]."""
    marrow: Float[np.ndarray, "parameters patients"]
    """Rows as the kernel wants them: slopes, transit rates, feedbacks, baselines."""
    reference_area: Float[np.ndarray, " drugs"]
    """Area under the curve [mg h/L] of the label dose in the typical patient."""
    kill_rates: Float[np.ndarray, "drugs patients"]
    """Tumour kill at label intensity [1/d]."""
    resistance_rate: Column
    """[1/d] at label intensity."""
    growth_rate: Column
    """[1/d]."""
    baseline_sld_mm: Column
    """Sum of longest diameters [mm]."""
    renal_loss: Column
    """Log loss of creatinine clearance for each mg h/L of platinum."""
    neuropathy_threshold: Column
    """Cumulative dose [mg/m2 of cisplatin] at which sensory neuropathy reaches grade 3."""
    fever_hazard: Column
    """Febrile neutropenia per day with neutrophils below 0.5 [1/d]."""


def draw_individuals(
    key: int, patients: Int[np.ndarray, " patients"], covariates: Covariates, *, regimen: str
) -> Individuals:
    """Parameters of each patient: typical value, covariates and the patient's own deviation."""
    z = standard_normals(key, patients, count=16)
    reference_area = reference_areas(regimen)
    docetaxel_rates, docetaxel_units = three_compartment_modes(
        docetaxel_clearance(covariates)
        * np.exp(log_sd_from_cv(_drug("docetaxel/kinetics/clearance_cv", "1")) * z[0])
        / _drug("docetaxel/kinetics/volume_central", "L"),
        k12=_drug("docetaxel/kinetics/k12", "1/h"),
        k21=_drug("docetaxel/kinetics/k21", "1/h"),
        k13=_drug("docetaxel/kinetics/k13", "1/h"),
        k31=_drug("docetaxel/kinetics/k31", "1/h"),
        volume=_drug("docetaxel/kinetics/volume_central", "L"),
    )
    tumour = text(f"regimens/{regimen}/tumour")
    return Individuals(
        docetaxel_rates=docetaxel_rates,
        docetaxel_units=docetaxel_units,
        cisplatin_clearance=cisplatin_clearance(covariates)
        * np.exp(log_sd_from_cv(_drug("cisplatin/kinetics/clearance_cv", "1")) * z[1]),
        cisplatin_volume=_drug("cisplatin/kinetics/volume_central", "L")
        * _relative_bsa(covariates) ** _drug("cisplatin/kinetics/volume_bsa_exponent", "1")
        * np.exp(log_sd_from_cv(_drug("cisplatin/kinetics/volume_cv", "1")) * z[2]),
        marrow=_marrow(covariates, z[3:9], reference_area),
        reference_area=reference_area,
        kill_rates=_kill_rates(tumour, z[9:11]),
        resistance_rate=_lognormal(f"tumours/{tumour}/resistance", "1/d", z[11]),
        growth_rate=_lognormal(f"tumours/{tumour}/growth", "1/d", z[12]),
        baseline_sld_mm=quantity(f"tumours/{tumour}/baseline_sld", "mm")
        * np.exp(quantity(f"tumours/{tumour}/baseline_omega", "1") * z[13]),
        renal_loss=_renal_loss(z[14], reference_area[1], regimen=regimen),
        neuropathy_threshold=_neuropathy_threshold(key, patients),
        fever_hazard=_fever_hazard(covariates),
    )


def docetaxel_clearance(covariates: Covariates) -> Column:
    """Typical clearance [L/h] of Bruno (1996); no patient with hepatic impairment is eligible."""
    name = "docetaxel/kinetics/clearance"
    per_m2 = (
        _drug(f"{name}_intercept", "L/h/m2")
        + _drug(f"{name}_per_aag", "L/h/m2 per g/L") * covariates.aag_g_l
        + _drug(f"{name}_per_year", "L/h/m2 per y") * covariates.age_years
        + _drug(f"{name}_per_albumin", "L/h/m2 per g/L") * covariates.albumin_g_l
    )
    return covariates.bsa_m2 * per_m2


def cisplatin_clearance(covariates: Covariates) -> Column:
    """Typical clearance of unbound platinum [L/h] of Urien (2004)."""
    name = "cisplatin/kinetics"
    renal = covariates.crcl_ml_min / _drug(f"{name}/crcl_reference", "mL/min")
    return (
        _drug(f"{name}/clearance", "L/h")
        * _relative_bsa(covariates) ** _drug(f"{name}/clearance_bsa_exponent", "1")
        * renal ** _drug(f"{name}/clearance_crcl_exponent", "1")
    )


@functools.cache
def reference_areas(regimen: str) -> Float[np.ndarray, " drugs"]:
    """Area under the curve [mg h/L] of each label dose in the library's typical patient."""
    typical = Covariates(
        age_years=np.array([_reference("age", "y")]),
        female=np.array([False]),
        ecog=np.array([1]),
        bsa_m2=np.array([_reference("bsa", "m2")]),
        creatinine_umol_l=np.array([math.nan]),
        crcl_ml_min=np.array([_reference("crcl", "mL/min")]),
        albumin_g_l=np.array([_reference("albumin", "g/L")]),
        aag_g_l=np.array([_reference("aag", "g/L")]),
    )
    docetaxel_mg, cisplatin_mg = (
        quantity(f"regimens/{regimen}/doses/{drug}", "mg/m2") * _reference("bsa", "m2")
        for drug in ("docetaxel", "cisplatin")
    )
    platinum_mg = platinum_milligrams(
        cisplatin_mg, molar_mass=_drug("cisplatin/molar_mass", "g/mol")
    )
    return np.concatenate(
        [docetaxel_mg / docetaxel_clearance(typical), platinum_mg / cisplatin_clearance(typical)]
    )


def _marrow(
    covariates: Covariates,
    z: Float[np.ndarray, "6 patients"],
    reference_area: Float[np.ndarray, " drugs"],
) -> Float[np.ndarray, "parameters patients"]:
    """Kloft's neutrophils and the common system's platelets; sensitivities correlate."""
    rows = np.empty((MARROW_PARAMETERS, z.shape[1]))
    correlation = _drug("combination/marrow_sensitivity_correlation", "1")
    z_cisplatin = correlation * z[0] + math.sqrt(1.0 - correlation**2) * z[1]
    aag = covariates.aag_g_l - _toxicity("neutrophils/aag_reference", "g/L")
    slope = per_milligram_from_per_micromole(
        _drug("docetaxel/neutrophils/slope_per_micromolar", "L/umol"),
        molar_mass=_drug("docetaxel/molar_mass", "g/mol"),
    )
    deviation = np.exp(math.sqrt(_drug("docetaxel/neutrophils/slope_variance", "1")) * z[0])
    cisplatin = np.exp(log_sd_from_cv(_drug("cisplatin/neutrophils/slope_cv", "1")) * z_cisplatin)
    carried_over = _toxicity("neutrophils/transit_time", "h") / _drug(
        "cisplatin/neutrophils/kill_transit_hours", "h"
    )
    by_aag = 1.0 + _drug("docetaxel/neutrophils/slope_per_aag", "1 per g/L") * aag
    rows[SLOPE] = slope * np.maximum(by_aag, 0.1) * deviation
    rows[SLOPE + 1] = (
        _drug("cisplatin/neutrophils/kill_hours", "h")
        * carried_over
        / reference_area[1]
        * cisplatin
    )
    rows[SLOPE + 2] = _drug("docetaxel/platelets/kill_hours", "h") / reference_area[0] * deviation
    rows[SLOPE + 3] = _drug("cisplatin/platelets/kill_hours", "h") / reference_area[1] * cisplatin
    transit_omega = math.sqrt(_toxicity("neutrophils/transit_variance", "1"))
    rows[TRANSIT] = 4.0 / (
        _toxicity("neutrophils/transit_time", "h") * np.exp(transit_omega * z[2])
    )
    rows[TRANSIT + 1] = 4.0 / (
        _toxicity("platelets/transit_time", "h")
        * np.exp(log_sd_from_cv(_toxicity("platelets/transit_cv", "1")) * z[3])
    )
    rows[FEEDBACK] = _toxicity("neutrophils/feedback", "1")
    rows[FEEDBACK + 1] = _toxicity("platelets/feedback", "1")
    rows[BASELINE] = _neutrophil_baseline(covariates, z[4])
    rows[BASELINE + 1] = _toxicity("platelets/circulating", "10^9/L") * np.exp(
        log_sd_from_cv(_toxicity("platelets/circulating_cv", "1")) * z[5]
    )
    for row, name in ((BASELINE, "neutrophils_low"), (BASELINE + 1, "platelets_low")):
        rows[row] = np.maximum(rows[row], quantity(f"cohorts/eligibility/{name}", "10^9/L"))
    return rows


def _neutrophil_baseline(covariates: Covariates, z: Column) -> Column:
    """Neutrophils before treatment [10^9/L] of Kloft (2006), without previous chemotherapy."""
    name = "neutrophils/circulating"
    aag = covariates.aag_g_l - _toxicity("neutrophils/aag_reference", "g/L")
    per_aag = np.where(
        aag <= 0.0,
        _toxicity(f"{name}_aag_low", "1 per g/L"),
        _toxicity(f"{name}_aag_high", "1 per g/L"),
    )
    return (
        _toxicity(name, "10^9/L")
        * (1.0 + _toxicity(f"{name}_female", "1") * covariates.female)
        * (1.0 + _toxicity(f"{name}_ecog", "1") * (covariates.ecog >= 1))
        * (1.0 + per_aag * aag)
        * np.exp(math.sqrt(_toxicity(f"{name}_variance", "1")) * z)
    )


def _kill_rates(tumour: str, z: Float[np.ndarray, "2 patients"]) -> Float[np.ndarray, "2 patients"]:
    """Kill of each drug at label intensity [1/d].

    The doublet's variability is published, the drugs' is not: each drug's is widened so that the
    weighted sum of the two correlated lognormals has the doublet's coefficient of variation.
    """
    shares = np.array(
        [_drug(f"{drug}/tumour/kill_share", "1") for drug in ("docetaxel", "cisplatin")]
    )
    correlation = _drug("combination/tumour_sensitivity_correlation", "1")
    together = math.expm1(quantity(f"tumours/{tumour}/kill_omega", "1") ** 2)
    cross = 2.0 * shares[0] * shares[1] * correlation
    omega = math.sqrt(math.log1p(together / (float((shares**2).sum()) + cross)))
    z_second = correlation * z[0] + math.sqrt(1.0 - correlation**2) * z[1]
    typical = quantity(f"tumours/{tumour}/kill_rate", "1/d") * shares
    return typical[:, None] * np.exp(omega * np.stack([z[0], z_second]))


def _renal_loss(z: Column, reference_area: float, *, regimen: str) -> Column:
    name = "cisplatin/nephrotoxicity"
    label = quantity(f"regimens/{regimen}/doses/cisplatin", "mg/m2")
    per_area = -math.log1p(-_drug(f"{name}/loss_per_100_mg_m2", "1")) * label / 100.0
    return per_area / reference_area * np.exp(_drug(f"{name}/loss_omega", "1") * z)


def _neuropathy_threshold(key: int, patients: Int[np.ndarray, " patients"]) -> Column:
    """Logistic over patients, and never below a tenth of the median."""
    u = standard_uniforms(key, patients, count=1, attempt=1 << 20)[0]
    median = _toxicity("neuropathy/threshold_median", "mg/m2")
    threshold = median + _toxicity("neuropathy/threshold_scale", "mg/m2") * np.log(u / (1.0 - u))
    return np.maximum(threshold, 0.1 * median)


def _fever_hazard(covariates: Covariates) -> Column:
    name = "febrile_neutropenia"
    older = covariates.age_years - _toxicity(f"{name}/age_reference", "y")
    return _toxicity(f"{name}/hazard", "1/d") * np.exp(
        _toxicity(f"{name}/log_hazard_per_year", "1/y") * older
        + _toxicity(f"{name}/log_hazard_ecog2", "1") * (covariates.ecog >= 2)
    )


def _relative_bsa(covariates: Covariates) -> Column:
    return covariates.bsa_m2 / _drug("cisplatin/kinetics/bsa_reference", "m2")


def _lognormal(path: str, unit: str, z: Column) -> Column:
    return quantity(f"{path}_rate", unit) * np.exp(quantity(f"{path}_omega", "1") * z)


def _drug(path: str, unit: str) -> float:
    return quantity(f"drugs/{path}", unit)


def _toxicity(path: str, unit: str) -> float:
    return quantity(f"toxicities/{path}", unit)


def _reference(name: str, unit: str) -> float:
    return quantity(f"cohorts/reference/{name}", unit)
