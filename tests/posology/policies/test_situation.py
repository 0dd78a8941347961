"""What a policy is shown beside an observation."""

import json
from dataclasses import asdict
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import VectorEnv
from hypothesis import given
from hypothesis import strategies as st

from dosefront.front import Objective, normalise
from posology.policies import Situation, View, offers_masks

OBJECTIVES = (
    Objective("efficacy", "%", "maximise", reference=-20.0, ideal=80.0),
    Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0),
)
COLUMNS = [2, 0]
"""The environment's rewards hold something else between the two."""


class Slots(VectorEnv):
    """Three slots with four actions; which are open is set from outside."""

    single_observation_space = gymnasium.spaces.Box(0.0, 100.0, (2,), np.float32)

    def __init__(self, space: gymnasium.Space[Any] | None = None) -> None:
        self.num_envs = 3
        self.single_action_space = space or gymnasium.spaces.Discrete(4)
        self.masks = np.ones((3, 4), bool)

    def action_masks(self) -> np.ndarray:
        return self.masks


def situation(view: View, env: Slots | None = None) -> Situation:
    return Situation(env or Slots(), objectives=OBJECTIVES, columns=COLUMNS, view=view)


def observations() -> np.ndarray:
    return np.arange(6, dtype=np.float32).reshape(3, 2)


@given(seed=st.integers(0, 2**32 - 1), discount=st.floats(0.5, 1.0), steps=st.integers(1, 9))
def test_what_accrues_is_the_discounted_return_on_the_boxs_scale(
    seed: int, discount: float, steps: int
) -> None:
    generator = np.random.default_rng(seed)
    rewards = generator.normal(size=(steps, 3, 3)) * 10.0
    slots = situation(View(accrued=True, discount=discount))
    for step in rewards:
        slots.accrue(step)
    returns = sum(discount**t * step[:, COLUMNS] for t, step in enumerate(rewards))
    np.testing.assert_allclose(slots.accrued, normalise(returns, OBJECTIVES), atol=1e-9)
    np.testing.assert_allclose(slots.decay, discount**steps)


def test_a_steps_rewards_come_back_in_boxes_whatever_the_discount() -> None:
    slots = situation(View(accrued=True, discount=0.5))
    rewards = np.array([[3.0, 99.0, 50.0]] * 3)  # toxicity first, 12 events wide; efficacy 100 %
    for _ in range(2):
        np.testing.assert_allclose(slots.accrue(rewards), [[0.5, 0.25]] * 3)


def test_a_course_that_begins_has_accrued_nothing_and_the_others_keep_theirs() -> None:
    slots = situation(View(accrued=True, discount=0.9))
    slots.accrue(np.ones((3, 3)))
    kept = slots.accrued[[0, 2]].copy()
    slots.begin(np.array([False, True, False]))
    # No efficacy lies 20 of 100 above the reference; no toxicity is the ideal.
    np.testing.assert_allclose(slots.accrued[1], [0.2, 1.0])
    np.testing.assert_array_equal(slots.accrued[[0, 2]], kept)
    np.testing.assert_allclose(slots.decay, [0.9, 1.0, 0.9])


def test_a_plain_view_shows_the_observation_itself() -> None:
    shown = observations()
    assert situation(View()).shown(shown) is shown
    assert situation(View()).space() == Slots.single_observation_space


def test_behind_an_observation_stand_accrued_decay_preference_and_masks() -> None:
    env = Slots()
    env.masks[1] = [True, False, False, True]
    view = View(accrued=True, discount=0.5, preference=(0.3, 0.7), masks=True)
    slots = situation(view, env)
    slots.accrue(np.zeros((3, 3)))
    slots.preferences[1] = (0.6, 0.4)
    shown = slots.shown(observations())
    assert shown.dtype == np.float32
    assert shown.shape[1:] == slots.space().shape == (2 + 2 + 1 + 2 + 4,)
    assert all(slots.space().contains(row) for row in shown)
    expected = [2.0, 3.0, 0.2, 1.0, 0.5, 0.6, 0.4, 1.0, 0.0, 0.0, 1.0]
    np.testing.assert_allclose(shown[1], np.float32(expected))
    np.testing.assert_allclose(shown[0, 5:7], np.float32([0.3, 0.7]))


def test_without_a_discount_no_decay_is_shown() -> None:
    slots = situation(View(accrued=True))
    assert slots.space().shape == (2 + 2,)
    np.testing.assert_allclose(slots.shown(observations())[:, 2:], [[0.2, 1.0]] * 3, rtol=1e-6)


def test_a_history_is_shown_newest_first_and_reaches_back_to_its_course_alone() -> None:
    slots = situation(View(history=3, preference=(0.3, 0.7)))
    frames = [observations() + 10.0 * step for step in range(4)]
    for frame in frames[:3]:
        shown = slots.shown(frame)
    first, second = [4.0, 5.0], [2.0, 3.0]
    expected = np.add.outer([20.0, 10.0, 0.0], first).ravel()
    np.testing.assert_allclose(shown[2], np.float32([*expected, 0.3, 0.7]))
    slots.begin(np.array([False, True, False]))
    shown = slots.shown(frames[3])
    np.testing.assert_allclose(shown[2, :6], np.add.outer([30.0, 20.0, 10.0], first).ravel())
    np.testing.assert_allclose(shown[1, :6], np.add.outer([30.0] * 3, second).ravel())


def test_where_every_action_is_closed_all_are_shown_open() -> None:
    env = Slots()
    env.masks = np.array([[0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]], bool)
    masks = situation(View(masks=True), env).shown(observations())[:, 2:]
    np.testing.assert_array_equal(masks, [[1, 1, 1, 1], [0, 1, 0, 0], [1, 1, 1, 1]])


@pytest.mark.parametrize(
    ("space", "offers"),
    [
        (gymnasium.spaces.Discrete(4), True),
        (gymnasium.spaces.MultiDiscrete([2, 2]), False),
        (gymnasium.spaces.Box(0.0, 1.0, (2,)), False),
    ],
)
def test_masks_are_of_discrete_actions(space: gymnasium.Space[Any], offers: bool) -> None:
    assert offers_masks(Slots(space)) is offers


@pytest.mark.parametrize("view", [View(), View(3, True, 0.9, (0.25, 0.75), True)])
def test_a_view_survives_json(view: View) -> None:
    assert View.from_mapping(json.loads(json.dumps(asdict(view)))) == view
