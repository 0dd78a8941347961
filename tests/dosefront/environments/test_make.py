"""Every environment has the same contract, and what cannot have it is told why."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from gymnasium.vector import AutoresetMode

from dosefront.environments import make_vector_env
from dosefront.errors import SettingError, UsageError
from dosefront.front import Objective

DOWN, RIGHT = 1, 3
TREASURE = [
    {"name": "treasure", "reference": 0.0, "ideal": 23.7},
    {"name": "time", "unit": "steps", "reference": -25.0, "ideal": 0.0},
]
REWARDS = [
    {"name": "gain", "reference": 0.0, "ideal": 9.0},
    {"name": "loss", "reference": -9.0, "ideal": 0.0},
]


def counter(name: str = "Counter", *, num_envs: int = 2, **options: Any) -> Any:
    given = {"rewards": REWARDS, "time_limit": 5, **options}
    return make_vector_env(f"toy_environments:{name}", num_envs=num_envs, options=given)


def described(num_envs: int = 2, **options: Any) -> Any:
    return counter("DescribedCounter", num_envs=num_envs, rewards=None, **options)


def sea(num_envs: int = 1) -> Any:
    pytest.importorskip("mo_gymnasium")
    options = {"rewards": TREASURE, "float_state": True}
    return make_vector_env("mo:deep-sea-treasure-v0", num_envs=num_envs, options=options)


def returns(env: Any, actions: Sequence[int]) -> tuple[list[float], int]:
    """Return vector of the first slot's episode, and its steps."""
    env.reset(seed=0)
    total = np.zeros(2)
    for steps, action in enumerate(actions, start=1):
        _, rewards, terminated, _, _ = env.step(np.full(env.num_envs, action))
        total += rewards[0]
        if terminated[0]:
            return total.round(5).tolist(), steps
    raise AssertionError("no end")


def test_the_nearest_treasure_is_worth_seven_tenths_and_a_step() -> None:
    assert returns(sea(), [DOWN]) == ([0.7, -1.0], 1)


@pytest.mark.parametrize(
    # Yang et al. (2019), arXiv:1908.08342: treasure by column, and its depth.
    ("column", "depth", "treasure"),
    [
        (1, 2, 8.2),
        (2, 3, 11.5),
        (3, 4, 14.0),
        (5, 4, 16.1),
        (6, 7, 19.6),
        (8, 9, 22.4),
        (9, 10, 23.7),
    ],
)
def test_a_treasure_takes_as_many_steps_as_it_lies_away(
    column: int, depth: int, treasure: float
) -> None:
    steps = column + depth
    assert returns(sea(2), [RIGHT] * column + [DOWN] * depth) == ([treasure, -steps], steps)


def test_time_passes_where_a_wall_stops_the_submarine_until_the_environments_own_limit() -> None:
    env = sea()
    env.reset(seed=0)
    ends = [bool(env.step(np.array([0]))[3][0]) for _ in range(100)]
    assert ends == [False] * 99 + [True]


def test_the_contract_is_that_of_the_native_environments() -> None:
    native = make_vector_env("posology/DocetaxelCisplatin-v0", num_envs=3, options={"patients": 5})
    for env in (native, described(3, patients=5), sea(3)):
        observations, _ = env.reset(options={"patients": np.array([0, 2, 1])})
        space = env.single_observation_space
        assert isinstance(space, Box)
        assert len(space.shape) == 1
        assert observations.dtype == space.dtype == np.float32
        assert observations.shape == env.observation_space.shape == (3, *space.shape)
        assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
        assert isinstance(env.metadata["version"], str)
        objectives = [Objective.from_mapping(each) for each in env.metadata["objectives"]]
        assert isinstance(env.single_action_space, Discrete)
        _, rewards, terminated, truncated, _ = env.step(env.action_space.sample())
        assert rewards.shape == (3, len(objectives)) == (3, env.reward_dim)
        assert rewards.dtype == np.float32
        assert terminated.dtype == truncated.dtype == bool
        env.close()


