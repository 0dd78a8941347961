"""Does the environment keep the conventions that it and its spaces declare?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from posology.validation.audit_episodes import (
    Settings,
    is_finite,
)
from posology.validation.audit_policies import Chance
from posology.validation.audit_report import Check
from posology.validation.audit_subject import (
    Environment,
    Subject,
    close,
    env_action,
    objective_fault,
    single_action_space,
)

GROUP = "contract"
SLOTS = 4
STEPS = 150
"""Random steps that are looked at one by one."""


@dataclass(frozen=True)
class Seen:
    """What single steps showed."""

    kinds: frozenset[str]
    """dtype and shape of the rewards, without the slots."""
    columns: int
    outside: int
    """Steps whose reward lay outside the declared reward space."""
    paid_on_reset: int
    """Steps that only began the next episode, and yet paid something or ended it."""
    resets: int


def contract_checks(subject: Subject, settings: Settings) -> tuple[Check, ...]:
    """What single steps show: rewards, autoreset, metadata, and refusal of impossible actions."""
    env = subject.make(SLOTS)
    seen = _seen(env, settings.seed)
    checks = [_reward_check(env, seen), _metadata_check(env, seen)]
    if isinstance(env, VectorEnv):
        checks.append(_autoreset_check(env, seen))
    close(env)
    return (*checks, _impossible_action_check(subject, settings.seed))


def _seen(env: Environment, seed: int) -> Seen:
    generator = np.random.default_rng([seed, 2])
    chance = Chance(single_action_space(env))
    slots = env.num_envs if isinstance(env, VectorEnv) else 1
    declared = getattr(env.unwrapped, "reward_space", None)
    kinds, columns, outside, paid, resets = set(), 1, 0, 0, 0
    env.reset(seed=seed)
    ended = np.zeros(slots, np.bool_)
    for step in range(STEPS):
        actions = chance.actions(step, None, slots=slots, generator=generator)
        _, reward, terminated, truncated, _ = env.step(env_action(env, actions))
        rewards = np.asarray(reward)
        shape = rewards.shape[1:] if isinstance(env, VectorEnv) else rewards.shape
        columns = int(np.prod(shape)) if shape else 1
        kinds.add(f"{rewards.dtype}{list(shape) or ''}")
        table = rewards.reshape(slots, -1)
        if isinstance(declared, gym.spaces.Box) and declared.shape == (table.shape[1],):
            inside = (table >= declared.low - 1e-6) & (table <= declared.high + 1e-6)
            outside += int((~inside[~ended]).any())
        now = np.atleast_1d(np.asarray(terminated) | np.asarray(truncated))
        resets += int(ended.sum())
        paid += int((ended & ((table != 0.0).any(axis=1) | now)).sum())
        ended = now.copy()
        if not isinstance(env, VectorEnv) and ended[0]:
            env.reset()
            ended[:] = False
    return Seen(frozenset(kinds), columns, outside, paid, resets)


def _reward_check(env: Environment, seen: Seen) -> Check:
    name = "reward vector"
    space = getattr(env.unwrapped, "reward_space", None)
    count = getattr(env.unwrapped, "reward_dim", None)
    found = ", ".join(sorted(seen.kinds))
    numbers = {
        "rewards": sorted(seen.kinds),
        "reward_space": None if space is None else str(space),
        "reward_dim": None if count is None else int(count),
        "outside": seen.outside,
    }
    is_vector_reward = any("[" in kind for kind in seen.kinds)
    if space is None and count is None:
        if is_vector_reward:
            sentence = (
                f"Rewards are {found}, but neither reward_space nor reward_dim says so. Declare "
                "both, as MO-Gymnasium does."
            )
            return Check(GROUP, name, "warn", sentence, numbers)
        sentence = f"Rewards are scalar ({found})."
        return Check(GROUP, name, "pass", sentence, numbers)
    declared = [int(np.prod(space.shape))] if space is not None else []
    declared += [int(count)] if count is not None else []
    if any(columns != seen.columns for columns in declared) or len(seen.kinds) > 1:
        sentence = (
            f"Rewards are {found}; reward_space is {space} and reward_dim {count}. They must agree."
        )
        return Check(GROUP, name, "fail", sentence, numbers)
    if space is not None and not found.startswith(str(space.dtype)):
        sentence = f"Rewards are {found}, but reward_space declares {space.dtype}."
        return Check(GROUP, name, "warn", sentence, numbers)
    if seen.outside:
        sentence = f"{seen.outside} of {STEPS} steps paid a reward outside {space}."
        return Check(GROUP, name, "warn", sentence, numbers)
    sentence = f"Rewards are {found}, as declared."
    return Check(GROUP, name, "pass", sentence, numbers)


def _metadata_check(env: Environment, seen: Seen) -> Check:
    name = "objectives"
    metadata = env.unwrapped.metadata
    if "objectives" not in metadata:
        if seen.columns == 1:
            sentence = "One objective, the scalar reward; no metadata needed."
            return Check(GROUP, name, "not applicable", sentence)
        sentence = (
            "metadata['objectives'] is missing: no names, units, senses or reference box. A sweep "
            "cannot map the front of this environment."
        )
        return Check(GROUP, name, "warn", sentence)
    fault = objective_fault(metadata, seen.columns)
    if fault is not None:
        sentence = (
            f"metadata['objectives'] has {fault}. Give name, unit, sense, reference and ideal for "
            "each column."
        )
        return Check(GROUP, name, "fail", sentence)
    names = ", ".join(str(entry["name"]) for entry in metadata["objectives"])
    sentence = f"metadata describes {names}, with units, senses and a reference box."
    return Check(GROUP, name, "pass", sentence)


def _autoreset_check(env: VectorEnv[Any, Any, Any], seen: Seen) -> Check:
    name = "autoreset"
    mode = env.metadata.get("autoreset_mode")
    numbers = {"mode": str(mode), "resets": seen.resets, "paid_on_reset": seen.paid_on_reset}
    if not isinstance(mode, AutoresetMode):
        sentence = (
            f"metadata['autoreset_mode'] must be an AutoresetMode; found {mode!r}. Learners take "
            "the wrong observation for an episode's last."
        )
        return Check(GROUP, name, "fail", sentence, numbers)
    if mode is not AutoresetMode.NEXT_STEP:
        sentence = f"The mode is {mode.value}; `dosefront sweep` trains on NEXT_STEP alone."
        return Check(GROUP, name, "warn", sentence, numbers)
    if seen.paid_on_reset:
        sentence = (
            f"The mode is NEXT_STEP, but {seen.paid_on_reset} of {seen.resets} steps that begin an "
            "episode pay a reward or end it. It would be credited to the wrong episode."
        )
        return Check(GROUP, name, "fail", sentence, numbers)
    sentence = f"The mode is NEXT_STEP; {seen.resets} steps that begin an episode pay nothing."
    return Check(GROUP, name, "pass", sentence, numbers)


def _impossible_action_check(subject: Subject, seed: int) -> Check:
    """A NaN, or an action past the last, has to be refused by an exception."""
    name = "impossible action"
    env = subject.make(1)
    env.reset(seed=seed)
    space = single_action_space(env)
    match space:
        case gym.spaces.Box():
            what, action = "NaN", np.full(space.shape, np.nan, space.dtype)
        case gym.spaces.Discrete():
            action = np.asarray(int(space.start) + int(space.n))
            what = str(action)
        case gym.spaces.MultiDiscrete():
            what, action = f"{space.nvec.tolist()}", np.asarray(space.nvec)
        case _:
            return Check(GROUP, name, "not applicable", f"None is known for {space}.")
    asked = env_action(env, action[None])
    try:
        observation, reward, *_ = env.step(asked)
    except Exception as error:  # refusals come in every type
        sentence = f"The action {what} is refused ({type(error).__name__})."
        return Check(GROUP, name, "pass", sentence, {"error": type(error).__name__})
    finally:
        close(env)
    if is_finite(observation) and np.isfinite(np.asarray(reward, np.float64)).all():
        sentence = f"The action {what} is taken for some other action, in silence."
        return Check(GROUP, name, "warn", sentence)
    sentence = (
        f"The action {what} is not refused and makes rewards or observations NaN. A diverged "
        "policy goes on unnoticed."
    )
    return Check(GROUP, name, "fail", sentence)
