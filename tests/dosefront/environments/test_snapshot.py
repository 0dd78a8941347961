"""Environments in the middle of an episode, as bytes."""

import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest

from dosefront.environments import environment_bytes, make_vector_env

REWARDS = (
    {"name": "gain", "reference": 0, "ideal": 9},
    {"name": "loss", "reference": -9, "ideal": 0},
)


def in_the_middle(environment: str, **options: Any) -> Any:
    env = make_vector_env(environment, num_envs=3, options={"rewards": REWARDS, **options})
    env.reset(seed=5)
    env.step(np.zeros(3, int))
    return env


@pytest.mark.parametrize("name", ["Counter", "Remade", "MaskedCounter"])
def test_an_environment_goes_on_in_the_same_episodes_and_to_the_same_next_ones(name: str) -> None:
    env = in_the_middle(f"toy_environments:{name}", time_limit=4)
    again = pickle.loads(environment_bytes(env))
    for step in range(1, 12):
        actions = np.full(3, step % 4)
        for one, other in zip(env.step(actions)[:4], again.step(actions)[:4], strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_plain_pickle_would_have_forgotten_the_episode() -> None:
    (env, *_) = in_the_middle("toy_environments:Remade", time_limit=4).envs
    assert env.unwrapped.count == 1
    assert not hasattr(pickle.loads(pickle.dumps(env)).unwrapped, "count")
    assert pickle.loads(environment_bytes(env)).unwrapped.count == 1


def test_what_the_registry_says_of_an_environment_is_left_out() -> None:
    from_here = in_the_middle("toy_environments:Counter", time_limit=4).envs[0].unwrapped
    from_here.spec = gymnasium.envs.registration.EnvSpec("here-v0", entry_point=lambda: None)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(from_here)
    assert pickle.loads(environment_bytes(from_here)).spec is None


def test_what_cannot_be_pickled_says_so() -> None:
    with pytest.raises(TypeError, match="lock"):
        environment_bytes(in_the_middle("toy_environments:Unpicklable", time_limit=4))