def test_the_step_after_an_end_ignores_its_action_and_pays_nothing() -> None:
    env = described(horizon=2)
    first, _ = env.reset(seed=3)
    env.step(np.array([1, 2]))
    last, rewards, terminated, truncated, _ = env.step(np.array([3, 0]))
    assert (last[:, 0] == first[:, 0]).all()
    assert last[:, 1].tolist() == [2, 2]
    assert rewards.tolist() == [[3, -3], [0, 0]]
    assert terminated.all()
    assert not truncated.any()
    fresh, rewards, terminated, _, _ = env.step(np.array([99, 99]))
    assert (fresh[:, 0] != first[:, 0]).all()
    assert fresh[:, 1].tolist() == [0, 0]
    assert not rewards.any()
    assert not terminated.any()
    assert env.step(np.array([1, 1]))[1].tolist() == [[1, -1], [1, -1]]


def test_what_was_returned_does_not_change_afterwards() -> None:
    env = described()
    first, _ = env.reset(seed=0)
    kept = first.copy()
    env.step(np.array([0, 0]))
    assert (first == kept).all()


def episode_starts(num_envs: int, *, seed: int | None = None, **options: Any) -> np.ndarray:
    """Starts of three episodes of each slot."""
    env = described(num_envs, horizon=1, **options)
    starts = [env.reset(seed=seed)[0][:, 0]]
    for _ in range(4):
        starts.append(env.step(np.zeros(num_envs, int))[0][:, 0])
    return np.array(starts[::2])


def test_a_seed_gives_the_same_episodes_whatever_the_number_of_slots() -> None:
    few, many = episode_starts(2, seed=4), episode_starts(5, seed=4)
    assert (few == many[:, :2]).all()
    assert len(np.unique(many)) > 10
    assert (many != episode_starts(5, seed=5)).any()


def test_without_a_seed_the_cohort_and_its_split_say_which_episodes_follow() -> None:
    own = episode_starts(4, cohort_seed=1)
    assert (own == episode_starts(4, cohort_seed=1)).all()
    assert (own != episode_starts(4, cohort_seed=2)).any()
    assert (own != episode_starts(4, cohort_seed=1, split="select")).any()


def test_twins_have_the_same_episodes_and_families_others() -> None:
    starts = episode_starts(4, seed=1, twins=2)
    assert (starts[:, 0] == starts[:, 1]).all()
    assert (starts[:, 2] == starts[:, 3]).all()
    assert (starts[:, 0] != starts[:, 2]).any()


def test_a_named_patient_is_the_same_episode_in_any_company() -> None:
    def starts(patients: Sequence[int]) -> list[float]:
        env = described(len(patients), cohort_seed=3, split="select", patients=100)
        return env.reset(options={"patients": np.array(patients)})[0][:, 0].tolist()

    assert starts([7, 8, 9, 7])[1:] == starts([8, 9, 7])
    assert starts([9]) == [starts([7, 8, 9])[2]]


def test_version_is_the_environments_own_or_its_packages() -> None:
    mo_gymnasium = pytest.importorskip("mo_gymnasium")
    assert described().metadata["version"] == "7"
    assert counter().metadata["version"] == "unversioned"
    assert sea().metadata["version"] == f"mo_gymnasium {mo_gymnasium.__version__}"


def test_integers_choices_and_nested_observations_become_one_vector() -> None:
    # One of n choices is n zeros and a one; a choice from 1 to 3 that is 3 is the last.
    env = counter("Chambers")
    observations, _ = env.reset(seed=0)
    count, grid, pair = [1, 0, 0, 0, 0], [1, 2, 3, 4], [0, 0, 1, 0.5]
    assert observations[0].tolist() == [*count, *grid, *pair]
    assert env.single_observation_space.shape == (13,)
    assert counter("One").reset(seed=0)[0].tolist() == [[0, 0, 1]] * 2
    whole = counter("Whole").reset(seed=0)[0]
    assert whole.dtype == np.float32
    assert whole.tolist() == [[7, 0]] * 2


