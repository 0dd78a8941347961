"""The Gymnasium door: environments of one patient or many, and conventional care as policies."""

from posology.dosing.clinic import ClinicVectorEnv, clinic_env
from posology.dosing.clinic_view import ByRegimen, clinic_care, clinic_features, regimen_of
from posology.dosing.conventional import (
    AdaptiveHalf,
    Comparator,
    FixedDose,
    LabelWithRules,
    Policy,
    RandomDose,
    conventional_care,
)
from posology.dosing.environment import METADATA, CourseEnv, CourseVectorEnv
from posology.dosing.observation import Feature, decode, features, observe
from posology.dosing.panel import Panel
from posology.dosing.registration import environment_id, register_environments
from posology.dosing.wards import Ward, Wards

__all__ = [
    "METADATA",
    "AdaptiveHalf",
    "ByRegimen",
    "ClinicVectorEnv",
    "Comparator",
    "CourseEnv",
    "CourseVectorEnv",
    "Feature",
    "FixedDose",
    "LabelWithRules",
    "Panel",
    "Policy",
    "RandomDose",
    "Ward",
    "Wards",
    "clinic_care",
    "clinic_env",
    "clinic_features",
    "conventional_care",
    "decode",
    "environment_id",
    "features",
    "observe",
    "regimen_of",
    "register_environments",
]
