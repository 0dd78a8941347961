import numpy as np
import pytest
import scipy.stats

from dosefront.errors import FrontError
from dosefront.front import probability_nondominated


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


def test_no_patients_are_refused():
    with pytest.raises(FrontError, match="resampling needs patients"):
        probability_nondominated(np.empty((2, 0, 2)))
