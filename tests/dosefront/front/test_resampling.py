import numpy as np
import pytest
import scipy.stats

from dosefront.errors import FrontError
from dosefront.front import (
    Objective,
    hypervolume_interval,
    mean_interval,
    probability_nondominated,
)

UNIT = (
    Objective("x", "1", "maximise", reference=0.0, ideal=1.0),
    Objective("y", "1", "maximise", reference=0.0, ideal=1.0),
)


def test_the_probability_agrees_with_the_normal_theory_of_two_policies():
    """The second is worse in y for all; it is nondominated where its mean x is the larger."""
    rng = np.random.default_rng(1)
    patients = 1000
    gain = rng.normal(0.02, 1.0, patients)
    first = np.stack([rng.normal(size=patients), np.full(patients, 0.5)], axis=1)
    second = first + np.stack([gain, np.full(patients, -0.1)], axis=1)
    expected = scipy.stats.norm.cdf(gain.mean() / (gain.std() / np.sqrt(patients)))
    found = probability_nondominated(np.stack([first, second]))
    assert found[0] == 1.0
    assert found[1] == pytest.approx(expected, abs=0.03)


def test_what_patients_share_does_not_blur_the_probability():
    shared = np.random.default_rng(2).normal(scale=100.0, size=(200, 2))
    assert probability_nondominated(np.stack([shared, shared - 0.01])).tolist() == [1.0, 0.0]


def test_policies_that_do_the_same_are_both_nondominated():
    same = np.random.default_rng(3).normal(size=(50, 2))
    assert probability_nondominated(np.stack([same, same])).tolist() == [1.0, 1.0]


def test_the_hypervolume_of_one_point_with_one_sure_objective_moves_as_its_mean():
    values = np.random.default_rng(4).uniform(size=300)
    returns = np.stack([values, np.full(300, 0.5)], axis=1)[None]
    found, mean = hypervolume_interval(returns, UNIT), mean_interval(values)
    assert found.value == pytest.approx(mean.value / 2)
    assert found.high - found.low == pytest.approx((mean.high - mean.low) / 2, rel=0.05)


def test_points_beyond_the_reference_have_no_hypervolume_and_no_doubt_about_it():
    returns = np.random.default_rng(5).uniform(-2.0, -1.0, size=(3, 40, 2))
    found = hypervolume_interval(returns, UNIT)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_no_patients_are_refused():
    with pytest.raises(FrontError, match="resampling needs patients"):
        probability_nondominated(np.empty((2, 0, 2)))
