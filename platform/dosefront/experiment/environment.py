"""The environment section, and what an environment says about itself."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import gymnasium
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

import posology  # noqa: F401  registers its environments
from dosefront.errors import DosefrontError, UsageError
from dosefront.experiment.document import Location
from dosefront.experiment.doses import Doses
from dosefront.experiment.suggestion import suggestion
from dosefront.experiment.values import (
    Count,
    Days,
    Section,
    Text,
    as_value_error,
    placed_faults,
    without_bare_words,
)
from dosefront.front import Objective
from posology.dosing import environment_id
from posology.library import keys, regimen_names


def _known_regimen(name: str) -> str:
    if name not in regimen_names():
        raise ValueError(f'unknown regimen "{name}". {suggestion(name, regimen_names())}')
    return name


def _known_environment(name: str) -> str:
    if name not in gymnasium.registry:
        raise ValueError(f'unknown environment "{name}". {suggestion(name, gymnasium.registry)}')
    return name


class RegimenSection(Section):
    """Which regimen is given, and what differs from its label."""

    name: Annotated[Text, AfterValidator(_known_regimen)] | None = None
    """Name in the library; the environment's own if left out."""
    doses: Doses = Field(default={})
    """Of one administration, by agent."""
    interval_days: Days | None = Field(default=None, alias="interval")
    cycles: Count | None = None

    def constructor_arguments(self) -> dict[str, Any]:
        """Keyword arguments of the environment's constructor: what was given."""
        given = self.model_dump(exclude_defaults=True)
        return {("regimen" if key == "name" else key): value for key, value in given.items()}


DECIDED = {
    "cohort_seed": "cohorts.seed",
    "split": "cohorts",
    "patients": "cohorts",
    "num_envs": "an algorithm's environments",
    "twins": "an algorithm's twins",
}
"""Arguments of constructors that other keys of an experiment decide."""
PLACES = {"regimen": "name", "interval_days": "interval"}
"""Where the file has what a constructor's argument says, if under another key."""


class EnvironmentSection(Section):
    """Which environment, and how it is made."""

    id: Annotated[Text, AfterValidator(_known_environment)]
    regimen: RegimenSection | None = None
    options: Annotated[dict[str, Any], BeforeValidator(without_bare_words)] = Field(
        default={}, validate_default=True
    )
    """Keyword arguments of the environment's constructor."""

    @field_validator("regimen")
    @classmethod
    def _regimen_is_accepted(
        cls, regimen: RegimenSection | None, info: ValidationInfo
    ) -> RegimenSection | None:
        if regimen is None or "id" not in info.data:  # an unknown id is a fault of its own
            return regimen
        identifier = info.data["id"]
        if faults := _misnamed(identifier, regimen):
            raise placed_faults(faults)
        refused = _refused(identifier, regimen.constructor_arguments(), beside={})
        if refused and _refusal(identifier, {}) is None:  # else options may be what is missing
            raise placed_faults(
                {(PLACES.get(name, name),): str(error) for name, error in refused.items()}
            )
        return regimen

    @field_validator("options")
    @classmethod
    def _options_are_accepted(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "id" not in info.data:
            return options
        identifier, regimen = info.data["id"], info.data.get("regimen")
        beside = regimen.constructor_arguments() if regimen else {}
        faults: dict[Location, str] = {
            (name, "[key]"): "found here and in the regimen. Keep one."
            for name in options.keys() & beside.keys()
        }
        faults |= {
            (name, "[key]"): f"{name} is not an option: {DECIDED[name]} decides it. Remove it."
            for name in options.keys() & DECIDED.keys()
        }
        if other := _other_regimen(identifier, options.get("regimen")):
            faults["regimen",] = other
        if faults:
            raise placed_faults(faults)
        refused = _refused(identifier, options, beside=beside)
        if refused and _refusal(identifier, beside) is None:
            raise placed_faults(
                {_place_of(name, error): str(error) for name, error in refused.items()}
            )
        with as_value_error():
            _description(identifier, {**options, **beside})
        return options

    def constructor_arguments(self) -> dict[str, Any]:
        """Keyword arguments of the environment's constructor: the options and the regimen."""
        return {**self.options, **(self.regimen.constructor_arguments() if self.regimen else {})}


def _other_regimen(identifier: str, name: str | None) -> str | None:
    """What to say of a regimen that is not the one the environment's id names."""
    own = gymnasium.registry[identifier].kwargs.get("regimen")
    if own is None or name in (None, own):
        return None
    hint = f"{environment_id(name)} gives it, and " if name in regimen_names() else ""
    return f"{identifier} gives {own}; found {name}. {hint}posology/Course-v0 gives any."


def _misnamed(identifier: str, regimen: RegimenSection) -> dict[Location, str]:
    """What is wrong with a regimen's name, or with the agents of a regimen that is known."""
    if other := _other_regimen(identifier, regimen.name):
        return {("name",): other}
    name = regimen.name or gymnasium.registry[identifier].kwargs.get("regimen")
    if name is None:
        return {}
    held = keys(f"regimens/{name}/components")
    return {
        ("doses", agent, "[key]"): f"{name} gives no {agent}. {suggestion(agent, held)}"
        for agent in regimen.doses
        if agent not in held
    }


def _refused(
    identifier: str, arguments: Mapping[str, Any], *, beside: dict[str, Any]
) -> dict[str, UsageError]:
    """Arguments that the environment refuses, tried one after the other beside those it takes."""
    if _refusal(identifier, {**beside, **arguments}) is None:
        return {}
    taken, refused = dict(beside), {}
    for name, value in arguments.items():
        if error := _refusal(identifier, {**taken, name: value}):
            refused[name] = error
        else:
            taken[name] = value
    return refused


def _refusal(identifier: str, arguments: dict[str, Any]) -> UsageError | None:
    """Why the environment cannot be made so; None if it can."""
    try:
        _description(identifier, arguments)
    except UsageError as error:
        return error
    return None


def _place_of(option: str, error: UsageError) -> Location:
    """Of the option's name if that is unknown, which Python calls a TypeError, or of its value."""
    return (option, "[key]") if isinstance(error.__cause__, TypeError) else (option,)


@dataclass(frozen=True)
class EnvironmentDescription:
    """What an environment says about itself."""

    id: str
    version: str
    objectives: tuple[Objective, ...]
    action_space: str
    """Kind of its actions, such as Discrete or Box."""
    actions: str
    """Its action space in full, such as Discrete(25)."""


def describe(environment: EnvironmentSection) -> EnvironmentDescription:
    """The environment's version and objectives, from its metadata; makes it at most once."""
    return _description(environment.id, environment.constructor_arguments())


def payable(environment: EnvironmentSection, names: Sequence[str]) -> tuple[Objective, ...]:
    """Objectives out of ``names`` that the environment pays if its option `objectives` asks."""
    arguments = {**environment.constructor_arguments(), "objectives": list(names)}
    try:
        offered = _description(environment.id, arguments).objectives
    except UsageError:
        return ()
    return tuple(each for each in offered if each.name in names)


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
    space = made.action_space
    made.close()  # type: ignore[no-untyped-call]  # Gymnasium leaves it untyped
    try:
        objectives = tuple(Objective.from_mapping(each) for each in metadata["objectives"])
        return EnvironmentDescription(
            identifier, str(metadata["version"]), objectives, type(space).__name__, str(space)
        )
    except (LookupError, TypeError, DosefrontError) as error:
        raise UsageError(
            f"{identifier} must describe its version and objectives in its metadata; found "
            f"{type(error).__name__}: {error}. Choose an environment with a reward vector."
        ) from error
