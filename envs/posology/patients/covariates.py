"""What is known of a patient before treatment, drawn with its correlations."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.library import quantity
from posology.patients.streams import standard_normals, standard_uniforms


@dataclass(frozen=True)
class Covariates:
    """Baseline covariates, one entry a patient."""

    age_years: Float[np.ndarray, " patients"]
    female: Bool[np.ndarray, " patients"]
    ecog: Int[np.ndarray, " patients"]
    """Performance status, 0 to 2."""
    bsa_m2: Float[np.ndarray, " patients"]
    """Body surface area (Mosteller)."""
    creatinine_umol_l: Float[np.ndarray, " patients"]
    crcl_ml_min: Float[np.ndarray, " patients"]
    """Creatinine clearance (Cockcroft and Gault), capped at 150."""
    albumin_g_l: Float[np.ndarray, " patients"]
    aag_g_l: Float[np.ndarray, " patients"]
    """Alpha1-acid glycoprotein, which binds docetaxel."""

    def replaced(self, where: Int[np.ndarray, " some"], other: Covariates) -> Covariates:
        """A copy in which patients ``where`` are those of ``other``."""
        columns = {}
        for field in fields(self):
            column = getattr(self, field.name).copy()
            column[where] = getattr(other, field.name)
            columns[field.name] = column
        return Covariates(**columns)


def draw_covariates(
    key: int, patients: Int[np.ndarray, " patients"], *, tumour: str, attempts: int = 200
) -> Covariates:
    """Covariates of eligible patients of one tumour type.

    A patient outside the ranges of the library or the regimen's eligibility is drawn again, each
    from the patient's own stream, as a trial screens another.
    """
    covariates = _draw(key, patients, tumour=tumour, attempt=0)
    for attempt in range(1, attempts):
        failed = np.flatnonzero(~_is_eligible(covariates, tumour=tumour))
        if failed.size == 0:
            return covariates
        fresh = _draw(key, patients[failed], tumour=tumour, attempt=attempt)
        covariates = covariates.replaced(failed, fresh)
    raise ValueError(
        f"{failed.size} of {patients.size} patients were not eligible after {attempts} draws. "
        "Widen the ranges under cohorts in the library."
    )


def _draw(
    key: int, patients: Int[np.ndarray, " patients"], *, tumour: str, attempt: int
) -> Covariates:
    z = standard_normals(key, patients, count=6, attempt=attempt)
    share = standard_uniforms(key, patients, count=2, attempt=attempt)
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
        _number("laboratory/cockcroft_female", "mL/min*umol/L/kg/y"),
        _number("laboratory/cockcroft_male", "mL/min*umol/L/kg/y"),
    )
    albumin, aag = _proteins(ecog, z[3], z[4])
    return Covariates(
        age_years=age,
        female=female,
        ecog=ecog,
        bsa_m2=np.sqrt(height_cm * np.maximum(weight_kg, 1.0) / 3600.0),
        creatinine_umol_l=creatinine,
        crcl_ml_min=np.minimum(
            (140.0 - age) * weight_kg * factor / creatinine,
            _number("laboratory/crcl_high", "mL/min"),
        ),
        albumin_g_l=albumin,
        aag_g_l=aag,
    )


def _body(
    female: Bool[np.ndarray, " patients"],
    z_height: Float[np.ndarray, " patients"],
    z_weight: Float[np.ndarray, " patients"],
) -> tuple[Float[np.ndarray, " patients"], Float[np.ndarray, " patients"]]:
    """Height [cm] and weight [kg]."""

    def by_sex(name: str, unit: str) -> Float[np.ndarray, " patients"]:
        male_name, _, suffix = name.partition("*")
        return np.where(
            female,
            _number(f"body/{male_name}_female{suffix}", unit),
            _number(f"body/{male_name}_male{suffix}", unit),
        )

    correlation = _number("correlations/weight_height", "1")
    z_weight = correlation * z_height + np.sqrt(1.0 - correlation**2) * z_weight
    height_cm = by_sex("height", "cm") + by_sex("height*_sd", "cm") * z_height
    weight_kg = by_sex("weight", "kg") * np.exp(by_sex("weight*_omega", "1") * z_weight)
    return height_cm, weight_kg + _number("body/weight_cancer_shift", "kg")


def _proteins(
    ecog: Int[np.ndarray, " patients"],
    z_albumin: Float[np.ndarray, " patients"],
    z_aag: Float[np.ndarray, " patients"],
) -> tuple[Float[np.ndarray, " patients"], Float[np.ndarray, " patients"]]:
    """Albumin and alpha1-acid glycoprotein [g/L], of which one rises as the other falls."""
    correlation = _number("correlations/albumin_aag", "1")
    z_aag = correlation * z_albumin + np.sqrt(1.0 - correlation**2) * z_aag
    shift = np.array(
        [
            0.0,
            _number("laboratory/albumin_ecog1", "g/L"),
            _number("laboratory/albumin_ecog2", "g/L"),
        ]
    )
    albumin = (
        _number("laboratory/albumin", "g/L")
        + shift[ecog]
        + _number("laboratory/albumin_sd", "g/L") * z_albumin
    )
    return albumin, _lognormal("laboratory/aag", "g/L", z_aag)


def _is_eligible(covariates: Covariates, *, tumour: str) -> Bool[np.ndarray, " patients"]:
    def within(
        x: Float[np.ndarray, " patients"], name: str, unit: str
    ) -> Bool[np.ndarray, " patients"]:
        return (x >= _number(f"{name}_low", unit)) & (x <= _number(f"{name}_high", unit))

    return (
        within(covariates.age_years, f"{tumour}/age", "y")
        & within(covariates.bsa_m2, "body/bsa", "m2")
        & within(covariates.albumin_g_l, "laboratory/albumin", "g/L")
        & within(covariates.aag_g_l, "laboratory/aag", "g/L")
        & (covariates.crcl_ml_min >= _number("eligibility/crcl_low", "mL/min"))
    )


def _number(path: str, unit: str) -> float:
    return quantity(f"cohorts/{path}", unit)


def _lognormal(
    path: str, unit: str, z: Float[np.ndarray, " patients"]
) -> Float[np.ndarray, " patients"]:
    return _number(path, unit) * np.exp(_number(f"{path}_omega", "1") * z)
