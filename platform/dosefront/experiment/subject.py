"""The environment that a name on the command line means."""

from collections.abc import Iterable
from typing import Any

import gymnasium
import yaml
from gymnasium.vector import VectorEnv

from dosefront.environments import named_environment
from dosefront.errors import UsageError
from posology.validation import Subject


def named_subject(name: str, options: Iterable[str] = ()) -> Subject:
    """The environment of that name, made once to see that it can be.

    A name is a registered id, or `module:id` for a module that registers it, or `module:Class`;
    `mo:id` is short for MO-Gymnasium. Options are `key=value` arguments of the constructor.

    Raises:
        UsageError: an unknown name, or an environment that cannot be made.
    """
    arguments = dict(_option(each) for each in options)
    subject = _found(name, arguments)
    try:
        made = subject.make(1)
    except Exception as error:  # a stranger's constructor may raise anything
        reason = str(error).partition(" was raised from the environment creator")[0]
        raise UsageError(
            f"{name} cannot be made with {_written(arguments)}: {type(error).__name__}: "
            f"{reason.rstrip('.')}. Give its constructor's arguments with --option KEY=VALUE."
        ) from error
    if not isinstance(made, gymnasium.Env | VectorEnv):
        raise UsageError(
            f"{name} should make a Gymnasium environment; found {type(made).__name__}. Name a "
            "subclass of gymnasium.Env or gymnasium.vector.VectorEnv."
        )
    made.close()  # type: ignore[no-untyped-call]  # Gymnasium leaves it untyped
    return subject


def _option(text: str) -> tuple[str, Any]:
    key, has_value, value = text.partition("=")
    if not has_value or not key.isidentifier():
        raise UsageError(f"--option {text} is not KEY=VALUE. Write for example --option cycles=4.")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UsageError(f"--option {text} holds no YAML value: {error}. Quote it.") from error


def _written(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in arguments.items()) or "its defaults"


def _found(name: str, arguments: dict[str, Any]) -> Subject:
    named = named_environment(name)

    def make(slots: int, **options: Any) -> Any:
        given = {**arguments, **options}
        if named.vector is not None:
            return named.vector(slots, **given)
        return named.single(**given) if named.single is not None else None

    return Subject(name, make, named.vector is not None)
