"""A cap that is said to be kept is kept: by formula, and in cases whose truth is known."""

import numpy as np
import pytest
from scipy.stats import beta, binom

from dosefront.errors import UsageError
from dosefront.front import (
    confirmed,
    gaps,
    geometric_choice,
    probability_feasible,
    rate_upper_limits,
    shortlist,
    upper_limits,
)

CAP = 0.15
CASES = 1000
SELECT = 500
STEPS = np.linspace(0.0, 1.0, 20)
FRONTS = {  # true risk and true response of each policy
    "from safe to far beyond": (0.02 + 0.4 * STEPS, 0.1 + 0.5 * STEPS**0.5),
    "dense around the cap": (0.10 + 0.08 * STEPS, 0.25 + 0.2 * STEPS),
    "all just beyond": (0.1505 + 0.0005 * STEPS, 0.3 + 0.1 * STEPS),
    "none far beyond": (0.1505 + 0.02 * STEPS, 0.3 + 0.2 * STEPS),
}


def counts(rates, *, patients, shared, generator):
    """Patients with an event under each policy, in each case; a share of them fare alike.

    Those who fare alike have the event under every policy of a greater rate too.
    """
    alike = round(shared * patients)
    order = np.argsort(rates)
    pieces = np.diff(rates[order], prepend=0.0, append=1.0)
    common = np.cumsum(generator.multinomial(alike, pieces, size=CASES), axis=1)[:, :-1]
    own = generator.binomial(patients - alike, rates, size=(CASES, len(rates)))
    return common[:, np.argsort(order)] + own


def broken(front, *, patients, shared, rule):
    """Share of the cases in which a rule takes a policy that truly breaks the cap."""
    risks, responses = FRONTS[front]
    generator = np.random.default_rng(20261128)

    def drawn(rates, size):
        return counts(rates, patients=size, shared=shared, generator=generator) / size

    select_risk, select_response = drawn(risks, SELECT), drawn(responses, SELECT)
    risk, response = drawn(risks, patients), drawn(responses, patients)
    limits = rate_upper_limits(np.rint(risk * patients).astype(int), patients)
    taken = [
        rule(*each) for each in zip(select_risk, select_response, response, limits, strict=True)
    ]
    return np.mean([place is not None and risks[place] > CAP for place in taken])


def walk(select_risk, select_response, _, limits):
    """As `recommend` does."""
    widths = 1.96 * np.sqrt(np.maximum(select_risk * (1.0 - select_risk), 1e-3) / SELECT)
    bounds = np.array([CAP])
    order = shortlist(
        select_response, select_risk[:, None], half_widths=widths[:, None], bounds=bounds
    )
    within = order[confirmed(limits[order, None], bounds)]
    return within[np.argmax(select_response[within])] if len(within) else None


def best_below_the_cap(_, __, response, limits):
    """The tempting rule: of all policies whose limit lies below the cap, the best response."""
    within = np.flatnonzero(limits <= CAP)
    return within[np.argmax(response[within])] if len(within) else None


@pytest.mark.parametrize("front", FRONTS)
def test_the_cap_is_truly_broken_in_at_most_5_percent_of_cases(front):
    """A cell of 1,000 cases whose truth is 5 % may show 7.1 % by chance; all six together not."""
    cells = [
        broken(front, patients=patients, shared=shared, rule=walk)
        for patients in (200, 500, 2000)
        for shared in (0.0, 0.7)
    ]
    assert max(cells) <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / CASES)
    assert np.mean(cells) <= 0.05


@pytest.mark.parametrize("patients", [200, 500, 2000])
def test_a_policy_at_the_cap_passes_with_at_most_5_percent_exactly(patients):
    passing = rate_upper_limits(np.arange(patients + 1), patients) <= CAP
    assert 0.02 < binom.pmf(np.arange(patients + 1), patients, CAP)[passing].sum() <= 0.05


def test_taking_the_best_of_all_limits_below_the_cap_would_break_it_far_more_often():
    """Why there is an order: among twenty policies one is always lucky."""
    rule = best_below_the_cap
    assert broken("all just beyond", patients=2000, shared=0.0, rule=rule) > 0.4
    assert broken("dense around the cap", patients=2000, shared=0.0, rule=rule) > 0.05


def test_a_walk_takes_a_policy_where_there_is_room_below_the_cap():
    """A rule that refuses everything would pass the tests above."""
    risks, responses = FRONTS["from safe to far beyond"]
    generator = np.random.default_rng(1)
    drawn = [
        counts(rates, patients=size, shared=0.5, generator=generator) / size
        for rates, size in ((risks, SELECT), (responses, SELECT), (risks, 2000))
    ]
    limits = rate_upper_limits(np.rint(drawn[2] * 2000).astype(int), 2000)
    taken = [walk(a, b, None, c) for a, b, c in zip(drawn[0], drawn[1], limits, strict=True)]
    assert None not in taken
    best = responses[risks <= CAP].max()
    assert best - responses[np.array(taken)].mean() < 0.04


