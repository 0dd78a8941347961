"""Does a seed say everything? Repeatable episodes, and the same ones in any batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import iterate

from posology.validation.audit_episodes import numbers_of
from posology.validation.audit_policies import Chance
from posology.validation.audit_report import Check
from posology.validation.audit_subject import (
    Environment,
    Subject,
    close,
    env_action,
    single_action_space,
)

GROUP = "seeds"
STEPS = 100
"""Steps of a stream that is compared with another; episodes that end begin anew in it."""
SEEDS = 5
"""Seeds among which at least two streams must differ."""
SLOTS = 4
BATCHES = (1, 2, 7)
PATIENTS = 7
"""Patients, or seeds, that are followed in batches of each size."""

Stream = list[bytes]


def seed_checks(subject: Subject, seed: int) -> tuple[Check, ...]:
    """Same seed, same stream; another seed, another stream; numpy's global one left alone."""
    env, again = subject.make(SLOTS), subject.make(SLOTS)
    before = _global_state()
    stream = _stream(env, seed)
    touched = _global_state() != before
    twins = {"the same environment": _stream(env, seed), "a new one": _stream(again, seed)}
    others = [_stream(env, seed + 1 + k) for k in range(SEEDS - 1)]
    close(env)
    close(again)
    return (
        _same_seed_check(stream, twins),
        _other_seeds_check(stream, others),
        _global_check(touched=touched),
    )


def is_deterministic(checks: Sequence[Check]) -> bool:
    """Whether the seeds' checks found the same episodes under every seed."""
    return any(check.name == "different seeds" and check.verdict == "warn" for check in checks)


def batch_check(subject: Subject, seed: int) -> Check:
    """Whether a patient's course has the same bits in batches of 1, 2 and 7."""
    name = "any batch"
    if not subject.is_vector:
        return Check("batches", name, "not applicable", "There is no native vector environment.")
    named = _naming(subject, seed)
    if named is None:
        sentence = (
            "The environment offers no way to name patients: neither reset(options={'patients': "
            "...}) nor a seed for each slot."
        )
        return Check("batches", name, "not applicable", sentence)
    way, reset = named
    alone = [_slots(subject, reset, [k])[0] for k in range(PATIENTS)]
    differing: dict[str, list[int]] = {}
    for size in BATCHES[1:]:
        groups = [list(range(PATIENTS))[k : k + size] for k in range(0, PATIENTS, size)]
        streams = [stream for group in groups for stream in _slots(subject, reset, group)]
        wrong = [k for k in range(PATIENTS) if streams[k] != alone[k]]
        if wrong:
            differing[str(size)] = wrong
    numbers = {"named_by": way, "batches": list(BATCHES), "differing": differing}
    if differing:
        group_size, wrong = next(iter(differing.items()))
        company = _company(subject, reset, int(group_size), wrong[0])
        step = _first_difference(alone[wrong[0]], company)
        sentence = (
            f"{len(wrong)} of {PATIENTS} patients, named by {way}, fare otherwise in a batch of "
            f"{group_size} than alone, first at step {step}. Results depend on the company."
        )
        return Check("batches", name, "fail", sentence, numbers)
    sentence = f"{PATIENTS} patients, named by {way}, have the same bits in batches of 1, 2 and 7."
    return Check("batches", name, "pass", sentence, numbers)


def _same_seed_check(stream: Stream, twins: dict[str, Stream]) -> Check:
    name = "same seed"
    differing = {where: _first_difference(stream, twin) for where, twin in twins.items()}
    found = {where: step for where, step in differing.items() if step is not None}
    numbers = {"steps": len(stream), "first_difference": differing}
    if found:
        where, begin = next(iter(found.items()))
        sentence = (
            f"reset(seed=s) and the same actions, in {where}, give another stream from step "
            f"{begin} on. Nothing found with this environment can be repeated."
        )
        return Check(GROUP, name, "fail", sentence, numbers)
    sentence = f"The same seed and actions give the same bits for {len(stream) - 1} steps."
    return Check(GROUP, name, "pass", sentence, numbers)


def _other_seeds_check(stream: Stream, others: Sequence[Stream]) -> Check:
    name = "different seeds"
    differing = sum(other != stream for other in others)
    numbers = {"seeds": SEEDS, "differing": differing}
    if differing == 0:
        sentence = (
            f"{SEEDS} seeds give the same stream: the environment has no chance, or ignores its "
            "seed. One episode says everything, and intervals have no width."
        )
        return Check(GROUP, name, "warn", sentence, numbers)
    sentence = f"{differing} of {SEEDS - 1} other seeds give another stream."
    return Check(GROUP, name, "pass", sentence, numbers)


