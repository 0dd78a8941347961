"""What is known of a patient before treatment."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.library import quantity

ANCESTRIES = ("EUR", "EAS", "AFR", "other")
"""Ancestries by which frequencies of variants are published, in the order of their index."""

PLAUSIBLE_UNITS = {
    "age_years": "y",
    "ecog": "1",
    "height_cm": "cm",
    "weight_kg": "kg",
    "bsa_m2": "m2",
    "creatinine_umol_l": "umol/L",
    "crcl_ml_min": "mL/min",
    "albumin_g_l": "g/L",
    "aag_g_l": "g/L",
    "bilirubin_umol_l": "umol/L",
    "haemoglobin_g_dl": "g/dL",
    "lvef_pct": "%",
    "ancestry": "1",
    "prior_lines": "1",
}
"""Covariates with a plausible range in the library, and its unit."""

COCKCROFT_UNIT = "mL/min*umol/L/kg/y"
"""Unit of the factors of Cockcroft and Gault."""


def _unstated() -> np.ndarray:
    return np.empty(0)


@dataclass(frozen=True, kw_only=True)
class Covariates:
    """Baseline covariates, one entry a patient.

    What has a default need not be stated: height and weight then follow from the body surface
    area, and the rest is the library's typical patient's.

    Raises:
        ValueError: a value outside the library's plausible range, or columns of unequal length.
    """

    age_years: Float[np.ndarray, " patients"]
    female: Bool[np.ndarray, " patients"]
    ecog: Int[np.ndarray, " patients"]
    """Performance status, 0 to 2."""
    height_cm: Float[np.ndarray, " patients"] = field(default_factory=_unstated)
    weight_kg: Float[np.ndarray, " patients"] = field(default_factory=_unstated)
    bsa_m2: Float[np.ndarray, " patients"]
    """Body surface area (Mosteller)."""
    creatinine_umol_l: Float[np.ndarray, " patients"]
    """Serum creatinine; NaN where only the clearance is known."""
    crcl_ml_min: Float[np.ndarray, " patients"]
    """Creatinine clearance (Cockcroft and Gault), capped at 150."""
    albumin_g_l: Float[np.ndarray, " patients"]
    aag_g_l: Float[np.ndarray, " patients"]
    """Alpha1-acid glycoprotein, which binds docetaxel."""
    bilirubin_umol_l: Float[np.ndarray, " patients"] = field(default_factory=_unstated)
    haemoglobin_g_dl: Float[np.ndarray, " patients"] = field(default_factory=_unstated)
    lvef_pct: Float[np.ndarray, " patients"] = field(default_factory=_unstated)
    """Left ventricular ejection fraction [%]."""
    hepatic_impairment: Bool[np.ndarray, " patients"] = field(default_factory=_unstated)
    """Transaminases above 1.5 and alkaline phosphatase above 2.5 times the upper limit."""
    ancestry: Int[np.ndarray, " patients"] = field(default_factory=_unstated)
    """Index into ``ANCESTRIES``."""
    ever_smoker: Bool[np.ndarray, " patients"] = field(default_factory=_unstated)
    prior_lines: Int[np.ndarray, " patients"] = field(default_factory=_unstated)
    """Lines of chemotherapy before this one: 0, or 1 for one and more."""

    def __post_init__(self) -> None:
        for name, column in _missing(self).items():
            object.__setattr__(self, name, column)
        _check(self)

    @classmethod
    def typical(cls, patients: int = 1) -> Covariates:
        """The library's typical patient, to whom reference exposures belong, so many times.

        >>> float(Covariates.typical().bsa_m2[0])
        1.85
        """
        age, bsa = _reference("age", "y"), _reference("bsa", "m2")
        crcl = _reference("crcl", "mL/min")
        weight = mosteller_weight_kg(bsa, height_cm=_reference("height", "cm"))
        factor = _number("laboratory/cockcroft_male", COCKCROFT_UNIT)
        return cls(
            age_years=np.full(patients, age),
            female=np.zeros(patients, bool),
            ecog=np.ones(patients, np.int64),
            bsa_m2=np.full(patients, bsa),
            creatinine_umol_l=np.full(patients, (140.0 - age) * weight * factor / crcl),
            crcl_ml_min=np.full(patients, crcl),
            albumin_g_l=np.full(patients, _reference("albumin", "g/L")),
            aag_g_l=np.full(patients, _reference("aag", "g/L")),
        )

    @classmethod
    def joined(cls, parts: Sequence[Covariates]) -> Covariates:
        """The patients of every part, one after another."""
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        )

    def taken(self, where: Int[np.ndarray, " some"]) -> Covariates:
        """The patients at ``where``, in that order."""
        return Covariates(**{f.name: getattr(self, f.name)[where] for f in fields(self)})


def mosteller_weight_kg(bsa_m2: float, *, height_cm: float) -> float:
    """Weight [kg] of a body surface area [m2] at a height [cm]: BSA = sqrt(H W / 3600).

    >>> mosteller_weight_kg(2.0, height_cm=180.0)
    80.0
    """
    return 3600.0 * bsa_m2**2 / height_cm


def _missing(covariates: Covariates) -> dict[str, np.ndarray]:
    """Columns that were not stated."""
    size = covariates.age_years.size
    unstated = {f.name for f in fields(covariates) if getattr(covariates, f.name).size == 0}
    if size == 0 or not unstated:
        return {}
    height = covariates.height_cm
    if "height_cm" in unstated:
        height = np.full(size, _reference("height", "cm"))
    typical = {
        "height_cm": height,
        "weight_kg": 3600.0 * covariates.bsa_m2**2 / height,
        "bilirubin_umol_l": np.full(size, _reference("bilirubin", "umol/L")),
        "haemoglobin_g_dl": np.full(size, _reference("haemoglobin", "g/dL")),
        "lvef_pct": np.full(size, _reference("lvef", "%")),
        "hepatic_impairment": np.zeros(size, bool),
        "ancestry": np.zeros(size, np.int64),
        "ever_smoker": np.zeros(size, bool),
        "prior_lines": np.zeros(size, np.int64),
    }
    return {name: column for name, column in typical.items() if name in unstated}


@functools.cache
def plausible_range(name: str) -> tuple[float, float]:
    """Lowest and highest value of a covariate that is taken for a patient's."""
    low, high = (
        _number(f"plausible/{name}_{end}", PLAUSIBLE_UNITS[name]) for end in ("low", "high")
    )
    return low, high


def _check(covariates: Covariates) -> None:
    """Refuse what no patient has."""
    size = covariates.age_years.size
    for each in fields(covariates):
        found = getattr(covariates, each.name).size
        if found != size:
            raise ValueError(
                f"{each.name} has {found} entries but age_years has {size}. "
                "Give every covariate one entry a patient."
            )
    for name, unit in PLAUSIBLE_UNITS.items():
        column = getattr(covariates, name)
        low, high = plausible_range(name)
        possible = (column >= low) & (column <= high)
        if name == "creatinine_umol_l":
            possible |= np.isnan(column)
        if not possible.all():
            k = int(np.argmin(possible))
            of_unit = "" if unit == "1" else f" {unit}"
            raise ValueError(
                f"{name} must be {low:g} to {high:g}{of_unit}; got {column[k]:g} (patient {k}). "
                "Check the unit and the entry."
            )


def _number(path: str, unit: str) -> float:
    return quantity(f"cohorts/{path}", unit)


def _reference(name: str, unit: str) -> float:
    return quantity(f"cohorts/reference/{name}", unit)
