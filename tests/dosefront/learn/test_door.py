"""The scalarizing door."""

import re
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from dosefront.environments import make_vector_env
from dosefront.evaluate import chosen_objectives
from dosefront.front import Objective, extents, normalise, scalarization
from dosefront.learn import ScalarizedVectorEnv
from dosefront.learn.door import make_scalarized
from posology.dosing import CourseVectorEnv

NAMES = ("efficacy", "toxicity")


def door(weights: tuple[float, float] = (0.25, 0.75)) -> ScalarizedVectorEnv:
    env = CourseVectorEnv(32, patients=100, decisions="due")
    return ScalarizedVectorEnv(env, objectives=NAMES, weights=weights)


def test_the_scalar_return_is_the_weighed_return_vector() -> None:
    env = door()
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(40):
        env.step(rng.integers(0, 25, 32))
    vectors, scalars = np.array(env.return_vectors), np.array(env.scalar_returns)
    assert len(scalars) > 50
    assert scalars == pytest.approx(vectors @ [0.25 / 0.25, 0.75 / 12.0], rel=1e-9)


def test_returns_are_those_of_the_courses() -> None:
    env = door()
    env.reset(seed=0)
    charts = []
    for _ in range(12):
        _, _, ended, _, _ = env.step(np.full(32, 18))
        chart = env.env.courses.chart[ended]
        charts += list(chart["returns"][:, :2])
    assert np.array(env.return_vectors) == pytest.approx(np.array(charts), rel=1e-4, abs=1e-6)


def test_another_autoreset_mode_is_refused() -> None:
    env = CourseVectorEnv(2, patients=5)
    env.metadata = {**env.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
    with pytest.raises(ValueError, match="needs an environment with NEXT_STEP autoreset"):
        ScalarizedVectorEnv(env, objectives=NAMES, weights=(0.5, 0.5))


def test_it_is_made_from_plain_values() -> None:
    env = make_scalarized(
        {
            "environment": "posology/DocetaxelCisplatin-v0",
            "num_envs": 3,
            "options": {"patients": 5},
            "objectives": ["toxicity", "efficacy"],
            "weights": [0.3, 0.7],
        }
    )
    assert env.num_envs == 3
    assert env.weights == (0.3, 0.7)
    env.reset(seed=0)
    rewards = env.step(np.full(3, 24))[1]
    assert rewards.shape == (3,)


WRITTEN = {
    "chebyshev": {"name": "chebyshev", "rho": 0.01},
    "lexicographic": {
        "name": "lexicographic",
        "maximise": "efficacy",
        "thresholds": {"toxicity": 1.0, "efficacy": 0.05},
    },
}


def courses_of(
    env: ScalarizedVectorEnv, *, steps: int, seed: int = 0
) -> list[dict[str, list[Any]]]:
    """What is shown and paid in each course that ends within so many random steps."""
    generator = np.random.default_rng(0)
    shown, _ = env.reset(seed=seed)
    running = [new_course(env, slot, shown) for slot in range(env.num_envs)]
    ended: list[dict[str, list[Any]]] = []
    has_ended = np.zeros(env.num_envs, bool)
    for _ in range(steps):
        shown, rewards, terminated, truncated, _ = env.step(generator.integers(0, 25, env.num_envs))
        for slot in range(env.num_envs):
            if has_ended[slot]:  # this step was the reset's
                assert rewards[slot] == 0.0
                running[slot] = new_course(env, slot, shown)
                continue
            course = running[slot]
            course["shown"].append(shown[slot])
            course["rewards"].append(rewards[slot])
            course["vectors"].append(env.vectors[slot].copy())
        has_ended = terminated | truncated
        ended += [running[slot] for slot in np.flatnonzero(has_ended)]
    return ended


def new_course(env: ScalarizedVectorEnv, slot: int, shown: Any) -> dict[str, list[Any]]:
    course: dict[str, list[Any]] = {"shown": [shown[slot]], "rewards": [], "vectors": []}
    return {**course, "preference": env.preferences[slot].copy(), "slot": slot}


@pytest.mark.parametrize("discount", [1.0, 0.9])
@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_course_pays_is_the_utility_of_its_return_less_that_of_nothing(
    name: str, discount: float
) -> None:
    env = CourseVectorEnv(8, patients=100, decisions="due")
    door = ScalarizedVectorEnv(
        env,
        objectives=NAMES,
        weights=(0.25, 0.75),
        scalarize=WRITTEN[name],
        discount=discount,
    )
    objectives, _ = chosen_objectives(env.metadata, NAMES)
    rule = scalarization(WRITTEN[name], objectives)
    weights, nothing = np.array([0.25, 0.75]), normalise(np.zeros((1, 2)), objectives)
    courses = courses_of(door, steps=40)
    assert len(courses) > 20
    for course in courses:
        factors = discount ** np.arange(len(course["rewards"]))
        accrued = nothing + factors @ np.array(course["vectors"])
        expected = rule.utility(accrued, weights) - rule.utility(nothing, weights)
        assert sum(course["rewards"]) == pytest.approx(expected[0], abs=1e-9)
        features = env.single_observation_space.shape[0]
        np.testing.assert_allclose(
            course["shown"][-1][features : features + 2], accrued[0], atol=1e-5
        )
        if discount < 1.0:
            decays = [each[features + 2] for each in course["shown"]]
            np.testing.assert_allclose(decays, discount ** np.arange(len(decays)), rtol=1e-5)


def test_a_limit_is_not_paid_but_weighed_as_if_there_were_none() -> None:
    env = CourseVectorEnv(4, patients=20, decisions="due")
    written = {"name": "epsilon-constraint", "maximise": "efficacy", "limits": {"toxicity": 0.0}}
    limited = ScalarizedVectorEnv(env, objectives=NAMES, weights=(1.0, 0.0), scalarize=written)
    for course in courses_of(limited, steps=12):
        assert sum(course["rewards"]) == pytest.approx(np.sum(course["vectors"], axis=0)[0])


def conditioned() -> ScalarizedVectorEnv:
    env = CourseVectorEnv(8, patients=100, decisions="due", twins=4)
    return ScalarizedVectorEnv(env, objectives=NAMES, weights=(0.5, 0.5), least=(0.2, 0.0))


def preferences_of(courses: list[dict[str, Any]], slot: int) -> np.ndarray:
    return np.array([course["preference"] for course in courses if course["slot"] == slot])


def test_twins_serve_one_preference_and_each_course_another() -> None:
    courses = courses_of(conditioned(), steps=60)
    families = []
    for family in (range(4), range(4, 8)):
        asked = [preferences_of(courses, slot) for slot in family]
        shortest = min(map(len, asked))
        assert shortest >= 4
        for twin in asked:
            np.testing.assert_array_equal(twin[:shortest], asked[0][:shortest])
        families.append(asked[0][:4])
    drawn = np.concatenate(families)
    assert len(np.unique(drawn, axis=0)) == 8
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0)
    assert 0.2 <= drawn[:, 0].min() < 0.4 < 0.8 < drawn[:, 0].max()


