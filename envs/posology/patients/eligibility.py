"""Who may be treated with a regimen."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from posology.library import keys, quantity, text
from posology.patients.covariates import Covariates


class Eligibility(NamedTuple):
    """A regimen's limits to enrolment, besides blood counts."""

    crcl_low_ml_min: float
    bilirubin_high_umol_l: float
    """Infinite where the regimen names none."""
    lvef_low_pct: float
    """Zero where the regimen names none."""
    prior_lines: int | None
    """Lines of chemotherapy before this one; None where any number will do."""
    hepatic_impairment: bool
    """Whether patients with raised transaminases and alkaline phosphatase are enrolled."""


def eligibility_of(regimen: str) -> Eligibility:
    """Limits under ``regimens/<regimen>/eligibility``; what it lacks is ``cohorts/eligibility``'s.

    >>> eligibility_of("docetaxel-cisplatin").crcl_low_ml_min
    60.0
    """
    lines = _limit(regimen, "prior_lines", "1", default=-1.0)
    return Eligibility(
        crcl_low_ml_min=_limit(regimen, "crcl_low", "mL/min", default=0.0),
        bilirubin_high_umol_l=_limit(regimen, "bilirubin_high", "umol/L", default=math.inf),
        lvef_low_pct=_limit(regimen, "lvef_low", "%", default=0.0),
        prior_lines=None if lines < 0.0 else int(lines),
        hepatic_impairment=_enrols_hepatic_impairment(regimen),
    )


def is_eligible(covariates: Covariates, limits: Eligibility) -> Bool[np.ndarray, " patients"]:
    """Which patients may be treated, just as they are."""
    enrolled = (
        (covariates.crcl_ml_min >= limits.crcl_low_ml_min)
        & (covariates.bilirubin_umol_l <= limits.bilirubin_high_umol_l)
        & (covariates.lvef_pct >= limits.lvef_low_pct)
    )
    if limits.prior_lines is not None:
        enrolled &= covariates.prior_lines == limits.prior_lines
    return enrolled if limits.hepatic_impairment else enrolled & ~covariates.hepatic_impairment


def _limit(regimen: str, name: str, unit: str, *, default: float) -> float:
    for place in _places(regimen):
        if name in keys(place):
            return quantity(f"{place}/{name}", unit)
    return default


def _enrols_hepatic_impairment(regimen: str) -> bool:
    for place in _places(regimen):
        if "hepatic_impairment" in keys(place):
            return text(f"{place}/hepatic_impairment") == "allowed"
    return True


def _places(regimen: str) -> tuple[str, ...]:
    """Where limits are looked for, the regimen's own first."""
    own = f"regimens/{regimen}"
    named = (f"{own}/eligibility",) if "eligibility" in keys(own) else ()
    return (*named, "cohorts/eligibility")
