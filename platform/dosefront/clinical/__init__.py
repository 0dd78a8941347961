"""What a clinic reads from a front: policies on new patients, against the usual care."""

from dosefront.clinical.adverse_events import SERIOUS, TermComparison, compare_events
from dosefront.clinical.choice import Choice, choices, usual_care
from dosefront.clinical.dosing import (
    CycleDoses,
    DoseMap,
    cycle_doses,
    dose_map,
    mean_fractions,
)
from dosefront.clinical.effects import (
    Effect,
    NumberNeeded,
    Tail,
    conditional_value_at_risk,
    effect,
    independent_difference,
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
from dosefront.clinical.forest import LEAST_SHOWN, GroupDifference, group_differences
from dosefront.clinical.headline import (
    LEAST_PATIENTS,
    ArmHeadline,
    Band,
    GroupEffects,
    Headline,
    headline,
)
from dosefront.clinical.measures import has_headline, measures_of
from dosefront.clinical.patients import Patients, chosen_patients
from dosefront.clinical.samples import spread_patients
from dosefront.clinical.shift import AS_TRAINED, Shift, ShiftedMeasure, ShiftRow, shift
from dosefront.clinical.survival import ProductLimit, product_limit, progression_free

__all__ = [
    "AS_TRAINED",
    "LEAST_PATIENTS",
    "LEAST_SHOWN",
    "SERIOUS",
    "Arm",
    "ArmHeadline",
    "Band",
    "Choice",
    "CycleDoses",
    "DoseMap",
    "Effect",
    "Evaluation",
    "GroupDifference",
    "GroupEffects",
    "Headline",
    "NumberNeeded",
    "Patients",
    "ProductLimit",
    "Shift",
    "ShiftRow",
    "ShiftedMeasure",
    "Tail",
    "TermComparison",
    "Treated",
    "choices",
    "chosen_patients",
    "compare_events",
    "conditional_value_at_risk",
    "cycle_doses",
    "dose_map",
    "effect",
    "evaluate",
    "group_differences",
    "has_headline",
    "headline",
    "independent_difference",
    "mean_fractions",
    "measures_of",
    "patients_mapping",
    "product_limit",
    "progression_free",
    "relative_change",
    "shared_spec",
    "shift",
    "spread_patients",
    "tail",
    "usual_care",
]