def test_a_preference_is_shown_and_weighs_through_its_whole_course() -> None:
    door = conditioned()
    features = door.env.single_observation_space.shape[0]
    for course in courses_of(door, steps=30):
        preference = course["preference"]
        for shown in course["shown"]:
            np.testing.assert_allclose(shown[features : features + 2], preference, rtol=1e-6)
        np.testing.assert_allclose(course["rewards"], course["vectors"] @ preference, atol=1e-12)


def test_another_seed_asks_for_other_preferences() -> None:
    first, again, other = (courses_of(conditioned(), steps=12, seed=seed) for seed in (3, 3, 4))
    asked = [{tuple(course["preference"]) for course in each} for each in (first, again, other)]
    assert asked[0] == asked[1]
    assert not asked[0] & asked[2]


def test_what_is_shown_lies_in_the_space_that_is_told() -> None:
    env = CourseVectorEnv(4, patients=20, decisions="due")
    door = ScalarizedVectorEnv(
        env,
        objectives=NAMES,
        weights=(0.5, 0.5),
        scalarize=WRITTEN["chebyshev"],
        least=(0.0, 0.0),
        discount=0.9,
        history=2,
    )
    shown, _ = door.reset(seed=0)
    features = 2 * env.single_observation_space.shape[0]
    # accrued, decay, preference, and whether each of 25 actions is open
    extra = 2 + 1 + 2 + 25
    assert door.single_observation_space.shape == (features + extra,)
    assert all(door.single_observation_space.contains(row) for row in shown)
    np.testing.assert_array_equal(shown[:, -25:] > 0.0, env.action_masks())


@pytest.mark.parametrize(
    "environment",
    [name for name in gymnasium.registry if re.fullmatch(r"posology/(?!.*Continuous).*", name)],
)
def test_the_weighed_return_vector_is_the_scalar_return_in_every_environment(
    environment: str,
) -> None:
    env = make_vector_env(environment, num_envs=4, options={"cohort_seed": 1, "patients": 50})
    objectives = [Objective(**each) for each in env.metadata["objectives"]]
    weights = np.random.default_rng(0).dirichlet(np.ones(len(objectives)))
    names = [each.name for each in objectives]
    door = ScalarizedVectorEnv(env, objectives=names, weights=tuple(weights))
    door.reset(seed=0)
    door.action_space.seed(0)
    summed, sums = np.zeros(4), []
    while len(sums) < 6:
        _, rewards, terminated, truncated, _ = door.step(door.action_space.sample())
        summed += rewards
        for slot in np.flatnonzero(terminated | truncated):
            sums.append(summed[slot])
            summed[slot] = 0.0
    vectors = np.array(door.return_vectors) / extents(objectives)
    np.testing.assert_allclose(vectors @ weights, sums, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(door.scalar_returns, sums, rtol=1e-12)
    door.close()
