"""What is asked of an algorithm's runners, and what they are given."""

from collections.abc import Callable
from typing import TypeVar

from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import COMPONENT_LEARNER, COMPONENT_RL_MODULE
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner

Answer = TypeVar("Answer")


def ask_runners(
    algorithm: Algorithm, question: Callable[[SingleAgentEnvRunner], Answer]
) -> list[Answer]:
    """The answer of every runner that samples."""
    group = algorithm.env_runner_group
    if group.num_remote_workers():
        answers: list[Answer] = group.foreach_env_runner(question, local_env_runner=False)
        return answers
    return [question(group.local_env_runner)]


def give_weights(algorithm: Algorithm) -> None:
    """Every runner has the learner's weights when this returns.

    RLlib's `sync_weights` does not wait, and passes over a runner that has not answered the one
    before: a new algorithm's first fragment would be sampled with the weights it was built with.
    """
    learner = algorithm.learner_group.get_state(
        components=f"{COMPONENT_LEARNER}/{COMPONENT_RL_MODULE}", inference_only=True
    )[COMPONENT_LEARNER]
    weights = {COMPONENT_RL_MODULE: learner[COMPONENT_RL_MODULE]}
    ask_runners(algorithm, lambda runner: runner.set_state(weights))
