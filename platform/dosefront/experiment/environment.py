"""The environment section, and what an environment says about itself."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import gymnasium
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dosefront.environments import make_vector_env, named_environment
from dosefront.errors import DosefrontError, SettingError, UsageError
from dosefront.experiment.document import Location
from dosefront.experiment.doses import Doses
from dosefront.experiment.rewards import Rewards
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
from dosefront.suggestion import suggestion
from posology.dosing import environment_id
from posology.library import keys, regimen_names


def _known_regimen(name: str) -> str:
    if name not in regimen_names():
        raise ValueError(f'unknown regimen "{name}". {suggestion(name, regimen_names())}')
    return name


def _known_environment(name: str) -> str:
    with as_value_error():
        named_environment(name)
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
    "rewards": "environment.rewards",
    "time_limit": "environment.time_limit",
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
    rewards: Rewards | None = None
    """What it pays, where it does not say so itself."""
    time_limit: Count | None = None
    """Steps after which an episode is cut, where the environment has no limit or a longer one."""

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
        if refusal := _refusal(identifier, {**options, **beside}):
            raise ValueError(str(refusal)) from refusal
        return options

    @model_validator(mode="after")
    def _rewards_are_those_paid(self) -> Self:
        try:
            describe(self)
        except SettingError as error:
            raise placed_faults(error.faults) from error
        except UsageError as error:
            raise ValueError(str(error)) from error
        return self

    def constructor_arguments(self) -> dict[str, Any]:
        """What the environment is made from: options, regimen, and rewards and limit if given."""
        settings: dict[str, Any] = {}
        if self.rewards is not None:
            settings["rewards"] = [each.to_mapping() for each in self.rewards]
        if self.time_limit is not None:
            settings["time_limit"] = self.time_limit
        regimen = self.regimen.constructor_arguments() if self.regimen else {}
        return {**self.options, **regimen, **settings}


def own_regimen(identifier: str) -> str | None:
    """Name of the regimen that an environment's id means."""
    spec = gymnasium.registry.get(identifier)
    return spec.kwargs.get("regimen") if spec else None


def _other_regimen(identifier: str, name: str | None) -> str | None:
    """What to say of a regimen that is not the one the environment's id names."""
    own = own_regimen(identifier)
    if own is None or name in (None, own):
        return None
    hint = f"{environment_id(name)} gives it, and " if name in regimen_names() else ""
    return f"{identifier} gives {own}; found {name}. {hint}posology/Course-v0 gives any."


def _misnamed(identifier: str, regimen: RegimenSection) -> dict[Location, str]:
    """What is wrong with a regimen's name, or with the agents of a regimen that is known."""
    if other := _other_regimen(identifier, regimen.name):
        return {("name",): other}
    name = regimen.name or own_regimen(identifier)
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
    """Why the environment cannot be made so; None if it can, whatever it pays."""
    try:
        _description(identifier, arguments)
    except SettingError:
        return None
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
    """The environment's version, objectives and actions; makes it at most once.

    Raises:
        SettingError: rewards or time limit are missing or wrong.
        UsageError: it cannot be made or adapted.
    """
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
        made = make_vector_env(identifier, num_envs=1, options=json.loads(arguments))
    except UsageError:
        raise
    except Exception as error:  # a stranger's constructor may raise anything
        reason = str(error).partition(" was raised from the environment creator")[0]
        raise UsageError(
            f"{identifier} cannot be made: {reason.rstrip('.')}. Correct its options and regimen."
        ) from error
    metadata, space = made.metadata, made.single_action_space
    made.close()
    try:
        objectives = tuple(Objective.from_mapping(each) for each in metadata["objectives"])
        return EnvironmentDescription(
            identifier, str(metadata["version"]), objectives, type(space).__name__, str(space)
        )
    except (LookupError, TypeError, DosefrontError) as error:
        raise UsageError(
            f"{identifier} must describe its version and objectives in its metadata; found "
            f"{type(error).__name__}: {error}. Correct its metadata."
        ) from error
