"""What the name of an environment means: a registered id, or what a module holds."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, load_env_creator
from gymnasium.vector import VectorEnv

import posology  # noqa: F401  registers its environments
from dosefront.errors import UsageError
from dosefront.suggestion import suggestion

MODULES: Mapping[str, str] = {"mo": "mo_gymnasium"}
"""Short names for modules that register environments."""
EXTRAS: Mapping[str, str] = {"mo_gymnasium": "mo"}
"""Which of our extras installs a module."""
COHORT_ARGUMENTS = ("cohort_seed", "split", "patients", "twins")
"""What the constructor of a native vector environment takes: which patients, how many alike."""


@dataclass(frozen=True)
class NamedEnvironment:
    """How an environment is made."""

    name: str
    single: Callable[..., Any] | None
    """``single(**options)`` makes one; None where the name is a class of vector environments."""
    vector: Callable[..., Any] | None
    """``vector(num_envs, **options)`` makes the vector environment of its own; None without one."""
    takes_cohorts: bool
    """Whether that takes ``COHORT_ARGUMENTS``."""


def named_environment(name: str) -> NamedEnvironment:
    """The environment of that name.

    A name is a registered id, or `module:id` for a module that registers it, or `module:Class` or
    `module:function`; `mo:id` is short for MO-Gymnasium.

    Raises:
        UsageError: it names nothing, or its module cannot be imported.
    """
    prefix, colon, rest = name.partition(":")
    if not colon:
        return _registered(name, name)
    module = _module(MODULES.get(prefix, prefix), name)
    if rest in gymnasium.registry:
        return _registered(name, rest)
    entry: Any = getattr(module, rest, None)
    if not callable(entry):
        known = [*_registered_by(module.__name__), *_classes(module)]
        hint = suggestion(rest, known) if known else "Name a class or a function that it holds."
        raise UsageError(f'{module.__name__} has no environment "{rest}". {hint}')
    if not (isinstance(entry, type) and issubclass(entry, VectorEnv)):
        return NamedEnvironment(name, entry, None, takes_cohorts=False)

    def vector(num_envs: int, **options: Any) -> Any:
        return make(num_envs=num_envs, **options)

    make: Callable[..., Any] = entry
    return NamedEnvironment(name, None, vector, _takes_cohorts(entry))


def _registered(name: str, identifier: str) -> NamedEnvironment:
    if identifier not in gymnasium.registry:
        raise UsageError(
            f'unknown environment "{identifier}". {suggestion(identifier, gymnasium.registry)} '
            "An environment of another package is module:id or module:Class."
        )
    spec = gymnasium.registry[identifier]

    def single(**options: Any) -> Any:
        return gymnasium.make(identifier, disable_env_checker=True, **options)

    def vector(num_envs: int, **options: Any) -> Any:
        mode = "vector_entry_point"
        return gymnasium.make_vec(identifier, num_envs, vectorization_mode=mode, **options)

    own = spec.vector_entry_point
    if own is None:
        return NamedEnvironment(name, single, None, takes_cohorts=False)
    creator = load_env_creator(own) if isinstance(own, str) else own
    return NamedEnvironment(name, single, vector, _takes_cohorts(creator))


def _takes_cohorts(entry: Callable[..., Any]) -> bool:
    parameters = inspect.signature(entry).parameters
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    return takes_any or all(name in parameters for name in COHORT_ARGUMENTS)


def _module(name: str, asked: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:  # a console script does not look where it is called
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except Exception as error:  # a stranger's module may raise anything
        extra = EXTRAS.get(name)
        remedy = (
            f'Install it: pip install "dosefront[{extra}]".'
            if extra and isinstance(error, ModuleNotFoundError)
            else "Install its package, or run from its folder."
        )
        raise UsageError(
            f"{asked} is in the module {name}, which cannot be imported: "
            f"{type(error).__name__}: {error}. {remedy}"
        ) from error


def _registered_by(module: str) -> list[str]:
    """Ids whose environments lie in the module's package."""
    package = module.partition(".")[0]
    return [name for name, spec in gymnasium.registry.items() if _package(spec) == package]


def _package(spec: EnvSpec) -> str:
    entry = spec.entry_point
    module = entry if isinstance(entry, str) else getattr(entry, "__module__", "")
    return module.partition(":")[0].partition(".")[0]


def _classes(module: Any) -> list[str]:
    return [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, gymnasium.Env | VectorEnv)
    ]
