"""Which constant actions are played, and how they are ordered by dose."""

import gymnasium as gym
import numpy as np
import pytest

from posology.validation.audit_policies import Chance, Switch
from posology.validation.audit_sweep import constant_sweep


def test_every_action_of_a_small_discrete_space_is_played() -> None:
    sweep = constant_sweep(gym.spaces.Discrete(5, start=2))
    assert [int(each.action) for each in sweep.constants] == [2, 3, 4, 5, 6]
    assert sweep.lines == ()
    assert sweep.hold is None


def test_a_large_discrete_space_is_sampled_with_its_first_and_last_action() -> None:
    sweep = constant_sweep(gym.spaces.Discrete(1000))
    actions = [int(each.action) for each in sweep.constants]
    assert len(actions) == 64
    assert (actions[0], actions[-1]) == (0, 999)
    assert np.diff(actions).max() <= 16


def test_declared_doses_order_the_actions_of_each_drug() -> None:
    levels = [0.0, 0.5, 1.0]
    doses = np.array([[first, second] for first in levels for second in levels])
    sweep = constant_sweep(gym.spaces.Discrete(9), doses)
    assert len(sweep.lines) == 6
    assert all(line.levels == (0.0, 0.5, 1.0) for line in sweep.lines)
    assert {line.actions for line in sweep.lines if line.axis == "axis 1"} == {
        (0, 3, 6),
        (1, 4, 7),
        (2, 5, 8),
    }
    assert (sweep.hold, sweep.lowest, sweep.highest) == (0, 0, 8)


def test_doses_for_another_number_of_actions_are_refused() -> None:
    with pytest.raises(ValueError, match="a row for each of 9 actions; got 4"):
        constant_sweep(gym.spaces.Discrete(9), np.zeros((4, 2)))


def test_a_box_is_swept_together_and_one_axis_at_a_time() -> None:
    sweep = constant_sweep(gym.spaces.Box(0.0, 2.0, (2,), np.float32))
    points = {tuple(each.action.tolist()) for each in sweep.constants}
    assert {(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (1.0, 0.0), (1.0, 2.0), (0.0, 1.0)} <= points
    assert len(sweep.constants) == len(points) == 19
    assert [(line.axis, line.setting) for line in sweep.lines] == [
        ("all axes", "together"),
        ("axis 1", "the others lowest"),
        ("axis 1", "the others highest"),
        ("axis 2", "the others lowest"),
        ("axis 2", "the others highest"),
    ]
    for line in sweep.lines[1:]:
        axis = int(line.axis[-1]) - 1
        along = [sweep.constants[k].action[axis] for k in line.actions]
        assert along == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert sweep.constants[sweep.hold or 0].action.tolist() == [0.0, 0.0]


def test_a_box_around_zero_holds_nothing() -> None:
    assert constant_sweep(gym.spaces.Box(-1.0, 1.0, (1,))).hold is None


def test_a_box_without_bounds_is_swept_between_minus_one_and_one() -> None:
    sweep = constant_sweep(gym.spaces.Box(-np.inf, np.inf, (1,)))
    assert [float(each.action[0]) for each in sweep.constants] == [-1.0, -0.5, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    "space",
    [
        gym.spaces.Discrete(7, start=-3),
        gym.spaces.Box(0.0, np.array([1.0, 5.0], np.float32)),
        gym.spaces.MultiDiscrete([3, 4]),
        gym.spaces.MultiDiscrete([9, 9, 9]),
        gym.spaces.MultiBinary(3),
    ],
)
def test_every_action_played_is_one_of_the_space(space: gym.Space) -> None:
    sweep = constant_sweep(space)
    generator = np.random.default_rng(0)
    drawn = Chance(space).actions(0, None, slots=20, generator=generator)
    for action in [*(each.action for each in sweep.constants), *drawn]:
        assert space.contains(int(action) if isinstance(space, gym.spaces.Discrete) else action)


def test_a_switch_changes_its_action_once() -> None:
    first, last = constant_sweep(gym.spaces.Discrete(2)).constants
    switch = Switch(first, last, after=2)
    generator = np.random.default_rng(0)
    taken = [switch.actions(k, None, slots=1, generator=generator).tolist() for k in range(4)]
    assert taken == [[0], [0], [1], [1]]
    assert switch.label == "0 for 2 steps, then 1"
