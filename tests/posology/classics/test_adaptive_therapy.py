"""Adaptive therapy: the known times to progression, and exact solutions."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from posology.classics import (
    AdaptiveTherapyVectorEnv,
    ConstantAction,
    HalvingRule,
    LotkaVolterra,
    best_threshold,
    return_vectors,
)

KNOWN = {  # visit interval: continuous dosing, 50 % rule, best threshold [d]
    1.0: (359.0, 455.0, 1161.0),
    7.0: (364.0, 462.0, 1113.0),
    30.0: (360.0, 510.0, 900.0),
}


@pytest.mark.parametrize("interval", KNOWN)
def test_times_to_progression_are_the_known_ones(interval: float) -> None:
    env = AdaptiveTherapyVectorEnv(1, interval_days=interval)
    grid = np.arange(0.5, 1.2, 0.02)
    many = AdaptiveTherapyVectorEnv(grid.size, interval_days=interval)
    continuous, halving, threshold = KNOWN[interval]
    assert return_vectors(env, ConstantAction(1))[0].tolist() == [continuous, -continuous]
    assert return_vectors(env, HalvingRule())[0, 0] == halving
    assert best_threshold(many, grid)[1][0] == threshold


def test_the_best_threshold_is_among_the_comparators() -> None:
    env = AdaptiveTherapyVectorEnv(1, interval_days=30.0)
    titles = {each.title: each.policy for each in env.comparators()}
    assert "Threshold at 1.06" in titles
    assert return_vectors(env, titles["Threshold at 1.06"])[0, 0] == 900.0


def test_continuous_dosing_progresses_when_the_integral_says() -> None:
    # Without turnover both cells follow the same clock, tau with d tau/dt = 1 - N/K.
    r, kill, sensitive, resistant = 0.027, 1.5, 0.74, 0.01

    def size(tau: float) -> float:
        return sensitive * np.exp((1.0 - kill) * r * tau) + resistant * np.exp(r * tau)

    last = brentq(lambda tau: size(tau) - 1.2 * 0.75, 50.0, 1000.0)
    days = quad(lambda tau: 1.0 / (1.0 - size(tau)), 0.0, last)[0]
    assert days == pytest.approx(358.458, abs=0.001)
    cells = np.array([sensitive]), np.array([resistant])
    after = LotkaVolterra().advance(*cells, np.ones(1), days=days)
    assert after[0] + after[1] == pytest.approx(1.2 * 0.75, abs=1e-8)


def test_an_untreated_tumour_grows_logistically_and_keeps_its_shares() -> None:
    start, days = 0.75, 40.0
    s, r = LotkaVolterra().advance(np.array([0.74]), np.array([0.01]), np.zeros(1), days=days)
    assert s + r == pytest.approx(1.0 / (1.0 + (1.0 / start - 1.0) * np.exp(-0.027 * days)))
    assert r / s == pytest.approx(0.01 / 0.74)
    env = AdaptiveTherapyVectorEnv(1, interval_days=1.0)
    exact = np.log((0.9 / 0.1) / (0.75 / 0.25)) / 0.027
    assert return_vectors(env, ConstantAction(0))[0].tolist() == [np.ceil(exact), 0.0]


def test_with_turnover_a_resistant_tumour_stops_at_its_ceiling() -> None:
    tumour = LotkaVolterra(turnover=0.25, cost=0.2)
    s, r = tumour.advance(np.zeros(1), np.array([0.1]), np.ones(1), days=1500.0)
    assert s + r == pytest.approx(tumour.ceiling) == pytest.approx(1.0 - 0.25 / 0.8)


def test_varied_patients_can_all_progress_and_lie_in_the_published_ranges() -> None:
    env = AdaptiveTherapyVectorEnv(500, interval_days=30.0, varied=True, patients=500)
    env.reset(options={"patients": np.arange(500)})
    share = env.resistant / env.start
    assert env.start.min() > 0.1
    assert env.start.max() < 0.8
    assert np.quantile(share, [0.0, 0.5, 1.0]) == pytest.approx([0.001, 0.01, 0.1], rel=0.15)
    assert (return_vectors(env, ConstantAction(1))[:, 0] < 3650.0).all()


def test_a_course_without_progression_is_cut_at_the_horizon() -> None:
    env = AdaptiveTherapyVectorEnv(1, interval_days=7.0, horizon_days=21.0)
    env.reset()
    assert [env.step(np.array([1]))[2:4] for _ in range(3)] == [(False, k == 2) for k in range(3)]


def test_impossible_tumours_and_intervals_are_refused() -> None:
    with pytest.raises(ValueError, match="resistant cells must be able to grow"):
        LotkaVolterra(turnover=0.5, cost=0.6)
    with pytest.raises(ValueError, match="default patient must be able to progress"):
        AdaptiveTherapyVectorEnv(turnover=0.2)
    with pytest.raises(ValueError, match="interval_days=0"):
        AdaptiveTherapyVectorEnv(interval_days=0.0)
