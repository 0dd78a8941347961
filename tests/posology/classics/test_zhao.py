"""The virtual trial of Zhao, Kosorok and Zeng against a scalar account of it and its analysis."""

import math

import numpy as np
import pytest

from posology.classics import ConstantAction, ZhaoVectorEnv, return_vectors


def month(w: float, m: float, w0: float, m0: float, dose: float) -> tuple[float, float]:
    """The published difference equations, for one patient."""
    after_w = w + 0.1 * max(m, m0) + 1.2 * (dose - 0.5)
    after_m = m if m <= 0.0 else m + 0.15 * max(w, w0) - 1.2 * (dose - 0.5)
    return after_w, max(after_m, 0.0)


def points(w: float, m: float, after_w: float, after_m: float, died: bool) -> float:
    """The published reward."""
    if died:
        return -60.0
    wellness = 5.0 if after_w - w <= -0.5 else -5.0 if after_w - w >= 0.5 else 0.0
    if after_m == 0.0:
        return wellness + 15.0
    return wellness + (5.0 if after_m - m <= -0.5 else -5.0 if after_m - m >= 0.5 else 0.0)


def test_courses_and_rewards_are_those_of_the_scalar_account() -> None:
    env = ZhaoVectorEnv(50, continuous=True)
    seen, _ = env.reset(options={"patients": np.arange(50)})
    doses = np.random.default_rng(0).random((6, 50))
    state = seen.astype(float)[:, :4]
    alive = np.ones(50, bool)
    for dose in doses:
        seen, rewards, ended, _, _ = env.step(dose[:, None])
        for k in np.flatnonzero(alive):
            w, m, w0, m0 = state[k]
            after = month(w, m, w0, m0, dose[k])
            assert seen[k, :2] == pytest.approx(after, abs=1e-5)
            assert rewards[k].sum() == points(w, m, *after, died=bool(env.died[k]))
            state[k, :2] = after
        alive &= ~ended
    assert not alive.any()


def test_the_dose_that_balances_its_terms_keeps_tumour_or_wellness_still() -> None:
    env = ZhaoVectorEnv(100, continuous=True, hazard_intercept=-100.0)
    w, m, w0, m0, _ = env.reset(options={"patients": np.arange(100)})[0].T
    still_tumour = 0.5 + 0.15 * np.maximum(w, w0) / 1.2
    assert env.step(still_tumour[:, None])[0][:, 1] == pytest.approx(m, abs=1e-6)
    env.reset(options={"patients": np.arange(100)})
    still_wellness = 0.5 - 0.1 * np.maximum(m, m0) / 1.2
    assert env.step(still_wellness[:, None])[0][:, 0] == pytest.approx(w, abs=1e-6)


def test_deaths_are_as_frequent_as_the_hazard_says() -> None:
    n = 20_000
    env = ZhaoVectorEnv(n, continuous=True, patients=n)
    seen, _ = env.reset(options={"patients": np.arange(n)})
    running, expected, deaths = np.ones(n, bool), 0.0, 0
    for _ in range(6):
        w, m, w0, m0, _ = seen.astype(float).T
        after_w = w + 0.1 * np.maximum(m, m0) + 0.12
        after_m = np.maximum(m + (0.15 * np.maximum(w, w0) - 0.12) * (m > 0.0), 0.0)
        dies = 1.0 - np.exp(-np.exp(-4.0 + after_w + after_m))
        expected += dies[running].sum()
        seen, _, ended, _, _ = env.step(np.full((n, 1), 0.6))
        deaths += (running & env.died).sum()
        running &= ~ended
    # Deaths less those expected each month is a martingale of variance below the expectation.
    assert deaths == pytest.approx(expected, abs=4.0 * math.sqrt(expected))
    assert deaths > 0.3 * n


def test_a_cured_tumour_stays_cured_and_earns_15_a_month() -> None:
    env = ZhaoVectorEnv(400, continuous=True, hazard_intercept=-100.0)
    returns = return_vectors(env, ConstantAction((1.0,)), options={"patients": np.arange(400)})
    env.reset(options={"patients": np.arange(400)})
    first = np.zeros(400)
    tumours = []
    for k in range(6):
        tumours.append(env.step(np.ones((400, 1)))[0][:, 1])
        first = np.where((first == 0) & (tumours[-1] == 0.0), k + 1, first)
    cured = first > 0
    assert cured.any()
    for k in range(5):
        assert (tumours[k + 1][tumours[k] == 0.0] == 0.0).all()
    assert (returns[cured, 0] >= 15.0 * (7.0 - first[cured])).all()


def test_starts_are_uniform_between_0_and_2() -> None:
    env = ZhaoVectorEnv(4000)
    seen, _ = env.reset(options={"patients": np.arange(4000)})
    assert np.quantile(seen[:, :2], [0.0, 0.25, 0.5, 0.75, 1.0]) == pytest.approx(
        [0.0, 0.5, 1.0, 1.5, 2.0], abs=0.04
    )
    assert (seen[:, 2:4] == seen[:, :2]).all()
    assert np.corrcoef(seen[:, 0], seen[:, 1])[0, 1] == pytest.approx(0.0, abs=0.06)


def test_discrete_levels_are_the_continuous_doses() -> None:
    discrete, continuous = ZhaoVectorEnv(11), ZhaoVectorEnv(11, continuous=True)
    for env, actions in (
        (discrete, np.arange(11)),
        (continuous, np.linspace(0.0, 1.0, 11)[:, None]),
    ):
        env.reset(options={"patients": np.arange(11)})
        env.step(actions)
    assert discrete.toxicity == pytest.approx(continuous.toxicity, abs=1e-12)
    assert discrete.tumour == pytest.approx(continuous.tumour, abs=1e-12)
