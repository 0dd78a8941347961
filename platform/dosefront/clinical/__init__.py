"""What a clinic reads from a front: policies on new patients, against the usual care."""

from dosefront.clinical.choice import Choice, choices, usual_care
from dosefront.clinical.effects import (
    Effect,
    NumberNeeded,
    Tail,
    conditional_value_at_risk,
    difference_of,
    effect,
    independent_difference,
    level,
    paired_rate_difference,
    relative_change,
    tail,
)
from dosefront.clinical.evaluation import (
    Arm,
    Evaluation,
    Treated,
    evaluate,
    patients_mapping,
    shared_spec,
)
from dosefront.clinical.headline import (
    LEAST_PATIENTS,
    ArmHeadline,
    Band,
    GroupEffects,
    Headline,
    headline,
)
from dosefront.clinical.measures import Measure, has_headline, measures_of
from dosefront.clinical.patients import Patients, chosen_patients
from dosefront.clinical.shift import AS_TRAINED, Shift, ShiftedMeasure, ShiftRow, shift

__all__ = [
    "AS_TRAINED",
    "LEAST_PATIENTS",
    "Arm",
    "ArmHeadline",
    "Band",
    "Choice",
    "Effect",
    "Evaluation",
    "GroupEffects",
    "Headline",
    "Measure",
    "NumberNeeded",
    "Patients",
    "Shift",
    "ShiftRow",
    "ShiftedMeasure",
    "Tail",
    "Treated",
    "choices",
    "chosen_patients",
    "conditional_value_at_risk",
    "difference_of",
    "effect",
    "evaluate",
    "has_headline",
    "headline",
    "independent_difference",
    "level",
    "measures_of",
    "paired_rate_difference",
    "patients_mapping",
    "relative_change",
    "shared_spec",
    "shift",
    "tail",
    "usual_care",
]