def _global_check(*, touched: bool) -> Check:
    name = "global generator"
    if touched:
        sentence = (
            "reset or step changes numpy's global generator. Everything else in the process that "
            "draws from it changes with it, and two environments disturb each other."
        )
        return Check(GROUP, name, "fail", sentence)
    return Check(GROUP, name, "pass", "reset and step leave numpy's global generator alone.")


def _global_state() -> bytes:
    return _bits(np.random.get_state(legacy=False))  # noqa: NPY002  the one that is asked about


def _stream(env: Environment, seed: int) -> Stream:
    """What reset and steps give under random actions, which depend on neither."""
    generator = np.random.default_rng(0)
    chance = Chance(single_action_space(env))
    observations, _ = env.reset(seed=seed)
    stream = [_bits(observations)]
    slots = env.num_envs if isinstance(env, VectorEnv) else 1
    for step in range(STEPS):
        actions = chance.actions(step, None, slots=slots, generator=generator)
        result = env.step(env_action(env, actions))
        stream.append(_bits(result[:4]))
        if not isinstance(env, VectorEnv) and (result[2] or result[3]):
            stream[-1] += _bits(env.reset()[0])
    return stream


Reset = Callable[[VectorEnv[Any, Any, Any], Sequence[int]], Any]


def _naming(subject: Subject, seed: int) -> tuple[str, Reset] | None:
    """How the environment lets its patients be named: by options, by a seed a slot, or not."""

    def by_patient(env: VectorEnv[Any, Any, Any], names: Sequence[int]) -> Any:
        return env.reset(seed=seed, options={"patients": np.array(names)})[0]

    def by_seed(env: VectorEnv[Any, Any, Any], names: Sequence[int]) -> Any:
        seeds: Any = [seed + name for name in names]  # as SyncVectorEnv takes them
        return env.reset(seed=seeds)[0]

    for way, reset in (("options", by_patient), ("a seed for each slot", by_seed)):
        try:
            if _names(subject, reset) and (
                reset is by_patient or _is_a_seed_a_slot(subject, reset)
            ):
                return way, reset
        except Exception:  # a stranger's reset may refuse in its own way
            continue
    return None


def _names(subject: Subject, reset: Reset) -> bool:
    """Whether the same name gives the same first observation, and another name another one."""
    env = _vector(subject, 1)
    first, again, other = (_bits(reset(env, [name])) for name in (0, 0, 1))
    env.close()
    return first == again and first != other


def _is_a_seed_a_slot(subject: Subject, reset: Reset) -> bool:
    """Whether a list of seeds seeds its slots, and is not taken for one long seed."""
    env = _vector(subject, 2)
    first, second = iterate(env.observation_space, reset(env, [0, 0]))
    env.close()
    return _bits(first) == _bits(second)


def _slots(subject: Subject, reset: Reset, names: Sequence[int]) -> list[Stream]:
    """The first course of each named patient, under actions that depend on the patient alone."""
    env = _vector(subject, len(names))
    generators = [np.random.default_rng([1, name]) for name in names]
    chance = Chance(env.single_action_space)
    streams = [[_bits(each)] for each in iterate(env.observation_space, reset(env, names))]
    running = np.ones(len(names), np.bool_)
    for step in range(STEPS):
        actions = [chance.actions(step, None, slots=1, generator=each)[0] for each in generators]
        observations, rewards, terminated, truncated, _ = env.step(np.stack(actions))
        slots = zip(iterate(env.observation_space, observations), rewards, strict=True)
        for k, (observation, reward) in enumerate(slots):
            if running[k]:
                streams[k].append(_bits((observation, reward, terminated[k], truncated[k])))
        running &= ~(np.asarray(terminated) | np.asarray(truncated))
        if not running.any():
            break
    env.close()
    return streams


def _vector(subject: Subject, slots: int) -> VectorEnv[Any, Any, Any]:
    env = subject.make(slots)
    if not isinstance(env, VectorEnv):
        raise TypeError(f"{subject.name} should make a vector environment; it made {env}.")
    return env


def _company(subject: Subject, reset: Reset, size: int, name: int) -> Stream:
    start = name - name % size
    group = list(range(PATIENTS))[start : start + size]
    return _slots(subject, reset, group)[name - start]


def _first_difference(first: Stream, second: Stream) -> int | None:
    """Index of the first step that differs; 0 is the reset."""
    for step, (ours, theirs) in enumerate(zip(first, second, strict=False)):
        if ours != theirs:
            return step
    return None if len(first) == len(second) else min(len(first), len(second))


def _bits(value: Any) -> bytes:
    return b"|".join(
        f"{array.dtype}{array.shape}".encode() + array.tobytes() for array in numbers_of(value)
    )