def test_the_limit_of_a_rate_is_the_quantile_of_the_beta_distribution():
    successes = np.array([0, 1, 30, 199, 200])
    expected = [beta.ppf(0.95, k + 1, 200 - k) if k < 200 else 1.0 for k in successes]
    np.testing.assert_allclose(rate_upper_limits(successes, 200), expected)
    patients = np.arange(200) < successes[:, None]
    np.testing.assert_allclose(upper_limits(patients), expected)


def test_no_event_among_n_patients_bounds_the_rate_at_the_root_of_the_level():
    (limit,) = rate_upper_limits(np.array([0]), 60, confidence=0.9)
    assert limit == pytest.approx(1.0 - 0.1 ** (1.0 / 60.0))


@pytest.mark.parametrize("patients", [200, 500])
def test_the_limit_of_skewed_counts_lies_below_the_mean_in_about_5_percent_of_samples(patients):
    generator = np.random.default_rng(3)
    counts_of_events = generator.negative_binomial(0.5, 0.2, (CASES, patients)).astype(float)
    share = np.mean(upper_limits(counts_of_events) < 2.0)  # r (1 - p) / p
    assert 0.03 < share < 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / CASES)


def test_the_limit_of_many_normal_values_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(3.0, 2.0, (1, 4000))
    (limit,) = upper_limits(values, confidence=0.95)
    assert limit == pytest.approx(values.mean() + 1.645 * values.std() / 4000**0.5, abs=0.004)


def test_values_without_a_spread_are_their_own_limit_and_nearly_so_have_none():
    flat, one_patient = np.zeros(50), np.eye(50)[0]
    limits = upper_limits(np.stack([flat, one_patient]))
    assert limits.tolist() == [0.0, np.inf]


def test_limits_leave_their_arguments_untouched():
    values = np.random.default_rng(0).gamma(1.0, size=(2, 50))
    before = values.copy()
    upper_limits(values)
    np.testing.assert_array_equal(values, before)


def test_a_shortlist_leaves_out_the_dominated_and_starts_with_the_safest():
    benefit = np.array([0.30, 0.10, 0.20, 0.15])
    risks = np.array([[0.20], [0.05], [0.10], [0.12]])  # the last is dominated by the third
    order = shortlist(benefit, risks, half_widths=np.full((4, 1), 0.02), bounds=np.array([CAP]))
    assert order.tolist() == [1, 2, 0]


def test_the_order_counts_the_cap_that_is_nearest_in_widths_of_its_own():
    """0.05 below the cap is two widths of a rate; 1 below another cap is four of a count."""
    order = shortlist(
        np.array([0.2, 0.2]),
        np.array([[0.10, 1.0], [0.09, 2.9]]),
        half_widths=np.array([[0.025, 0.25], [0.025, 0.25]]),
        bounds=np.array([CAP, 3.0]),
    )
    assert order.tolist() == [0, 1]


def test_means_without_a_width_are_surely_within_or_beyond():
    order = shortlist(
        np.array([0.3, 0.2, 0.1]),
        np.array([[0.3], [CAP], [0.0]]),
        half_widths=np.zeros((3, 1)),
        bounds=np.array([CAP]),
    )
    assert order.tolist() == [2, 1, 0]


def test_the_walk_stops_at_the_first_that_fails_any_cap():
    limits = np.array([[0.1, 2.0], [0.1, 3.1], [0.1, 1.0]])
    assert confirmed(limits, np.array([CAP, 3.0])).tolist() == [True, False, False]


def test_a_gap_is_that_of_the_worst_cap_as_a_share_of_it():
    limits = np.array([[0.18, 3.0], [0.15, 6.0]])
    assert gaps(limits, np.array([CAP, 3.0])).tolist() == pytest.approx([0.2, 1.0])


def test_the_probability_of_a_rate_below_the_cap_is_the_binomial_distributions():
    events = np.arange(500) < 70
    share = probability_feasible((events - CAP)[None].astype(float))
    expected = binom.cdf(75, 500, 0.14)  # 75 of 500 are 15 %
    assert share == pytest.approx(expected, abs=4.0 * np.sqrt(0.25 / 2000))


def test_every_cap_counts_for_the_probability():
    kept, broken_always = np.full(20, -1.0), np.full(20, 1.0)
    assert probability_feasible(np.stack([kept, broken_always])) == 0.0
    assert probability_feasible(np.stack([kept, kept])) == 1.0


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("knee", 1),  # 0.9 + 0.6 lies furthest beyond the line between the ends
        ("asf", 2),  # its worse quantity, 0.68, lies nearest to the best
        ("regret", 2),  # at most 0.32 is lost, whatever the weights; by (0.9, 0.6) at most 0.4
    ],
)
def test_geometry_picks_what_its_rule_says(method, expected):
    values = np.array([[1.0, 0.0], [0.9, 0.6], [0.7, 0.68], [0.0, 1.0]])
    assert geometric_choice(method, values) == expected
    assert geometric_choice(method, values * [40.0, 0.1] - 3.0) == expected  # units do not matter


def test_two_policies_have_no_knee():
    with pytest.raises(UsageError, match="needs 3 policies within the caps; there are 2"):
        geometric_choice("knee", np.eye(2))
