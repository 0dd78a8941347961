"""A course of treatment: regimen, grading, objectives, endpoints and the transition itself."""

from posology.treatment.chart import CHART, NEVER, PERSON, persons
from posology.treatment.course import Courses
from posology.treatment.endpoints import endpoints
from posology.treatment.grading import (
    EVENT_UNITS,
    TERMS,
    creatinine_bounds,
    grade_above,
    grade_below,
    neuropathy_bounds,
    neutrophil_bounds,
    platelet_bounds,
)
from posology.treatment.objectives import DEATH_UNITS, OBJECTIVES
from posology.treatment.regimen import DOSE_LEVELS, Guardrails, LabelRules, Regimen
from posology.treatment.setting import Setting, setting

__all__ = [
    "CHART",
    "DEATH_UNITS",
    "DOSE_LEVELS",
    "EVENT_UNITS",
    "NEVER",
    "OBJECTIVES",
    "PERSON",
    "TERMS",
    "Courses",
    "Guardrails",
    "LabelRules",
    "Regimen",
    "Setting",
    "creatinine_bounds",
    "endpoints",
    "grade_above",
    "grade_below",
    "neuropathy_bounds",
    "neutrophil_bounds",
    "persons",
    "platelet_bounds",
    "setting",
]
