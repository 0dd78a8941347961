"""A course of treatment: regimen, grading, objectives, endpoints and the transition itself."""

from posology.treatment.chart import CHART, NEVER, PERSON, persons
from posology.treatment.course import Courses
from posology.treatment.diary import Diary
from posology.treatment.endpoints import endpoints
from posology.treatment.grading import EVENT_UNITS, TERMS, grade_above, grade_below
from posology.treatment.objectives import DEATH_UNITS, OBJECTIVES, objectives
from posology.treatment.regimen import (
    DOSE_LEVELS,
    MOST_DRUGS,
    Component,
    DrugRules,
    Guardrails,
    LabelRules,
    Regimen,
)
from posology.treatment.scenario import Scenario
from posology.treatment.survival import has_survival_link, survival_days
from posology.treatment.visible import OF_DRUG, VISIBLE

__all__ = [
    "CHART",
    "DEATH_UNITS",
    "DOSE_LEVELS",
    "EVENT_UNITS",
    "MOST_DRUGS",
    "NEVER",
    "OBJECTIVES",
    "OF_DRUG",
    "PERSON",
    "TERMS",
    "VISIBLE",
    "Component",
    "Courses",
    "Diary",
    "DrugRules",
    "Guardrails",
    "LabelRules",
    "Regimen",
    "Scenario",
    "endpoints",
    "grade_above",
    "grade_below",
    "has_survival_link",
    "objectives",
    "persons",
    "survival_days",
]
