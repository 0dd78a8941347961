"""The environment under audit: how it is made, and what it says about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from jaxtyping import Float

from posology.validation.audit_policies import Action
from posology.validation.audit_report import AuditedObjective
from posology.validation.audit_sweep import constant_sweep

Environment = gym.Env[Any, Any] | VectorEnv[Any, Any, Any]


@dataclass(frozen=True)
class Subject:
    """An environment under audit."""

    name: str
    make: Callable[..., Environment]
    """``make(slots, **options)``. A single environment has one slot, and options add to what the
    subject is made with."""
    is_vector: bool
    """Whether ``make`` gives a native vector environment."""


@dataclass(frozen=True)
class Declared:
    """What an environment says about itself."""

    action_space: gym.Space[Any]
    """Of one slot."""
    objectives: tuple[AuditedObjective, ...]
    """One for each column of the reward, with made-up names where the environment has none."""
    doses: Float[np.ndarray, "actions drugs"] | None
    """Dose of each drug that each discrete action asks for (``action_doses``)."""
    lowered_by_dose: frozenset[str]
    """Objectives to be minimised that treatment is meant to lower, such as tumour burden
    (``metadata["lowered_by_dose"]``); every other one counts as toxicity."""
    comparators: tuple[Any, ...]
    """What ``comparators()`` offers: objects with a title, a policy and constructor options."""


def declared(env: Environment) -> Declared:
    """Read what the environment declares; takes one step to count its objectives."""
    bare = env.unwrapped
    space = single_action_space(env)
    doses = getattr(bare, "action_doses", None)
    offers = getattr(bare, "comparators", None)
    return Declared(
        action_space=space,
        objectives=_objectives(bare.metadata, _reward_columns(env)),
        doses=None if doses is None else _table(doses),
        lowered_by_dose=frozenset(bare.metadata.get("lowered_by_dose", ())),
        comparators=tuple(offers()) if callable(offers) else (),
    )


def single_action_space(env: Environment) -> gym.Space[Any]:
    """The action space of one slot."""
    return env.single_action_space if isinstance(env, VectorEnv) else env.action_space


def env_action(env: Environment, actions: Action) -> Any:
    """A batch of actions as the environment takes it; a single one takes the first.

    Discrete actions become plain integers, which every single environment understands.
    """
    if isinstance(env, VectorEnv):
        return actions
    return int(actions[0]) if isinstance(env.action_space, gym.spaces.Discrete) else actions[0]


def close(env: Environment) -> None:
    """Free what an environment holds."""
    env.close()  # type: ignore[no-untyped-call]  # Gymnasium leaves it untyped


def objective_fault(metadata: Mapping[str, Any], columns: int) -> str | None:
    """What is wrong with the declared objectives; None where they describe every column."""
    entries = metadata.get("objectives")
    if not isinstance(entries, list | tuple) or len(entries) != columns:
        found = len(entries) if isinstance(entries, list | tuple) else type(entries).__name__
        return f"{found} entries for {columns} columns of reward"
    for entry in entries:
        keys = {"name", "unit", "sense", "reference", "ideal"}
        missing = keys - set(entry) if isinstance(entry, Mapping) else keys
        if missing:
            return f"an entry without {', '.join(sorted(missing))}"
        if entry["sense"] not in ("maximise", "minimise"):
            return f'"{entry["name"]}" has the sense "{entry["sense"]}"'
        objective = _objective(entry)
        extent = objective.clinical(entry["ideal"]) - objective.clinical(entry["reference"])
        if not (np.isfinite(extent) and extent > 0.0):
            return f'the ideal of "{entry["name"]}" is not better than its reference'
    return None


def _objectives(metadata: Mapping[str, Any], columns: int) -> tuple[AuditedObjective, ...]:
    if objective_fault(metadata, columns) is None:
        return tuple(_objective(entry) for entry in metadata["objectives"])
    if columns == 1:
        return (AuditedObjective("return"),)
    nameless = AuditedObjective("")
    return tuple(replace(nameless, name=f"objective {k + 1}") for k in range(columns))


def _objective(entry: Mapping[str, Any]) -> AuditedObjective:
    return AuditedObjective(
        name=str(entry["name"]),
        unit=str(entry["unit"]),
        sense=entry["sense"],
        reference=float(entry["reference"]),
        ideal=float(entry["ideal"]),
    )


def _reward_columns(env: Environment) -> int:
    slots = env.num_envs if isinstance(env, VectorEnv) else 1
    first = constant_sweep(single_action_space(env)).constants[0]
    actions = first.actions(0, None, slots=slots, generator=np.random.default_rng(0))
    try:
        env.reset(seed=0)
        rewards = np.asarray(env.step(env_action(env, actions))[1])
    except Exception as error:  # a stranger's step may raise anything
        raise ValueError(
            f"an audit needs an environment that steps; reset(seed=0) and the action {first.label} "
            f"raised {type(error).__name__}: {error}. Try its options, or mend it first."
        ) from error
    return max(1, rewards.size // slots)


def _table(doses: Any) -> Float[np.ndarray, "actions drugs"]:
    table = np.asarray(doses, np.float64)
    return table[:, None] if table.ndim == 1 else table