def test_actions_are_counted_from_zero() -> None:
    env = counter("FromOne")
    env.reset(seed=0)
    assert env.single_action_space == Discrete(3)
    assert env.step(np.array([0, 2]))[1][:, 0].tolist() == [1, 3]
    several = counter("SeveralActions")
    several.reset(seed=0)
    assert several.single_action_space == MultiDiscrete([3, 4])
    assert several.step(np.array([[0, 0], [2, 3]]))[1][:, 0].tolist() == [10, 15]


def test_continuous_actions_pass_through() -> None:
    rewards = [{"name": "cost", "reference": -2000, "ideal": 0}]
    options = {"rewards": rewards}
    env = make_vector_env("Pendulum-v1", num_envs=2, options=options)
    observations, _ = env.reset(seed=0)
    # Gymnasium's Pendulum: minus (angle² + 0.1 speed² + 0.001 torque²).
    torques = np.array([[0.5], [-2.0]], np.float32)
    angle = np.arctan2(observations[:, 1], observations[:, 0])
    expected = -(angle**2 + 0.1 * observations[:, 2] ** 2 + 0.001 * torques[:, 0] ** 2)
    assert env.step(torques)[1][:, 0] == pytest.approx(expected, rel=1e-5)


def test_components_from_info_are_negated_where_they_are_to_be_minimised() -> None:
    rewards = [
        {"name": "harm", "sense": "minimise", "info": "harm", "reference": 9, "ideal": 0},
        {"name": "gain", "reference": 0, "ideal": 9},
        {"name": "told", "info": "gain", "reference": 0, "ideal": 9},
        # The reward vector is maximised already, whatever its sense.
        {"name": "loss", "sense": "minimise", "reference": 9, "ideal": 0},
    ]
    env = counter(rewards=rewards)
    env.reset(seed=0)
    assert env.step(np.array([3, 1]))[1].tolist() == [[-3, 3, 3, -3], [-1, 1, 1, -1]]


def test_a_single_reward_is_one_component_or_left_out() -> None:
    told = {"name": "harm", "sense": "minimise", "info": "harm", "reference": 9, "ideal": 0}
    for rewards, paid in (([REWARDS[0], told], [2, -2]), ([told], [-2])):
        env = counter(rewards=rewards, scalar=True)
        env.reset(seed=0)
        assert env.step(np.array([2, 2]))[1].tolist() == [paid] * 2


def test_the_shorter_time_limit_truncates() -> None:
    for options, length, ending in (
        ({"time_limit": 3}, 3, "truncated"),
        ({"time_limit": 3, "horizon": 2}, 2, "terminated"),
        ({"time_limit": 3, "horizon": 3}, 3, "terminated"),
    ):
        env = described(**options)
        env.reset(seed=0)
        for _ in range(2):  # the second episode is as long
            ends = [env.step(np.zeros(2, int))[2:4] for _ in range(length)]
            assert not np.any(ends[:-1])
            terminated, truncated = ends[-1]
            assert (terminated.all(), truncated.all()) == (
                ending == "terminated",
                ending == "truncated",
            )
            env.step(np.zeros(2, int))


