import numpy as np
import pytest
import scipy.stats

from dosefront.errors import FrontError
from dosefront.front import (
    Estimate,
    interquartile_mean,
    interquartile_mean_difference,
    interquartile_mean_interval,
    mean_interval,
    paired_difference,
    rate_interval,
    unpaired_difference,
)
from dosefront.front.intervals import TRIMMED


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


def test_the_interval_of_a_skewed_mean_agrees_with_the_studentised_bootstrap():
    rng = np.random.default_rng(2)
    values = rng.gamma(0.5, size=150)
    drawn = values[rng.integers(len(values), size=(20_000, len(values)))]
    students = (drawn.mean(axis=1) - values.mean()) / drawn.std(axis=1)
    high, low = values.mean() - values.std() * np.quantile(students, [0.025, 0.975])
    found = mean_interval(values)
    assert found.low == pytest.approx(low, abs=0.03 * (high - low))
    assert found.high == pytest.approx(high, abs=0.03 * (high - low))
    assert found.high - found.value > 1.1 * (found.value - found.low)


def test_without_skewness_the_interval_of_a_mean_is_students():
    values = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    expected = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    found = mean_interval(values)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_an_interval_stays_within_what_patients_had():
    values = np.zeros(400)
    values[0] = 1.0
    found = mean_interval(values)
    assert found.low == 0.0
    assert 5.0 / 400 < found.high < 8.0 / 400  # 5.57 / 400 by Clopper and Pearson


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


def test_the_variance_of_an_interquartile_mean_of_normal_values_is_in_closed_form():
    """Huber (1981), Robust Statistics, chapter 3: the influence of a trimmed mean, squared."""
    cut = scipy.stats.norm.ppf(0.75)
    inner = 0.5 - 2.0 * cut * scipy.stats.norm.pdf(cut)  # of x^2 within the quarters
    assert pytest.approx((inner + 0.5 * cut**2) / 0.25, abs=5e-4) == TRIMMED


def test_the_difference_over_three_seeds_each_is_welchs():
    ours, theirs = np.array([0.51, 0.48, 0.55]), np.array([0.41, 0.49, 0.44])
    expected = scipy.stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    found = interquartile_mean_difference(ours, theirs)
    assert found.value == pytest.approx(ours.mean() - theirs.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    same = np.array([0.5, 0.5])
    assert interquartile_mean_difference(same, same) == Estimate(0.0, 0.0, 0.0)


def test_the_difference_of_two_cohorts_agrees_with_welch_where_nothing_is_skewed():
    ours = scipy.stats.norm.ppf((np.arange(300) + 0.5) / 300)
    theirs = 2.0 * scipy.stats.norm.ppf((np.arange(500) + 0.5) / 500) - 1.0
    expected = scipy.stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    found = unpaired_difference(ours, theirs)
    assert found.value == pytest.approx(1.0)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=2e-3)
