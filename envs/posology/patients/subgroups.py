"""Groups of patients by which results are reported."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from posology.library import quantity, tumour_names
from posology.patients.cohort import Cohort
from posology.patients.covariates import ANCESTRIES


def subgroups(cohort: Cohort) -> dict[str, Bool[np.ndarray, " patients"]]:
    """Which patients of a cohort belong to each group, by the group's name.

    Groups overlap. Those to which nobody belongs, or everybody, are left out: they split nothing.
    The limits stand under ``cohorts/subgroups`` in the library, each with its source.

    | name | patients |
    |---|---|
    | ``female``, ``male`` | by sex |
    | ``age_65_or_over``, ``age_75_or_over`` | the ages of ICH E7 |
    | ``renal_impaired`` | creatinine clearance below 60 mL/min: moderate impairment or worse |
    | ``renal_mildly_impaired`` | ... of 60 to 89 mL/min |
    | ``DPYD_deficient`` | activity score below 2: intermediate and poor metabolisers of CPIC |
    | ``UGT1A1_poor`` | two slow alleles (`*28`, `*6`): poor metabolisers of CPIC |
    | ``ancestry:EUR`` and so on | by ancestry |
    | ``tumour:NSCLC`` and so on | by tumour, in a clinic of many |

    >>> masks = subgroups(Cohort.virtual(500, seed=1, regimen="docetaxel-cisplatin"))
    >>> bool((masks["female"] != masks["male"]).all()), "renal_impaired" in masks
    (True, False)
    """
    covariates, genome = cohort.covariates, cohort.genome
    age, crcl = covariates.age_years, covariates.crcl_ml_min
    older, oldest = _limit("age_older", "y"), _limit("age_oldest", "y")
    moderate, normal = _limit("crcl_moderate", "mL/min"), _limit("crcl_normal", "mL/min")
    groups = {
        "female": covariates.female,
        "male": ~covariates.female,
        f"age_{older:g}_or_over": age >= older,
        f"age_{oldest:g}_or_over": age >= oldest,
        "renal_impaired": crcl < moderate,
        "renal_mildly_impaired": (crcl >= moderate) & (crcl < normal),
        "DPYD_deficient": genome.dpyd_activity < _limit("dpyd_normal", "1"),
        "UGT1A1_poor": genome.ugt1a1_slow >= _limit("ugt1a1_slow", "1"),
    }
    for index, name in enumerate(ANCESTRIES):
        groups[f"ancestry:{name}"] = covariates.ancestry == index
    for index, name in enumerate(tumour_names()):
        groups[f"tumour:{name}"] = cohort.tumours == index
    return {name: mask for name, mask in groups.items() if mask.any() and not mask.all()}


def _limit(name: str, unit: str) -> float:
    return quantity(f"cohorts/subgroups/{name}", unit)
