"""The Gymnasium door: environments of one patient or many, and conventional care as policies."""

import gymnasium as gym

from posology.dosing.conventional import (
    Comparator,
    FixedDose,
    LabelWithRules,
    RandomDose,
    conventional_care,
)
from posology.dosing.environment import METADATA, CourseEnv, CourseVectorEnv
from posology.dosing.observation import FEATURES, NAMES, Feature, decode, observe

__all__ = [
    "FEATURES",
    "METADATA",
    "NAMES",
    "Comparator",
    "CourseEnv",
    "CourseVectorEnv",
    "Feature",
    "FixedDose",
    "LabelWithRules",
    "RandomDose",
    "conventional_care",
    "decode",
    "observe",
    "register_environments",
]


def register_environments() -> None:
    """Register the ids of this package with Gymnasium; a second call changes nothing."""
    for suffix, continuous in (("", False), ("Continuous", True)):
        name = f"posology/DocetaxelCisplatin{suffix}-v0"
        if name not in gym.registry:
            gym.register(
                name,
                entry_point="posology.dosing.environment:CourseEnv",
                vector_entry_point="posology.dosing.environment:CourseVectorEnv",
                kwargs={"continuous": continuous, "regimen": "docetaxel-cisplatin"},
                disable_env_checker=True,
            )