def test_a_function_may_make_the_environment_and_limit_it() -> None:
    env = make_vector_env("toy_environments:limited", num_envs=2, options={"rewards": REWARDS})
    env.reset(seed=0)
    assert [env.step(np.zeros(2, int))[3].all() for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize("name", ["MaskedCounter", "ToldMaskedCounter"])
def test_permitted_actions_are_told_by_method_or_info(name: str) -> None:
    env = counter(name, horizon=2)
    env.reset(seed=0)
    assert env.action_masks().tolist() == [[False, True, True, True]] * 2
    env.step(np.array([1, 1]))
    assert env.action_masks().tolist() == [[True, False, True, True]] * 2
    env.step(np.array([2, 2]))
    assert env.action_masks().all(), "ended, so that the next action is ignored"
    env.step(np.array([0, 0]))
    assert env.action_masks().tolist() == [[False, True, True, True]] * 2


def test_there_are_no_masks_where_none_are_told() -> None:
    assert not hasattr(counter(), "action_masks")
    native = make_vector_env("posology/DocetaxelCisplatin-v0", num_envs=1, options={})
    assert hasattr(native, "action_masks")


def test_a_vector_environment_of_a_module_is_taken_as_it_is() -> None:
    env = make_vector_env(
        "toy_environments:Ward", num_envs=4, options={"cohort_seed": 5, "split": "select"}
    )
    assert env.unwrapped.cohort == (5, "select", 9, 1)


def test_a_registered_id_whose_vector_environment_has_no_objectives_is_adapted() -> None:
    rewards = [{"name": "upright", "unit": "steps", "reference": 0, "ideal": 500}]
    options = {"rewards": rewards, "cohort_seed": 1, "split": "select", "patients": 9, "twins": 1}
    env = make_vector_env("CartPole-v1", num_envs=3, options=options)
    env.reset(options={"patients": np.arange(3)})
    ends = [env.step(np.ones(3, int))[2] for _ in range(11)]
    # Pushed one way only, the pole falls within eight to eleven steps (Sutton & Barto's physics).
    first = np.argmax(ends, axis=0) + 1
    assert ((first >= 8) & (first <= 11)).all()


def test_options_are_not_changed() -> None:
    options = {"rewards": REWARDS, "time_limit": 4, "split": "select"}
    before = dict(options)
    make_vector_env("toy_environments:Counter", num_envs=1, options=options)
    assert options == before


WRONG: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "rewards that are missing": (
        "Counter",
        {"rewards": None},
        "toy_environments:Counter does not say what it pays: a reward vector of 2, and in info "
        "gain, harm, word. Add under environment, with names, worst and best returns: rewards: "
        "[{name: reward_1, reference: 0, ideal: 1}, {name: reward_2, reference: 0, ideal: 1}].",
    ),
    "one reward that is missing": (
        "Counter",
        {"rewards": None, "scalar": True},
        "a single reward, and in info gain, harm, word. Add under environment, with names, worst "
        "and best returns: rewards: [{name: reward, reference: 0, ideal: 1}].",
    ),
    "a time limit that is missing": (
        "Counter",
        {"time_limit": None},
        "toy_environments:Counter has no time limit, and an episode might last for ever. Add "
        "under environment, in steps: time_limit: 200.",
    ),
    "rewards of what describes itself": (
        "DescribedCounter",
        {},
        "toy_environments:DescribedCounter says itself what it pays: gain, harm. Remove rewards.",
    ),
    "too few rewards": (
        "Counter",
        {"rewards": REWARDS[:1]},
        "pays a reward vector of 2; rewards names 1 without info. Name each number of it in its "
        "order, or none.",
    ),
    "two of one reward": (
        "Counter",
        {"scalar": True},
        "pays a single reward; rewards names 2 without info.",
    ),
    "an unknown key of info": (
        "Counter",
        {"rewards": [*REWARDS, {**REWARDS[0], "name": "ntcp", "info": "ntcp"}]},
        'tells no "ntcp" in its info; a step told gain, harm, word. Name one of them.',
    ),
    "metadata for fewer objectives than are paid": (
        "MisdescribedCounter",
        {"rewards": None},
        "describes 1 objectives in its metadata; a step paid 2. Describe each column",
    ),
    "actions that are none": (
        "Words",
        {},
        "actions must be Discrete, MultiDiscrete, Box; found Text(1, 3,",
    ),
    "observations of varying size": (
        "Varying",
        {},
        "observations must be of one size to be flattened; found Sequence(",
    ),
    "a step that raises": (
        "Raising",
        {},
        "toy_environments:Raising must reset and step; reset(seed=0) and its first action raised "
        "RuntimeError: no power. Mend it, or correct its options.",
    ),
    "a function that makes something else": (
        "nothing",
        {},
        "toy_environments:nothing must make a gymnasium.Env; found int.",
    ),
    "families that do not divide the slots": (
        "Counter",
        {"twins": 3},
        "2 slots cannot be families of 3. Give a divisor.",
    ),
    "a split that is none": (
        "Counter",
        {"split": "test"},
        'unknown split "test". Choose one of train, select, held-out.',
    ),
    "a name that is none": (
        "Countr",
        {},
        'toy_environments has no environment "Countr". Did you mean "Counter"?',
    ),
    "a vector environment that resets in the same step": (
        "SameStepWard",
        {"rewards": None, "time_limit": None},
        "must reset at the NEXT_STEP and take cohort_seed, split, patients, twins; "
        "toy_environments:SameStepWard has autoreset AutoresetMode.SAME_STEP.",
    ),
    "a vector environment without cohorts": (
        "Cohortless",
        {"rewards": None, "time_limit": None},
        "toy_environments:Cohortless has a constructor without them. Name the class of one",
    ),
    "a vector environment that says nothing of itself": (
        "SilentWard",
        {"rewards": None, "time_limit": None},
        "must describe its version and objectives in its metadata; found autoreset_mode.",
    ),
    "settings of a vector environment": (
        "Ward",
        {},
        "toy_environments:Ward says itself what it pays: gain, harm. Remove rewards. "
        "toy_environments:Ward ends its episodes itself. Remove time_limit.",
    ),
}


