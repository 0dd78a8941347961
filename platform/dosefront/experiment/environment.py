"""The environment section, and what an environment says about itself."""

import functools
import json
from dataclasses import dataclass
from typing import Annotated, Any

import gymnasium
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

import posology  # noqa: F401  registers its environments
from dosefront.errors import DosefrontError, UsageError
from dosefront.experiment.suggestion import suggestion
from dosefront.experiment.values import (
    Count,
    Days,
    Dose,
    Section,
    Text,
    as_value_error,
    without_bare_words,
)
from dosefront.front import Objective
from posology.library import drug_names


def _known_drug(name: str) -> str:
    if name not in drug_names():
        raise ValueError(f'unknown drug "{name}". {suggestion(name, drug_names())}')
    return name


def _known_environment(name: str) -> str:
    if name not in gymnasium.registry:
        raise ValueError(f'unknown environment "{name}". {suggestion(name, gymnasium.registry)}')
    return name


class RegimenSection(Section):
    """What differs from the label regimen."""

    doses_mg_per_m2: dict[Annotated[Text, AfterValidator(_known_drug)], Dose] = Field(
        default={}, alias="doses"
    )
    interval_days: Days | None = Field(default=None, alias="interval")
    cycles: Count | None = None


class EnvironmentSection(Section):
    """Which environment, and how it is made."""

    id: Annotated[Text, AfterValidator(_known_environment)]
    options: Annotated[dict[str, Any], BeforeValidator(without_bare_words)] = Field(
        default={}, validate_default=True
    )
    """Keyword arguments of the environment's constructor."""
    regimen: RegimenSection | None = None

    @field_validator("options")
    @classmethod
    def _options_are_accepted(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "id" in info.data:  # else its own fault is reported
            with as_value_error():
                _description(info.data["id"], options)
        return options

    @field_validator("regimen")
    @classmethod
    def _regimen_is_accepted(
        cls, regimen: RegimenSection | None, info: ValidationInfo
    ) -> RegimenSection | None:
        if info.data.keys() >= {"id", "options"}:
            with as_value_error():
                _description(info.data["id"], _arguments(info.data["options"], regimen))
        return regimen

    def constructor_arguments(self) -> dict[str, Any]:
        """Keyword arguments of the environment's constructor: the options and the regimen."""
        return _arguments(self.options, self.regimen)


@dataclass(frozen=True)
class EnvironmentDescription:
    """What an environment says about itself."""

    id: str
    version: str
    objectives: tuple[Objective, ...]
    action_space: str
    """Kind of its actions, such as Discrete or Box."""


def describe(environment: EnvironmentSection) -> EnvironmentDescription:
    """The environment's version and objectives, from its metadata; makes it at most once."""
    return _description(environment.id, environment.constructor_arguments())


def _arguments(options: dict[str, Any], regimen: RegimenSection | None) -> dict[str, Any]:
    return {**options, **(regimen.model_dump(exclude_defaults=True) if regimen else {})}


def _description(identifier: str, arguments: dict[str, Any]) -> EnvironmentDescription:
    return _read_description(identifier, json.dumps(arguments, sort_keys=True))


@functools.cache
def _read_description(identifier: str, arguments: str) -> EnvironmentDescription:
    try:
        made = gymnasium.make(identifier, disable_env_checker=True, **json.loads(arguments))
    except Exception as error:  # a stranger's constructor may raise anything
        reason = str(error).partition(" was raised from the environment creator")[0]
        raise UsageError(
            f"{identifier} cannot be made: {reason.rstrip('.')}. Correct its options and regimen."
        ) from error
    metadata = made.unwrapped.metadata
    action_space = type(made.action_space).__name__
    made.close()  # type: ignore[no-untyped-call]  # Gymnasium leaves it untyped
    try:
        objectives = tuple(Objective.from_mapping(each) for each in metadata["objectives"])
        return EnvironmentDescription(
            identifier, str(metadata["version"]), objectives, action_space
        )
    except (LookupError, TypeError, DosefrontError) as error:
        raise UsageError(
            f"{identifier} must describe its version and objectives in its metadata; found "
            f"{type(error).__name__}: {error}. Choose an environment with a reward vector."
        ) from error
