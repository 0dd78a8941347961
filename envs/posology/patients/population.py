"""The population that patients are drawn from: covariates with their correlations."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.library import keys, quantity
from posology.patients.covariates import ANCESTRIES, COCKCROFT_UNIT, Covariates
from posology.patients.eligibility import Eligibility
from posology.patients.streams import standard_normals, standard_uniforms

Column = Float[np.ndarray, " patients"]


def draw_covariates(
    key: int,
    patients: Int[np.ndarray, " patients"],
    *,
    tumour: str,
    eligibility: Eligibility | None = None,
    attempts: int = 200,
) -> Covariates:
    """Covariates of patients with one tumour, eligible for a regimen if its limits are given.

    A patient outside the ranges of the library or the regimen's eligibility is drawn again, each
    from the patient's own stream, as a trial screens another.
    """
    columns = _draw(key, patients, tumour=tumour, attempt=0)
    failed = np.flatnonzero(~_is_enrolled(columns, tumour, eligibility))
    for attempt in range(1, attempts):
        if failed.size == 0:
            break
        fresh = _draw(key, patients[failed], tumour=tumour, attempt=attempt)
        for name, column in fresh.items():
            columns[name][failed] = column
        failed = failed[~_is_enrolled(fresh, tumour, eligibility)]
    if failed.size:
        raise ValueError(
            f"{failed.size} of {patients.size} patients were not eligible after {attempts} draws. "
            "Widen the ranges under cohorts, or the regimen's eligibility, in the library."
        )
    if eligibility is not None:
        _enrol(columns, eligibility)
    return Covariates(**columns)


def _draw(
    key: int, patients: Int[np.ndarray, " patients"], *, tumour: str, attempt: int
) -> dict[str, np.ndarray]:
    """One draw of every covariate, possible or not."""
    z = standard_normals(key, patients, count=9, attempt=attempt)
    share = standard_uniforms(key, patients, count=6, attempt=attempt)
    age = _number(f"{tumour}/age_mean", "y") + _number(f"{tumour}/age_sd", "y") * z[5]
    female = share[0] < _number(f"{tumour}/female_share", "1")
    ecog = np.digitize(
        share[1],
        [_number(f"{tumour}/ecog0_share", "1"), 1.0 - _number(f"{tumour}/ecog2_share", "1")],
    )
    height_cm, weight_kg = _body(female, z[0], z[1])
    creatinine = _lognormal("laboratory/creatinine", "umol/L", z[2])
    factor = np.where(
        female,
        _number("laboratory/cockcroft_female", COCKCROFT_UNIT),
        _number("laboratory/cockcroft_male", COCKCROFT_UNIT),
    )
    albumin, aag = _proteins(tumour, ecog, z[3], z[4])
    return {
        "age_years": age,
        "female": female,
        "ecog": ecog,
        "height_cm": height_cm,
        "weight_kg": weight_kg,
        "bsa_m2": np.sqrt(height_cm * np.maximum(weight_kg, 1.0) / 3600.0),
        "creatinine_umol_l": creatinine,
        "crcl_ml_min": np.minimum(
            (140.0 - age) * weight_kg * factor / creatinine,
            _number("laboratory/crcl_high", "mL/min"),
        ),
        "albumin_g_l": albumin,
        "aag_g_l": aag,
        "bilirubin_umol_l": _set_within(
            _lognormal("laboratory/bilirubin", "umol/L", z[6]), "bilirubin", "umol/L"
        ),
        "haemoglobin_g_dl": _set_within(_haemoglobin(z[3], z[7]), "haemoglobin", "g/dL"),
        "lvef_pct": _set_within(_normal("laboratory/lvef", "%", z[8]), "lvef", "%"),
        "hepatic_impairment": share[2] < _number("laboratory/hepatic_impairment_share", "1"),
        "ancestry": _ancestry(share[3]),
        "ever_smoker": share[4] < _number(f"{tumour}/ever_smoker_share", "1"),
        "prior_lines": (share[5] < _number("population/prior_therapy_share", "1")).astype(np.int64),
    }


def _body(
    female: Bool[np.ndarray, " patients"], z_height: Column, z_weight: Column
) -> tuple[Column, Column]:
    """Height [cm] and weight [kg]."""

    def by_sex(name: str, unit: str) -> Float[np.ndarray, " patients"]:
        male_name, _, suffix = name.partition("*")
        return np.where(
            female,
            _number(f"body/{male_name}_female{suffix}", unit),
            _number(f"body/{male_name}_male{suffix}", unit),
        )

    z_weight = _correlated("weight_height", z_height, z_weight)
    height_cm = by_sex("height", "cm") + by_sex("height*_sd", "cm") * z_height
    weight_kg = by_sex("weight", "kg") * np.exp(by_sex("weight*_omega", "1") * z_weight)
    return height_cm, weight_kg + _number("body/weight_cancer_shift", "kg")


def _proteins(
    tumour: str, ecog: Int[np.ndarray, " patients"], z_albumin: Column, z_aag: Column
) -> tuple[Column, Column]:
    """Albumin and alpha1-acid glycoprotein [g/L], of which one rises as the other falls."""
    by_ecog = np.array(
        [
            0.0,
            _number("laboratory/albumin_ecog1", "g/L"),
            _number("laboratory/albumin_ecog2", "g/L"),
        ]
    )
    mean = _number("laboratory/albumin", "g/L") + by_ecog[ecog]
    if "albumin_shift" in keys(f"cohorts/{tumour}"):
        mean = mean + _number(f"{tumour}/albumin_shift", "g/L")
    albumin = mean + _number("laboratory/albumin_sd", "g/L") * z_albumin
    z_aag = _correlated("albumin_aag", z_albumin, z_aag)
    return albumin, _lognormal("laboratory/aag", "g/L", z_aag)


def _haemoglobin(z_albumin: Column, z: Column) -> Column:
    """[g/dL], falling with albumin."""
    z = _correlated("haemoglobin_albumin", z_albumin, z)
    return _normal("laboratory/haemoglobin", "g/dL", z)


def _ancestry(share: Column) -> Int[np.ndarray, " patients"]:
    """Index into ``ANCESTRIES``."""
    shares = [_number(f"population/ancestry/{name}", "1") for name in ANCESTRIES]
    return np.digitize(share, np.cumsum(shares)[:-1])


def _is_enrolled(
    columns: dict[str, np.ndarray], tumour: str, eligibility: Eligibility | None
) -> Bool[np.ndarray, " patients"]:
    """Within the ranges that every cohort keeps, and the regimen's own."""

    def within(x: Column, name: str, unit: str) -> Bool[np.ndarray, " patients"]:
        return (x >= _number(f"{name}_low", unit)) & (x <= _number(f"{name}_high", unit))

    enrolled = (
        within(columns["age_years"], f"{tumour}/age", "y")
        & within(columns["bsa_m2"], "body/bsa", "m2")
        & within(columns["albumin_g_l"], "laboratory/albumin", "g/L")
        & within(columns["aag_g_l"], "laboratory/aag", "g/L")
        & (columns["crcl_ml_min"] >= _number("laboratory/crcl_low", "mL/min"))
    )
    if eligibility is None:
        return enrolled
    return (
        enrolled
        & (columns["crcl_ml_min"] >= eligibility.crcl_low_ml_min)
        & (columns["bilirubin_umol_l"] <= eligibility.bilirubin_high_umol_l)
        & (columns["lvef_pct"] >= eligibility.lvef_low_pct)
    )


def _enrol(columns: dict[str, np.ndarray], eligibility: Eligibility) -> None:
    """Set what a regimen demands and nothing else depends on, which equals screening for it."""
    if eligibility.prior_lines is not None:
        columns["prior_lines"][:] = eligibility.prior_lines
    if not eligibility.hepatic_impairment:
        columns["hepatic_impairment"][:] = False


def _correlated(name: str, with_z: Column, z: Column) -> Column:
    """A deviate that correlates with another as the library says, from one that does not."""
    correlation = _number(f"correlations/{name}", "1")
    return correlation * with_z + math.sqrt(1.0 - correlation**2) * z


def _set_within(x: Column, name: str, unit: str) -> Column:
    return np.clip(
        x, _number(f"laboratory/{name}_low", unit), _number(f"laboratory/{name}_high", unit)
    )


def _number(path: str, unit: str) -> float:
    return quantity(f"cohorts/{path}", unit)


def _normal(path: str, unit: str, z: Column) -> Column:
    return _number(path, unit) + _number(f"{path}_sd", unit) * z


def _lognormal(path: str, unit: str, z: Column) -> Column:
    return _number(path, unit) * np.exp(_number(f"{path}_omega", "1") * z)
