"""What is written down of a patient: the person, who never changes, and the chart, which does.

Both are numpy record arrays, one entry a patient: compiled code can say ``chart[i].cycles``.
"""

from __future__ import annotations

import numpy as np

from posology.patients import Cohort
from posology.treatment.grading import TERMS

PERSON = np.dtype(
    [
        ("age_years", "f8"),
        ("female", "f8"),
        ("ecog", "f8"),
        ("bsa_m2", "f8"),
        ("crcl_ml_min", "f8"),
        ("albumin_g_l", "f8"),
        ("aag_g_l", "f8"),
        # hidden from the clinic
        ("cisplatin_clearance", "f8"),  # [L/h] at the baseline creatinine clearance
        ("cisplatin_volume", "f8"),  # [L]
        ("kill_rates", "f8", (2,)),  # [1/d] at label intensity
        ("resistance_rate", "f8"),  # [1/d] at label intensity
        ("growth_rate", "f8"),  # [1/d]
        ("baseline_sld_mm", "f8"),
        ("renal_loss", "f8"),  # log loss of creatinine clearance per mg h/L of platinum
        ("neuropathy_threshold", "f8"),  # [mg/m2 of cisplatin]
        ("fever_hazard", "f8"),  # [1/d] with neutrophils below 0.5
    ]
)
"""A patient's covariates and parameters."""

CHART = np.dtype(
    [
        ("patient", "i8"),  # number in the cohort
        ("course", "i8"),  # how many courses this patient's noise was drawn for before
        # time
        ("week", "i8"),  # weeks since the first visit
        ("cycles", "i8"),  # cycles begun
        ("weeks_since_dose", "i8"),  # since a cycle began; NEVER before the first
        ("on_treatment", "b1"),  # a dose may still be given
        ("ended", "b1"),  # the course is over
        ("death_week", "i8"),  # 0 while alive
        ("progression_week", "i8"),  # 0 before progression
        # doses
        ("fractions", "f8", (2,)),  # last given, of the label dose; 1 before the first
        ("totals_mg_m2", "f8", (2,)),  # cumulative
        ("refusals", "i8"),  # doses that the guardrails refused at a due visit
        ("delay_weeks", "i8"),  # visits at which a cycle was due and none began
        # laboratory at the visit
        ("neutrophils", "f8"),  # [10^9/L]
        ("platelets", "f8"),  # [10^9/L]
        ("crcl_ml_min", "f8"),
        # since the last cycle began
        ("nadir_neutrophils", "f8"),  # lowest measured [10^9/L]
        ("nadir_platelets", "f8"),  # lowest measured [10^9/L]
        ("grade4_visits", "i8"),  # visits in a row with neutrophils below 0.5
        ("long_grade4", "b1"),  # two such visits: grade 4 for more than 7 days
        ("febrile", "b1"),  # febrile neutropenia
        # scans
        ("sld_mm", "f8"),  # measured sum of longest diameters
        ("sld_baseline_mm", "f8"),
        ("sld_nadir_mm", "f8"),
        ("weeks_since_scan", "i8"),
        ("responded", "b1"),  # the last scan showed a partial response
        ("confirmed", "b1"),  # two in a row did
        # adverse events, in the order of grading.TERMS
        ("grades", "i8", (len(TERMS),)),  # of the last week
        ("worst_grades", "i8", (len(TERMS),)),
        ("charted_neutropenia", "i8"),  # worst grade that the weekly blood counts showed
        # what the course has returned so far, undiscounted
        ("efficacy", "f8"),
        ("toxicity", "f8"),
        # hidden from the clinic
        ("effect", "f8", (2,)),  # exposure that acts on the tumour, relative to label intensity
        ("kill", "f8"),  # cumulative potential kill
        ("log_size", "f8"),  # tumour size relative to baseline
        ("renal_reversible", "f8"),  # log loss of creatinine clearance that comes back
        ("renal_permanent", "f8"),
        ("areas", "f8", (2,)),  # cumulative area under the curve [mg h/L]
    ]
)
"""A course of treatment as it stands."""

NEVER = 999
"""Weeks since a dose or a scan that has not happened."""


def persons(cohort: Cohort) -> np.ndarray:
    """The cohort's patients as records of ``PERSON``."""
    out = np.zeros(cohort.patients.size, PERSON)
    for name in ("age_years", "female", "ecog", "bsa_m2", "crcl_ml_min", "albumin_g_l", "aag_g_l"):
        out[name] = getattr(cohort.covariates, name)
    for name in PERSON.names[7:] if PERSON.names else ():
        out[name] = getattr(cohort.individuals, name).T
    return out