@pytest.mark.parametrize(("name", "options", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_adapted_is_told_with_its_remedy(
    name: str, options: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        counter(name, **options)
    assert message in str(refusal.value)


def test_missing_rewards_and_a_missing_limit_are_told_together() -> None:
    with pytest.raises(SettingError) as refusal:
        make_vector_env("toy_environments:Counter", num_envs=1, options={})
    assert refusal.value.faults.keys() == {("rewards", "[key]"), ("time_limit", "[key]")}


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("CartPol-v1", 'unknown environment "CartPol-v1". Did you mean "CartPole-v1"?'),
        ("no_such_module:Ward", "cannot be imported: ModuleNotFoundError"),
        ("mo:deep-see-treasure-v0", 'Did you mean "deep-sea-treasure-v0"?'),
        ("mo:CartPola-v1", "Choose one of "),
    ],
)
def test_a_name_that_means_nothing_is_told_with_the_nearest(identifier: str, message: str) -> None:
    pytest.importorskip("mo_gymnasium")
    with pytest.raises(UsageError) as refusal:
        make_vector_env(identifier, num_envs=1, options={})
    assert message in str(refusal.value)


def test_a_missing_mo_gymnasium_is_told_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mo_gymnasium", None)
    with pytest.raises(UsageError, match=r'Install it: pip install "dosefront\[mo\]"\.'):
        make_vector_env("mo:deep-sea-treasure-v0", num_envs=1, options={})


def test_a_constructors_own_error_is_left_as_it_is() -> None:
    with pytest.raises(ValueError, match="an episode has a step"):
        counter(horizon=0)


def test_info_that_a_later_step_leaves_out_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"name": "harm", "sense": "minimise", "info": "harm", "reference": 9, "ideal": 0}
    env = counter(rewards=[told])
    env.reset(seed=0)
    step = type(env.envs[0]).step
    monkeypatch.setattr(type(env.envs[0]), "step", lambda *given: (*step(*given)[:4], {"a": 1}))
    with pytest.raises(UsageError, match='a step must tell "harm" in its info; found a'):
        env.step(np.zeros(2, int))


def test_info_that_is_no_number_is_an_error() -> None:
    env = counter(rewards=[{"name": "word", "info": "word", "reference": 0, "ideal": 1}])
    env.reset(seed=0)
    with pytest.raises(UsageError, match=r"info\[\"word\"\] must be one number; found 'none'"):
        env.step(np.zeros(2, int))


@pytest.mark.parametrize("patients", [[0], [0, -1], [0, 5]])
def test_patients_outside_the_cohort_are_refused(patients: list[int]) -> None:
    env = described(patients=5)
    with pytest.raises(ValueError, match="must name 2 episodes from 0 to 4"):
        env.reset(options={"patients": patients})


def test_closing_closes_every_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Any] = []
    env = counter(num_envs=3)
    monkeypatch.setattr(type(env.envs[0]), "close", lambda each: closed.append(each))
    env.close()
    assert closed == list(env.envs)
