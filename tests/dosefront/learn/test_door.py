"""The scalarizing door."""

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

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
