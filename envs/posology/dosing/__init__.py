"""The Gymnasium door: environments of one patient or many, and conventional care as policies."""

from posology.dosing.conventional import (
    AdaptiveHalf,
    Comparator,
    FixedDose,
    LabelWithRules,
    RandomDose,
    conventional_care,
)
from posology.dosing.environment import METADATA, CourseEnv, CourseVectorEnv
from posology.dosing.observation import Feature, decode, features, observe
from posology.dosing.registration import environment_id, register_environments

__all__ = [
    "METADATA",
    "AdaptiveHalf",
    "Comparator",
    "CourseEnv",
    "CourseVectorEnv",
    "Feature",
    "FixedDose",
    "LabelWithRules",
    "RandomDose",
    "conventional_care",
    "decode",
    "environment_id",
    "features",
    "observe",
    "register_environments",
]
