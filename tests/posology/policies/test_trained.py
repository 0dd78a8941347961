"""A trained policy meets the environment that it was trained on, and refuses others."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import VectorEnv

from posology.policies import (
    ActionForm,
    NetworkPolicy,
    ShownVectorEnv,
    TrainedEnvironment,
    TrainedPolicy,
    View,
    save_policy,
)

Make = Callable[..., TrainedPolicy]
BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("dosefront", "ray", "torch", "pandas"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())
"""


def test_every_kind_of_policy_treats_patients_to_the_end(each_trained: TrainedPolicy) -> None:
    env = each_trained.make_env(30)
    observations, _ = env.reset(options={"patients": np.arange(30)})
    assert observations in env.observation_space
    running = np.ones(30, bool)
    while running.any():
        actions = each_trained.actions(observations)
        assert actions in env.action_space
        observations, rewards, terminated, truncated, _ = env.step(actions)
        running &= ~(terminated | truncated)
    assert rewards.shape == (30, 2)


def test_the_patients_are_those_of_the_held_out_cohort_of_the_training(make_trained: Make) -> None:
    env = make_trained().make_env(3)
    named = gymnasium.make_vec(
        "posology/DocetaxelCisplatin-v0",
        3,
        vectorization_mode="vector_entry_point",
        decisions="due",
        cohort_seed=5,
        split="held-out",
        patients=30,
    )
    patients = {"patients": np.array([29, 0, 7])}
    assert (env.reset(options=patients)[0] == named.reset(options=patients)[0]).all()
    other, _ = make_trained().make_env(3, split="train").reset(options={"patients": np.arange(3)})
    assert (other != env.reset(options={"patients": np.arange(3)})[0]).any()


def test_options_replace_those_of_the_training(make_trained: Make) -> None:
    env = make_trained().make_env(50, patients=50, cycles=2)
    assert env.unwrapped.regimen.cycles == 2
    env.reset(options={"patients": np.arange(50)})


def test_what_has_accrued_starts_anew_with_each_course() -> None:
    class Two(VectorEnv):
        """Slot 0 ends at its second step, slot 1 at its third; each pays one a step."""

        num_envs = 2
        single_observation_space = gymnasium.spaces.Box(-9.0, 9.0, (1,), np.float32)
        single_action_space = gymnasium.spaces.Discrete(2)

        def reset(self, **_: object) -> tuple:
            self.steps = np.zeros(2, int)
            return np.zeros((2, 1), np.float32), {}

        def step(self, actions: np.ndarray) -> tuple:
            fresh = self.steps == [2, 3]
            self.steps = np.where(fresh, 0, self.steps + 1)
            ended = self.steps == [2, 3]
            rewards = np.where(fresh, 0.0, 1.0)[:, None].astype(np.float32)
            return np.zeros((2, 1), np.float32), rewards, ended, np.zeros(2, bool), {}

    class Gain:
        sense, reference, ideal = "maximise", 0.0, 1.0

    view = View(accrued=True, discount=0.5)
    env = ShownVectorEnv(Two(), objectives=[Gain()], columns=[0], view=view)
    shown = [env.reset()[0], *(env.step(np.zeros(2, int))[0] for _ in range(5))]
    assert [rows[0, 1:].tolist() for rows in shown] == [
        *([0.0, 1.0], [1.0, 0.5], [1.5, 0.25]),
        *([0.0, 1.0], [1.0, 0.5], [1.5, 0.25]),
    ]
    assert [rows[1, 1] for rows in shown] == [0.0, 1.0, 1.5, 1.75, 0.0, 1.0]


def test_another_version_of_the_environment_is_refused_unless_asked_for(make_trained: Make) -> None:
    policy = make_trained(version="0")
    with pytest.raises(ValueError, match=r"trained on version 0 of .*this is version 1"):
        policy.make_env(2)
    policy.make_env(2, any_version=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "test"}, 'split is one of train, select, held-out; got "test"'),
        ({"continuous": True}, r"acts as Discrete with 25 outputs; .* takes Box"),
        ({"objectives": ["efficacy"]}, "trained for toxicity, which this environment does not pay"),
    ],
)
def test_an_environment_that_is_not_like_that_of_the_training_is_refused(
    make_trained: Make, options: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_trained().make_env(2, **options)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("posology/FOLFOX6-v0", "other features of a patient .*: oxaliplatin, permitted"),
        ("posology/Clinic-v0", "trained on observations of 36 numbers"),
    ],
)
def test_another_regimen_is_told_by_what_is_observed(
    make_trained: Make, other: str, message: str
) -> None:
    env = gymnasium.make_vec(other, 2, vectorization_mode="vector_entry_point", decisions="due")
    with pytest.raises(ValueError, match=message):
        make_trained().wrap(env)


def test_an_environment_of_another_package_is_made_elsewhere(make_trained: Make) -> None:
    policy = make_trained()
    environment = TrainedEnvironment("mo:deep-sea-treasure-v0", "1", {}, {"seed": 1}, 36)
    foreign = TrainedPolicy(**{**vars(policy), "environment": environment})
    with pytest.raises(ValueError, match=r"no environment of posology.*wrap\(\)"):
        foreign.make_env(2)


def test_observations_without_what_is_shown_are_refused(make_trained: Make) -> None:
    policy = make_trained(View(accrued=True, masks=True))
    with pytest.raises(ValueError, match=r"reads 63 numbers of an observation; got 36"):
        policy.actions(np.zeros((2, 36), np.float32))


def test_parts_that_do_not_belong_together_are_refused(make_trained: Make) -> None:
    parts = vars(make_trained())
    with pytest.raises(ValueError, match="one weight for each of 2 objectives; got 3"):
        TrainedPolicy(**{**parts, "weights": (0.2, 0.3, 0.5)})
    narrow = NetworkPolicy([np.eye(5, dtype=np.float32)], [np.zeros(5, np.float32)], "tanh", {})
    with pytest.raises(ValueError, match="reads 5 numbers and its environment shows 36"):
        TrainedPolicy(**{**parts, "network": narrow})


def test_groups_of_discrete_actions_are_told_from_others(make_trained: Make) -> None:
    policy = make_trained(form=ActionForm("MultiDiscrete", sizes=(5, 5, 15)))
    assert policy.actions(np.zeros((2, 36), np.float32)).shape == (2, 3)
    with pytest.raises(ValueError, match="acts as MultiDiscrete"):
        policy.make_env(2)


def test_a_policy_runs_where_neither_dosefront_nor_ray_nor_torch_can_be_imported(
    make_trained: Make, tmp_path: Path
) -> None:
    save_policy(make_trained(View(accrued=True, masks=True)), tmp_path / "policy")
    code = BLOCKED + (
        "import numpy as np, posology\n"
        f"policy = posology.load_policy({str(tmp_path / 'policy')!r})\n"
        "env = policy.make_env(4)\n"
        "observations, _ = env.reset(options={'patients': np.arange(4)})\n"
        "env.step(policy.actions(observations))\n"
        "print(sorted({'dosefront', 'ray', 'torch', 'pandas'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
