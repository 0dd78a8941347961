"""Rates and medians against textbooks, and predictions against trials drawn at random."""

import math

import numpy as np
import pytest

from posology.validation.intervals import (
    median,
    median_interval,
    median_time,
    predicted_count,
    rate,
    survival_curve,
    wilson_interval,
)

# Remission of leukaemia under 6-mercaptopurine [weeks]; 1 relapsed, 0 censored. Gehan (1965),
# doi:10.1093/biomet/52.1-2.203, as worked out in Kleinbaum & Klein, Survival Analysis, chapter 2.
WEEKS = np.array(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], float
)
RELAPSED = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], bool)


@pytest.mark.parametrize(
    ("count", "patients", "low", "high"),
    [
        # Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E,
        # table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_newcombes(count: int, patients: int, low: float, high: float) -> None:
    assert wilson_interval(count, patients) == pytest.approx((low, high), abs=5e-5)


def test_wilsons_interval_of_the_others_is_the_mirror_image() -> None:
    low, high = wilson_interval(3, 40)
    assert wilson_interval(37, 40) == pytest.approx((1.0 - high, 1.0 - low))
    assert wilson_interval(40, 40)[1] == 1.0


@pytest.mark.parametrize(("count", "patients"), [(-1, 10), (11, 10), (0, 0)])
def test_a_count_that_is_not_among_the_patients_is_refused(count: int, patients: int) -> None:
    with pytest.raises(ValueError, match="count among patients"):
        wilson_interval(count, patients)


def test_a_rate_is_in_percent_with_its_interval() -> None:
    estimate = rate(np.array([True] * 10 + [False] * 90), trial_patients=50)
    low, high = wilson_interval(10, 100)
    assert estimate.value == 10.0
    assert (estimate.low, estimate.high) == pytest.approx((100.0 * low, 100.0 * high))
    assert estimate.expected_low < estimate.low < estimate.high < estimate.expected_high


def beta_binomial(x: int, n: int, a: float, b: float) -> float:
    """Probability of x of n, from the textbook's gamma functions."""

    def log_beta(p: float, q: float) -> float:
        return math.lgamma(p) + math.lgamma(q) - math.lgamma(p + q)

    return math.comb(n, x) * math.exp(log_beta(x + a, n - x + b) - log_beta(a, b))


@pytest.mark.parametrize(("count", "patients", "among"), [(3, 20, 12), (0, 50, 30), (50, 50, 9)])
def test_predicted_counts_are_quantiles_of_the_beta_binomial(
    count: int, patients: int, among: int
) -> None:
    low, high = predicted_count(count, patients, among=among)
    shares = [
        beta_binomial(x, among, count + 0.5, patients - count + 0.5) for x in range(among + 1)
    ]
    assert sum(shares[:low]) < 0.025 <= sum(shares[: low + 1])
    assert sum(shares[:high]) < 0.975 <= sum(shares[: high + 1])


def test_a_small_simulation_predicts_less_than_a_large_one() -> None:
    small = predicted_count(5, 20, among=200)
    large = predicted_count(5000, 20_000, among=200)
    assert small[0] < large[0] < 50 < large[1] < small[1]


def test_the_curve_of_the_leukaemia_trial_is_the_textbooks() -> None:
    at, surviving = survival_curve(WEEKS, RELAPSED)
    curve = dict(zip(at.tolist(), surviving.tolist(), strict=True))
    textbook = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {week: round(curve[week], 3) for week in textbook} == textbook
    assert median_time(at, surviving) == 23.0


def test_the_medians_interval_of_the_leukaemia_trial_has_no_upper_end() -> None:
    # Greenwood: at 13 weeks 0.690 - 1.96 x 0.107 = 0.48; at 23 weeks 0.448 + 1.96 x 0.135 = 0.71.
    assert median_interval(WEEKS, RELAPSED) == (13.0, math.inf)


def test_censored_patients_lengthen_the_median() -> None:
    times = np.arange(1.0, 11.0)
    all_events = np.ones(10, bool)
    # By hand: at 5 five of ten are left. Without the events of 2 and 4 the curve is
    # 0.9, 0.9 x 7/8 = 0.7875, x 5/6 = 0.656, x 4/5 = 0.525, x 3/4 = 0.394 at 7.
    censored = all_events & ~np.isin(times, [2.0, 4.0])
    assert median_time(*survival_curve(times, all_events)) == 5.0
    assert median_time(*survival_curve(times, censored)) == 7.0


def test_a_median_that_half_the_patients_do_not_reach_is_infinite() -> None:
    times = np.array([1.0, 2.0, 36.0, 36.0, 36.0])
    estimate = median(times, times < 36.0, trial_patients=100)
    assert estimate.value == math.inf
    assert estimate.high == estimate.expected_high == math.inf


def test_the_prediction_holds_95_of_100_trials_drawn_at_random() -> None:
    generator = np.random.default_rng(5)
    share = (np.arange(4000) + 0.5) / 4000
    times = -6.0 * np.log(1.0 - share)  # of an exponential distribution with mean 6
    followed = 12.0
    events = times < followed
    estimate = median(np.minimum(times, followed), events, trial_patients=150)
    drawn = np.minimum(generator.exponential(6.0, (2000, 150)), followed)
    medians = np.array([median_time(*survival_curve(trial, trial < followed)) for trial in drawn])
    inside = (medians >= estimate.expected_low) & (medians <= estimate.expected_high)
    assert inside.mean() == pytest.approx(0.95, abs=0.02)
    assert estimate.low < 6.0 * math.log(2.0) < estimate.high


def test_nobody_has_no_curve_and_a_trial_needs_patients() -> None:
    with pytest.raises(ValueError, match="needs patients"):
        survival_curve(np.empty(0), np.empty(0, bool))
    with pytest.raises(ValueError, match="needs patients"):
        median(np.ones(3), np.ones(3, bool), trial_patients=0)
    with pytest.raises(ValueError, match="needs patients"):
        predicted_count(1, 2, among=0)
