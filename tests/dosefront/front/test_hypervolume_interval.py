import numpy as np
import pytest

from dosefront.errors import FrontError
from dosefront.front import (
    Objective,
    hypervolume,
    hypervolume_interval,
    mean_interval,
    patients_shares,
)

UNIT = (
    Objective("x", "1", "maximise", reference=0.0, ideal=1.0),
    Objective("y", "1", "maximise", reference=0.0, ideal=1.0),
)
CLINIC = (
    Objective("efficacy", "mm", "maximise", reference=-20.0, ideal=60.0),
    Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0),
    Objective("cost", "kEUR", "minimise", reference=80.0, ideal=10.0),
)


def made_returns(objectives, *, points=6, patients=300, seed=1):
    """Points spread over the box, patients alike under all of them."""
    rng = np.random.default_rng(seed)
    low = np.array([each.maximised(each.reference) for each in objectives])
    high = np.array([each.maximised(each.ideal) for each in objectives])
    means = low + (high - low) * rng.uniform(0.1, 0.9, size=(points, len(objectives)))
    shared = rng.normal(size=(patients, len(objectives)))
    own = rng.exponential(size=(points, patients, len(objectives))) - 1.0
    return means[:, None] + 0.3 * (high - low) * (shared + own)


def test_one_point_with_one_sure_objective_moves_as_its_mean():
    values = np.random.default_rng(4).uniform(size=300)
    returns = np.stack([values, np.full(300, 0.5)], axis=1)[None]
    found, mean = hypervolume_interval(returns, UNIT), mean_interval(values)
    assert (found.value, found.low, found.high) == pytest.approx(
        (mean.value / 2, mean.low / 2, mean.high / 2)
    )


@pytest.mark.parametrize("objectives", [CLINIC[:2], CLINIC])
def test_the_mean_of_the_shares_is_the_hypervolume(objectives):
    returns = made_returns(objectives)
    expected = hypervolume(returns.mean(axis=1), objectives)
    assert patients_shares(returns, objectives).mean() == pytest.approx(expected)


@pytest.mark.parametrize("objectives", [CLINIC[:2], CLINIC])
def test_the_spread_agrees_with_the_jackknife(objectives):
    returns = made_returns(objectives)
    patients = returns.shape[1]
    total = returns.sum(axis=1)
    without = np.array(
        [
            hypervolume((total - returns[:, each]) / (patients - 1), objectives)
            for each in range(patients)
        ]
    )
    jackknife = (patients - 1) * without.std() / np.sqrt(patients - 1)
    shares = patients_shares(returns, objectives)
    assert shares.std() / np.sqrt(patients) == pytest.approx(jackknife, rel=0.02)


def test_two_policies_that_do_the_same_count_once():
    returns = made_returns(UNIT)
    twice = np.concatenate([returns, returns])
    assert patients_shares(twice, UNIT) == pytest.approx(patients_shares(returns, UNIT))


def test_points_beyond_the_reference_have_no_hypervolume_and_no_doubt_about_it():
    returns = np.random.default_rng(5).uniform(-2.0, -1.0, size=(3, 40, 2))
    found = hypervolume_interval(returns, UNIT)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_no_patients_are_refused():
    with pytest.raises(FrontError, match="needs patients"):
        hypervolume_interval(np.empty((2, 0, 2)), UNIT)
