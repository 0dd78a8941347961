"""What a clinic reads from a front: policies on new patients, against the label."""

from dosefront.clinical.adverse_events import SERIOUS, TermComparison, compare_events
from dosefront.clinical.dosing import CycleDoses, DoseMap, cycle_doses, dose_map
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
from dosefront.clinical.forest import LEAST_PATIENTS, GroupDifference, group_differences
from dosefront.clinical.samples import spread_patients
from dosefront.clinical.survival import ProductLimit, product_limit, progression_free

__all__ = [
    "LEAST_PATIENTS",
    "SERIOUS",
    "CycleDoses",
    "DoseMap",
    "Effect",
    "GroupDifference",
    "NumberNeeded",
    "ProductLimit",
    "Tail",
    "TermComparison",
    "compare_events",
    "conditional_value_at_risk",
    "cycle_doses",
    "dose_map",
    "effect",
    "group_differences",
    "independent_difference",
    "product_limit",
    "progression_free",
    "relative_change",
    "spread_patients",
    "tail",
]
