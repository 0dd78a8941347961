"""What a clinic reads from a front: policies on new patients, against the label."""

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

__all__ = [
    "Effect",
    "NumberNeeded",
    "Tail",
    "conditional_value_at_risk",
    "effect",
    "independent_difference",
    "relative_change",
    "tail",
]
