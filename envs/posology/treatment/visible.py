"""What the clinic sees of each patient at a visit, in clinical units, one row a patient."""

from __future__ import annotations

import numba as nb
import numpy as np

from posology.treatment.chart import NEVER
from posology.treatment.grading import NEUROPATHY
from posology.treatment.setting import Setting
from posology.treatment.transition import is_due, is_permitted

VISIBLE = (
    "age",
    "female",
    "performance status",
    "body surface area",
    "albumin",
    "alpha1-acid glycoprotein",
    "bilirubin",
    "DPYD activity",
    "UGT1A1 slow alleles",
    "week",
    "cycles begun",
    "weeks since cycle began",
    "cycle due",
    "neutrophils",
    "platelets",
    "haemoglobin",
    "creatinine clearance",
    "neutrophil nadir in cycle",
    "platelet nadir in cycle",
    "grade 4 neutropenia over 7 days in cycle",
    "febrile neutropenia in cycle",
    "diarrhoea in cycle",
    "mucositis in cycle",
    "hand-foot syndrome in cycle",
    "ALT increased in cycle",
    "sensory neuropathy",
    "tumour size",
    "tumour size, of baseline",
    "tumour size, of nadir",
    "weeks since scan",
)
"""What every patient has, in the order of a row."""
OF_DRUG = ("permitted", "last fraction", "total")
"""What follows for each drug of the regimen; the total in label cycles."""


@nb.njit(cache=True, nogil=True)
def visible_rows(
    chart: np.ndarray,
    people: np.ndarray,
    slots: np.ndarray,
    s: Setting,
    tables: np.ndarray,
    per_cycle: np.ndarray,
    genotyped: bool,
) -> np.ndarray:
    """Rows of ``VISIBLE``, then of ``OF_DRUG`` for each drug, (slots, numbers).

    ``per_cycle`` is each drug's label dose of a cycle, (drugs,); a genotype not known is -1.
    """
    rules = tables[0]
    out = np.empty((slots.size, len(VISIBLE) + len(OF_DRUG) * s.drugs))
    for k in range(slots.size):
        c = chart[slots[k]]
        person = people[c.patient]
        due = is_due(c, rules, s)
        out[k, 0] = person.age_years
        out[k, 1] = person.female
        out[k, 2] = person.ecog
        out[k, 3] = person.bsa_m2
        out[k, 4] = person.albumin_g_l
        out[k, 5] = person.aag_g_l
        out[k, 6] = person.bilirubin_umol_l
        out[k, 7] = person.dpyd_activity if genotyped else -1.0
        out[k, 8] = person.ugt1a1_slow if genotyped else -1.0
        out[k, 9] = c.week
        out[k, 10] = c.cycles
        out[k, 11] = min(c.weeks_since_dose, NEVER)
        out[k, 12] = due and c.weeks_since_dose >= s.interval_weeks
        out[k, 13] = c.neutrophils
        out[k, 14] = c.platelets
        out[k, 15] = c.haemoglobin
        out[k, 16] = c.crcl_ml_min
        out[k, 17] = max(c.nadir_neutrophils, 0.01)
        out[k, 18] = max(c.nadir_platelets, 0.1)
        out[k, 19] = c.long_grade4
        out[k, 20] = c.febrile
        for term in range(4):
            out[k, 21 + term] = c.acute[term]
        out[k, 25] = c.grades[NEUROPATHY]
        out[k, 26] = c.sld_mm
        out[k, 27] = c.sld_mm / c.sld_baseline_mm
        out[k, 28] = c.sld_mm / c.sld_nadir_mm
        out[k, 29] = c.weeks_since_scan
        for drug in range(s.drugs):
            first = len(VISIBLE) + len(OF_DRUG) * drug
            out[k, first] = due and is_permitted(c, rules, s, drug)
            out[k, first + 1] = c.fractions[drug]
            out[k, first + 2] = c.totals[drug] / per_cycle[drug]
    return out
