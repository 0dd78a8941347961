"""An algorithm in the middle of its training: all that it would go on with."""

import pickle
import random
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner

from dosefront.environments import environment_bytes
from dosefront.learn.column_runner import ColumnEnvRunner
from dosefront.learn.runners import ask_runners, give_weights


@dataclass(frozen=True)
class RunnerState:
    """What a runner is in the middle of."""

    going_on: dict[str, Any] | None
    """What our runner keeps beside its environments; None of RLlib's, which begins new courses."""
    door: bytes | None
    """Its environments, pickled; None where they are not."""
    refusal: str
    """Why they cannot be; empty where they are, or need not."""
    recent: tuple[list[Float[np.ndarray, " objectives"]], list[float]]
    """Return vectors and utilities of recent courses."""
    next_seed: int
    """Seed of new courses, so that they are not those of the beginning again."""
    global_draws: tuple[Any, Any, Any]
    """Generators that strangers draw from: Python's, numpy's, torch's."""


def algorithm_state(algorithm: Algorithm) -> dict[str, Any]:
    """Networks, optimizers, counters, replay and runners."""
    return {
        "rllib": algorithm.get_state(),
        # As an object: `set_state` would take its episodes one by one, six times as slowly.
        "replay": algorithm.local_replay_buffer,
        "runners": ask_runners(algorithm, _pickled_runner),
    }


def set_algorithm_state(algorithm: Algorithm, state: dict[str, Any]) -> list[str]:
    """Bring an algorithm that has not trained yet to where another one was.

    Returns why environments begin new courses, for each runner whose environments do so although
    they should not.
    """
    algorithm.metrics.set_state(state["rllib"]["metrics_logger"])  # runners are told the steps
    algorithm.set_state(state["rllib"])
    give_weights(algorithm)
    algorithm.local_replay_buffer = state["replay"]
    group = algorithm.env_runner_group
    refusals: list[str] = []
    for index, pickled in state["runners"]:
        go_on = partial(_set_runner_state, pickled=pickled)
        if group.num_remote_workers():
            refusals += group.foreach_env_runner(
                go_on, local_env_runner=False, remote_worker_ids=[index]
            )
        else:
            refusals.append(go_on(group.local_env_runner))
    return [refusal for refusal in refusals if refusal]


def _pickled_runner(runner: SingleAgentEnvRunner) -> tuple[int, bytes]:
    """Its number and state; pickled at its place, for arrays that Ray hands over are read-only."""
    return runner.worker_index or 0, pickle.dumps(_runner_state(runner), pickle.HIGHEST_PROTOCOL)


def _runner_state(runner: SingleAgentEnvRunner) -> RunnerState:
    env = runner.env.unwrapped
    door, refusal, going_on = None, "", None
    if isinstance(runner, ColumnEnvRunner):
        going_on = runner.going_on()
        try:
            door = environment_bytes(env)
        except Exception as error:  # a stranger's environment may raise anything
            refusal = f"it cannot be pickled: {type(error).__name__}: {error}"
    words = np.random.SeedSequence((runner._seed, env.courses_begun)).generate_state(1)
    return RunnerState(
        going_on=going_on,
        door=door,
        refusal=refusal,
        recent=(list(env.return_vectors), list(env.scalar_returns)),
        next_seed=int(words[0]) >> 8,
        global_draws=(random.getstate(), np.random.get_state(), torch.get_rng_state()),  # noqa: NPY002  strangers' draws, not ours
    )


def _set_runner_state(runner: SingleAgentEnvRunner, *, pickled: bytes) -> str:
    """Returns why its environments begin new courses, if they do although they should not."""
    state: RunnerState = pickle.loads(pickled)
    refusal = state.refusal
    if state.going_on is not None:
        runner.go_on(state.going_on)
    if state.door is not None:
        try:
            runner.take_door(pickle.loads(state.door))
        except Exception as error:  # a stranger's environment may raise anything
            refusal = f"it cannot be unpickled: {type(error).__name__}: {error}"
    if state.door is None or refusal:
        door = runner.env.unwrapped
        kept = (door.return_vectors, door.scalar_returns)
        for each, recent in zip(kept, state.recent, strict=True):
            each.extend(recent)
        runner._seed, runner._needs_initial_reset = state.next_seed, True
    python, numpy, own = state.global_draws
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002  see above
    torch.set_rng_state(own)
    return refusal
