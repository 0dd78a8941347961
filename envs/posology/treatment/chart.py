"""What is written down of a patient: the person, who never changes, and the chart, which does.

Both are numpy record arrays, one entry a patient: compiled code can say ``chart[i].cycles``.
Arrays by drug or agent have room for the largest regimen; what is beyond this one's stays idle.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from posology.patients import Cohort, Covariates, Individuals
from posology.pharmacology import GLIOMA_RATES, MOST_AGENTS, TISSUES
from posology.treatment.grading import ACUTE, TERMS
from posology.treatment.objectives import OBJECTIVES
from posology.treatment.regimen import MOST_DRUGS

COVARIATES = tuple(field.name for field in fields(Covariates))
"""Covariates that a person's record carries, under the same names."""

PERSON = np.dtype(
    [("number", "i8")]  # in the split, which says which noise is the patient's
    + [(name, "f8") for name in COVARIATES]
    + [
        ("dpyd_activity", "f8"),
        ("ugt1a1_slow", "f8"),
        # hidden from the clinic
        ("compartments", "f8", (MOST_AGENTS, 4)),  # CL, V1, Q, V2 where clearance is renal
        ("renal_share", "f8", (MOST_AGENTS,)),
        ("log_kill", "f8", (MOST_AGENTS,)),  # of a reference exposure
        ("kill_rate", "f8"),  # of all agents at label intensity [1/d]
        ("resistance_rate", "f8"),  # [1/d] at label intensity
        ("growth_rate", "f8"),  # [1/d]
        ("baseline_sld_mm", "f8"),
        ("new_lesion_rate", "f8"),  # [1/d] at baseline size
        ("glioma", "f8", (len(GLIOMA_RATES) + 1,)),  # rates [1/d], proliferating tissue [mm]
        ("anaemia", "f8", (MOST_AGENTS,)),  # log loss of production by a reference exposure
        ("acute_hazards", "f8", (len(ACUTE), MOST_AGENTS)),
        ("renal_loss", "f8", (MOST_AGENTS,)),
        ("neuropathy_dose", "f8", (MOST_AGENTS,)),  # [mg/m2]
        ("cardiac_dose", "f8", (MOST_AGENTS,)),  # [mg/m2]
        ("fever_hazard", "f8"),  # [1/d] with neutrophils below 0.5
    ]
)
"""A patient's covariates and parameters."""

CHART = np.dtype(
    [
        ("patient", "i8"),  # position in the cohort
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
        ("fractions", "f8", (MOST_DRUGS,)),  # at the last cycle's start, of label; 1 before it
        ("totals", "f8", (MOST_DRUGS,)),  # cumulative, in the unit of the drug's dose
        ("refusals", "i8"),  # doses that the guardrails refused at a due visit
        ("delay_weeks", "i8"),  # visits at which a cycle was due and none began
        ("gcsf", "b1"),  # this cycle has the support of G-CSF
        # laboratory at the last visit with blood taken
        ("neutrophils", "f8"),  # [10^9/L]
        ("platelets", "f8"),  # [10^9/L]
        ("haemoglobin", "f8"),  # [g/dL]
        ("crcl_ml_min", "f8"),
        # since the last cycle began
        ("nadir_neutrophils", "f8"),  # lowest measured [10^9/L]
        ("nadir_platelets", "f8"),  # lowest measured [10^9/L]
        ("grade4_visits", "i8"),  # visits in a row with neutrophils below 0.5
        ("long_grade4", "b1"),  # two such visits: grade 4 for more than 7 days
        ("febrile", "b1"),  # febrile neutropenia
        ("acute", "i8", (len(ACUTE),)),  # worst grade of each acute term
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
        ("charted", "i8", (2,)),  # worst neutropenia, thrombocytopenia that blood counts showed
        # what the course has returned so far, undiscounted
        ("returns", "f8", (len(OBJECTIVES),)),
        # hidden from the clinic
        ("stored", "f8", (MOST_AGENTS,)),  # reference exposures that have yet to act
        ("kill", "f8"),  # cumulative potential log kill
        ("tissues", "f8", (len(TISSUES),)),  # of low-grade glioma
        ("log_size", "f8"),  # tumour size relative to baseline
        ("smallest", "f8"),  # lowest log_size so far
        ("smallest_week", "i8"),
        ("log_size_week12", "f8"),
        ("new_lesion", "b1"),
        ("red_cells", "f8"),  # true haemoglobin [g/dL]
        ("transfusions", "i8"),
        ("renal_reversible", "f8"),  # log loss of creatinine clearance that comes back
        ("renal_permanent", "f8"),
        ("exposures", "f8", (MOST_AGENTS,)),  # cumulative reference exposures
    ]
)
"""A course of treatment as it stands."""

NEVER = 999
"""Weeks since a dose or a scan that has not happened."""


def persons(cohort: Cohort, individuals: Individuals) -> np.ndarray:
    """The cohort's patients as records of ``PERSON``; idle entries do nothing."""
    out = np.zeros(cohort.patients.size, PERSON)
    out["number"] = cohort.patients
    for name in COVARIATES:
        out[name] = getattr(cohort.covariates, name)
    out["dpyd_activity"] = cohort.genome.dpyd_activity
    out["ugt1a1_slow"] = cohort.genome.ugt1a1_slow
    out["neuropathy_dose"] = np.inf
    out["cardiac_dose"] = np.inf
    agents = len(individuals.agents)
    for k, kinetics in enumerate(individuals.kinetics):
        out["renal_share"][:, k] = kinetics.renal_share
        if kinetics.compartments is not None:
            out["compartments"][:, k] = kinetics.compartments.T
    for name in ("log_kill", "anaemia", "renal_loss", "neuropathy_dose", "cardiac_dose"):
        out[name][:, :agents] = getattr(individuals, name).T
    if individuals.glioma is not None:
        out["glioma"] = individuals.glioma.T
    out["acute_hazards"][:, :, :agents] = individuals.acute_hazards.transpose(2, 0, 1)
    for name in (
        "resistance_rate",
        "growth_rate",
        "baseline_sld_mm",
        "new_lesion_rate",
        "fever_hazard",
    ):
        out[name] = getattr(individuals, name)
    return out
