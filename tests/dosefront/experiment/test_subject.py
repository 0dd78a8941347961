"""What a name on the command line means, and what to do where it means nothing."""

from pathlib import Path

import pytest
from gymnasium.vector import VectorEnv

from dosefront.errors import UsageError
from dosefront.experiment import named_subject

MODULE = """
import gymnasium as gym
import numpy as np


class {name}(gym.Env):
    def __init__(self, beds=1):
        if beds < 1:
            raise ValueError("no beds")
        self.beds = beds
        self.observation_space = gym.spaces.Discrete(2)
        self.action_space = gym.spaces.Discrete(2)


def nothing():
    return 5
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the current folder, of a name that no other test imports."""
    name = f"ward_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(MODULE.format(name="Ward"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return name


def test_a_registered_id_with_a_vector_environment_is_made_as_one() -> None:
    subject = named_subject("CartPole-v1")
    assert subject.is_vector
    made = subject.make(3)
    assert isinstance(made, VectorEnv)
    assert made.num_envs == 3


def test_a_registered_id_without_one_is_made_alone() -> None:
    assert not named_subject("Pendulum-v1").is_vector


def test_mo_is_short_for_mo_gymnasium() -> None:
    pytest.importorskip("mo_gymnasium")
    assert named_subject("mo:deep-sea-treasure-v0").make(1).unwrapped.reward_dim == 2


def test_a_class_of_a_module_in_this_folder_is_found_and_takes_options(module: str) -> None:
    subject = named_subject(f"{module}:Ward", ["beds=3"])
    assert subject.make(1).unwrapped.beds == 3
    assert subject.make(1, beds=4).unwrapped.beds == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CartPol-v1", 'unknown environment "CartPol-v1". Did you mean "CartPole-v1"?'),
        ("no_such_module:Ward", "cannot be imported: ModuleNotFoundError"),
        ("MODULE:Wardd", 'no environment "Wardd". Did you mean "Ward"?'),
        ("MODULE:nothing", "should make a Gymnasium environment; found int"),
    ],
)
def test_a_name_that_means_nothing_is_refused(module: str, name: str, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        named_subject(name.replace("MODULE", module))
    assert message in str(refusal.value)


def test_a_constructor_that_raises_is_told_with_what_it_was_given(module: str) -> None:
    with pytest.raises(UsageError, match="cannot be made with beds=0: ValueError: no beds"):
        named_subject(f"{module}:Ward", ["beds=0"])


@pytest.mark.parametrize("option", ["beds", "=3", "two words=3"])
def test_an_option_without_key_or_value_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="is not KEY=VALUE"):
        named_subject("CartPole-v1", [option])
