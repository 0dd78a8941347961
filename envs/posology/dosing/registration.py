"""Ids of the environments: two for each regimen, one for any, two for a clinic of them all."""

from typing import Any

import gymnasium as gym

from posology.library import regimen_names


def environment_id(regimen: str) -> str:
    """Id of a regimen's environment with discrete actions.

    >>> environment_id("docetaxel-cisplatin"), environment_id("FOLFOX6")
    ('posology/DocetaxelCisplatin-v0', 'posology/FOLFOX6-v0')
    """
    words = [word if word.isupper() else word[0].upper() + word[1:] for word in regimen.split("-")]
    return f"posology/{''.join(words)}-v0"


def register_environments() -> None:
    """Register the ids of this package with Gymnasium; a second call changes nothing."""
    names: dict[str, dict[str, Any]] = {"posology/Course-v0": {}}
    for regimen in regimen_names():
        name = environment_id(regimen)
        names[name] = {"regimen": regimen}
        names[name.replace("-v0", "Continuous-v0")] = {"regimen": regimen, "continuous": True}
    for name, options in names.items():
        _register(name, options, one="environment:CourseEnv", many="environment:CourseVectorEnv")
    for name, options in {
        "posology/Clinic-v0": {},
        "posology/ClinicContinuous-v0": {"continuous": True},
    }.items():
        _register(name, options, one="clinic:clinic_env", many="clinic:ClinicVectorEnv")


def _register(name: str, options: dict[str, Any], *, one: str, many: str) -> None:
    if name not in gym.registry:
        gym.register(
            name,
            entry_point=f"posology.dosing.{one}",
            vector_entry_point=f"posology.dosing.{many}",
            kwargs=options,
            disable_env_checker=True,
        )
