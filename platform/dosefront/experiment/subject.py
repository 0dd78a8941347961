"""The environment that a name on the command line means."""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gymnasium
import yaml
from gymnasium.vector import VectorEnv

import posology  # noqa: F401  registers its environments
from dosefront.errors import UsageError
from dosefront.experiment.suggestion import suggestion
from posology.validation import Subject

MODULES = {"mo": "mo_gymnasium"}
"""Short names for modules that register environments."""


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
    prefix, colon, rest = name.partition(":")
    if not colon:
        return _registered(name, name, arguments)
    module = _module(MODULES.get(prefix, prefix), name)
    if rest in gymnasium.registry:
        return _registered(name, rest, arguments)
    entry = getattr(module, rest, None)
    if not callable(entry):
        classes = [key for key, value in vars(module).items() if _is_environment(value)]
        raise UsageError(
            f'{module.__name__} has no environment "{rest}". '
            f"{suggestion(rest, [*gymnasium.registry, *classes])}"
        )
    is_vector = isinstance(entry, type) and issubclass(entry, VectorEnv)

    def make(slots: int, **options: Any) -> Any:
        given = {**arguments, **options}
        return entry(num_envs=slots, **given) if is_vector else entry(**given)

    return Subject(name, make, is_vector)


def _registered(name: str, identifier: str, arguments: dict[str, Any]) -> Subject:
    if identifier not in gymnasium.registry:
        raise UsageError(
            f'unknown environment "{identifier}". {suggestion(identifier, gymnasium.registry)} '
            "An environment of another package is module:id or module:Class."
        )
    is_vector = gymnasium.registry[identifier].vector_entry_point is not None

    def make(slots: int, **options: Any) -> Any:
        given = {**arguments, **options}
        if is_vector:
            mode = "vector_entry_point"
            return gymnasium.make_vec(identifier, slots, vectorization_mode=mode, **given)
        return gymnasium.make(identifier, disable_env_checker=True, **given)

    return Subject(name, make, is_vector)


def _module(name: str, asked: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:  # a console script does not look where it is called
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except Exception as error:  # a stranger's module may raise anything
        raise UsageError(
            f"{asked} is in the module {name}, which cannot be imported: "
            f"{type(error).__name__}: {error}. Install its package, or run from its folder."
        ) from error


def _is_environment(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, gymnasium.Env | VectorEnv)
