import numpy as np
import pytest
import scipy.stats

from dosefront.errors import FrontError
from dosefront.front import (
    Estimate,
    interquartile_mean,
    interquartile_mean_interval,
    mean_interval,
    paired_difference,
    rate_interval,
)


@pytest.mark.parametrize(
    ("successes", "patients"), [(0, 20), (1, 20), (7, 20), (20, 20), (612, 2000), (1, 1)]
)
def test_rates_agree_with_the_exact_interval_of_scipy(successes, patients):
    exact = scipy.stats.binomtest(successes, patients).proportion_ci(0.95, method="exact")
    found = rate_interval(successes, patients)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))
    assert found.value == successes / patients


def test_no_event_in_n_patients_leaves_the_limit_in_closed_form():
    assert rate_interval(0, 100).high == pytest.approx(1.0 - 0.025 ** (1 / 100))


def test_the_interval_of_a_mean_agrees_with_the_normal_theory_of_many_patients():
    values = np.random.default_rng(1).gamma(2.0, size=2000)
    error = values.std(ddof=1) / np.sqrt(2000)
    found = mean_interval(values)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_the_interval_of_a_skewed_mean_agrees_with_the_bootstrap_of_scipy():
    values = np.random.default_rng(2).lognormal(sigma=1.5, size=60)
    reference = scipy.stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=3
    ).confidence_interval
    found = mean_interval(values)
    width = reference.high - reference.low
    assert found.low == pytest.approx(reference.low, abs=0.06 * width)
    assert found.high == pytest.approx(reference.high, abs=0.06 * width)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    values = np.random.default_rng(3).normal(size=100)
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval(values) != mean_interval(values, seed=1)


def test_a_higher_level_gives_a_wider_interval():
    values = np.random.default_rng(4).normal(size=100)
    wide, narrow = mean_interval(values, level=0.99), mean_interval(values, level=0.9)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_equal_patients_leave_no_uncertainty():
    assert mean_interval(np.full(50, 2.5)) == Estimate(2.5, 2.5, 2.5)


def test_pairing_removes_what_patients_share():
    generator = np.random.default_rng(5)
    patients = generator.normal(scale=10.0, size=500)
    better = patients + 1.0 + generator.normal(scale=0.1, size=500)
    difference = paired_difference(better, patients)
    assert 0.95 < difference.low < 1.0 < difference.high < 1.05


@pytest.mark.parametrize(
    "refused",
    [
        lambda: mean_interval(np.empty(0)),
        lambda: rate_interval(0, 0),
        lambda: rate_interval(3, 2),
        lambda: Estimate(float("nan"), 0.0, 1.0),
    ],
)
def test_estimates_of_nobody_are_refused(refused):
    with pytest.raises(FrontError):
        refused()


@pytest.mark.parametrize("seeds", [2, 3, 4, 7, 10, 20])
def test_the_interquartile_mean_agrees_with_the_trimmed_mean_of_scipy(seeds):
    values = np.random.default_rng(seeds).exponential(size=seeds)
    assert interquartile_mean(values) == pytest.approx(scipy.stats.trim_mean(values, 0.25))


def test_without_a_quarter_to_leave_out_the_interval_over_seeds_is_students():
    values = np.array([0.51, 0.48, 0.55])
    expected = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    found = interquartile_mean_interval(values)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_an_interval_over_one_seed_is_refused():
    with pytest.raises(FrontError, match="needs two"):
        interquartile_mean_interval(np.array([0.5]))
