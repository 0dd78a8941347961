"""What every classic keeps: Gymnasium's conventions, reproducibility, refusals."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode

from dosefront.front import Objective
from posology.classics import BatchEnv, Comparator, register_classics, return_vectors

register_classics()

CASES = [
    ("AdaptiveTherapy", {"varied": True, "interval_days": 30.0}),
    ("Zhao", {}),
    ("Zhao", {"continuous": True}),
    ("AhnChemo", {"spread": 0.1}),
    ("AhnChemo", {"continuous": True}),
    ("CancerSim", {}),
    ("LQR2", {"horizon": 5}),
]
every_classic = pytest.mark.parametrize(("name", "options"), CASES)


def batch(name: str, n: int, **options: Any) -> BatchEnv:
    made = gym.make_vec(
        f"posology/{name}-v0", num_envs=n, vectorization_mode="vector_entry_point", **options
    ).unwrapped
    assert isinstance(made, BatchEnv)
    return made


def course(env: Any, actions: list[Any], **how: Any) -> list[Any]:
    """What a single environment shows and pays, step by step."""
    seen: list[Any] = [env.reset(**how)[0]]
    for action in actions:
        seen.append(env.step(action))
        if seen[-1][2] or seen[-1][3]:
            break
    return seen


@every_classic
def test_a_registered_id_makes_a_single_environment(name: str, options: dict[str, Any]) -> None:
    env = gym.make(f"posology/{name}-v0", **options)
    observation, info = env.reset(seed=3)
    assert observation in env.observation_space
    assert info == {}
    env.action_space.seed(0)
    for _ in range(700):
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert observation in env.observation_space
        assert reward in env.unwrapped.reward_space
        assert reward.shape == (env.unwrapped.reward_dim,)
        if terminated or truncated:
            break
    assert terminated != truncated
    assert all(np.ndim(value) == 0 for value in info["endpoints"].values())


@every_classic
def test_a_registered_id_makes_a_native_batch(name: str, options: dict[str, Any]) -> None:
    env = batch(name, 5, **options)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    observations, _ = env.reset(seed=3)
    assert observations in env.observation_space
    observations, rewards, terminated, truncated, _ = env.step(env.action_space.sample())
    assert observations in env.observation_space
    assert rewards.shape == (5, len(env.metadata["objectives"]))
    assert rewards.dtype == observations.dtype == np.float32
    assert terminated.shape == truncated.shape == (5,)


@every_classic
def test_the_objectives_fit_the_platform(name: str, options: dict[str, Any]) -> None:
    names = [
        Objective.from_mapping(each).name
        for each in batch(name, 1, **options).metadata["objectives"]
    ]
    assert len(set(names)) == len(names) >= 2


@every_classic
def test_a_patient_fares_the_same_alone_and_in_company(name: str, options: dict[str, Any]) -> None:
    env = batch(name, 6, **options)
    env.action_space.seed(1)
    actions = [env.action_space.sample() for _ in range(5)]
    together = [env.reset(options={"patients": [40, 7, 7, 900, 4095, 0]})[0]]
    together += [env.step(each)[0] for each in actions]
    alone = gym.make(f"posology/{name}-v0", **options)
    seen = course(alone, [each[3] for each in actions], options={"patients": [900]})
    for k, step in enumerate(seen):
        observation = step if k == 0 else step[0]
        assert (observation == together[k][3]).all()


@every_classic
def test_the_same_seed_gives_the_same_course(name: str, options: dict[str, Any]) -> None:
    env = gym.make(f"posology/{name}-v0", **options)
    env.action_space.seed(2)
    actions = [env.action_space.sample() for _ in range(20)]
    assert data_equivalence(course(env, actions, seed=7), course(env, actions, seed=7), exact=True)


@pytest.mark.parametrize(("name", "options"), [case for case in CASES if case[0] != "LQR2"])
def test_a_reset_without_a_seed_takes_the_next_patient(name: str, options: dict[str, Any]) -> None:
    env = batch(name, 40, **options)
    env.reset(seed=1)
    first = env.patient.copy()
    env.reset()
    assert not (env.patient == first).all()
    assert np.unique(first).size > 30


@every_classic
def test_a_finished_slot_takes_its_next_patient_one_step_later(
    name: str, options: dict[str, Any]
) -> None:
    env = batch(name, 3, **options)
    env.reset(seed=5)
    env.action_space.seed(0)
    ended = np.zeros(3, bool)
    while not ended.any():
        _, _, terminated, truncated, infos = env.step(env.action_space.sample())
        ended = terminated | truncated
    assert set(infos) == {"endpoints"}
    assert all(values.shape == (3,) for values in infos["endpoints"].values())
    observations, rewards, terminated, truncated, _ = env.step(env.action_space.sample())
    assert (rewards[ended] == 0.0).all()
    assert not (terminated | truncated)[ended].any()
    assert (env.steps[ended] == 0).all()
    env.reset(options={"patients": env.patient})
    assert (env.reset(options={"patients": env.patient})[0][ended] == observations[ended]).all()


def test_twins_meet_the_same_patient_with_the_same_noise() -> None:
    env = batch("CancerSim", 6, twins=3)
    env.reset(seed=1)
    assert np.unique(env.patient[:3]).size == np.unique(env.patient[3:]).size == 1
    for _ in range(5):
        observations = env.step(np.zeros(6, int))[0]
    assert (observations[0] == observations[1:3]).all()
    assert not (observations[0] == observations[3]).all()


def test_the_splits_share_no_patient() -> None:
    starts = [
        batch("Zhao", 100, split=split).reset(options={"patients": np.arange(100)})[0][:, 0]
        for split in ("train", "select", "held-out")
    ]
    assert np.unique(np.concatenate(starts)).size == 300


@every_classic
def test_comparators_act_where_their_options_say(name: str, options: dict[str, Any]) -> None:
    offered: tuple[Comparator, ...] = batch(name, 1, **options).comparators()
    assert len({each.name for each in offered}) == len(offered) >= 4
    for each in offered[:4]:
        env = batch(name, 2, **{**options, **each.options})
        returns = return_vectors(env, each.policy, options={"patients": [0, 1]})
        assert returns.shape == (2, env.reward_dim)
        assert np.isfinite(returns).all()


@pytest.mark.parametrize(
    ("name", "options", "actions", "message"),
    [
        ("Zhao", {"continuous": True}, [[0.5], [np.nan]], "finite numbers from 0 to 1; got nan"),
        ("Zhao", {"continuous": True}, [[0.5], [1.2]], "finite numbers from 0 to 1; got 1.2"),
        ("Zhao", {"continuous": True}, [0.5, 0.5], r"of shape \(2, 1\)"),
        ("Zhao", {}, [3, 11], "integers from 0 to 10; got 11"),
        ("AhnChemo", {}, [0.0, 1.0], "must be integers of shape"),
        ("CancerSim", {}, [1, -1], "integers from 0 to 3; got -1"),
        ("AdaptiveTherapy", {}, [1, 1, 1], r"got int64 of shape \(3,\)"),
        ("LQR2", {}, [[0.0, 0.0], [0.0, -np.inf]], "finite numbers from -20 to 20; got -inf"),
    ],
)
def test_a_wrong_action_is_refused(
    name: str, options: dict[str, Any], actions: list[Any], message: str
) -> None:
    env = batch(name, 2, **options)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.step(np.array(actions))


def test_wrong_patients_and_options_are_refused() -> None:
    env = batch("Zhao", 2, patients=10)
    with pytest.raises(RuntimeError, match="Call reset first"):
        env.step(np.zeros(2, int))
    for patients in ([0, 10], [-1, 0], [0]):
        with pytest.raises(ValueError, match="must name 2 patients from 0 to 9"):
            env.reset(options={"patients": patients})
    for wrong in ({"split": "test"}, {"patients": 0}, {"twins": 3}, {"levels": 1}):
        with pytest.raises(ValueError, match=r"must be|at least one|families of 3"):
            batch("Zhao", 2, **wrong)


@every_classic
def test_a_pickled_environment_goes_on_as_it_would_have(name: str, options: dict[str, Any]) -> None:
    env = batch(name, 4, **options)
    env.reset(seed=4)
    env.action_space.seed(0)
    for _ in range(3):
        env.step(env.action_space.sample())
    again = pickle.loads(pickle.dumps(env))
    for _ in range(40):
        actions = env.action_space.sample()
        for one, other in zip(env.step(actions)[:4], again.step(actions)[:4], strict=True):
            np.testing.assert_array_equal(one, other)
