"""Scalarizations: utilities worked by hand, and what each can reach of a concave front."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosefront.errors import UsageError
from dosefront.front import (
    SCALARIZATIONS,
    Chebyshev,
    EpsilonConstraint,
    Lexicographic,
    Linear,
    Objective,
    Scalarization,
    expected_utility,
    hypervolume,
    lattice,
    linear,
    normalise,
    scalarization,
)

OBJECTIVES = (
    Objective("efficacy", "%", "maximise", reference=-20.0, ideal=80.0),
    Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0),
)
WRITTEN = {
    "linear": {"name": "linear"},
    "chebyshev": {"name": "chebyshev", "rho": 0.05},
    "epsilon-constraint": {
        "name": "epsilon-constraint",
        "maximise": "efficacy",
        "limits": {"toxicity": 3.0},
    },
    "lexicographic": {
        "name": "lexicographic",
        "maximise": "efficacy",
        "thresholds": {"toxicity": 3.0, "efficacy": 30.0},
    },
}
TREASURES = np.array(  # Vamplew et al. (2011), doi:10.1007/s10994-010-5232-5; gamma 0.99
    [
        (1.0, -1.0),
        (1.9602, -2.9701),
        (2.881788, -4.900995),
        (4.707401, -6.793465),
        (7.456523, -7.725531),
        (14.763915, -8.648275),
        (21.273237, -12.247898),
        (43.876051, -13.125419),
        (63.007875, -15.705681),
        (103.479706, -17.383138),
    ]
)
SEA = (
    Objective("treasure", "1", "maximise", reference=0.0, ideal=103.479706),
    Objective("time", "steps", "maximise", reference=-25.0, ideal=-1.0),
)
EXACT, LINEAR_SHARE = 1101.384430, 804.573821
"""Hypervolumes of all treasures, and of those that some weighted sum prefers."""


def reached(rule: Scalarization, weights: np.ndarray) -> np.ndarray:
    """The treasures that are best by a rule at some of the weights."""
    values = normalise(TREASURES, SEA)
    best = {int(np.argmax(rule.utility(values, each))) for each in weights}
    return TREASURES[sorted(best)]


def in_own_units(points: np.ndarray) -> float:
    return hypervolume(points, SEA) * 103.479706 * 24.0


def test_all_treasures_have_the_published_hypervolume() -> None:
    assert in_own_units(TREASURES) == pytest.approx(EXACT, abs=1e-4)  # six decimals


def test_chebyshev_reaches_a_concave_front() -> None:
    found = reached(Chebyshev(), lattice(2, 21))
    assert in_own_units(found) >= 0.99 * EXACT


def test_weighted_sums_reach_the_convex_hull_of_a_front_alone() -> None:
    found = reached(Linear(), lattice(2, 1001))
    assert in_own_units(found) == pytest.approx(LINEAR_SHARE, abs=1e-4)


def test_linear_utility_is_the_weighted_sum() -> None:
    values = np.array([[0.5, 0.2], [1.0, 0.0]])
    found = Linear().utility(values, np.array([0.25, 0.75]))
    np.testing.assert_allclose(found, [0.275, 0.25])


def test_chebyshev_is_the_worst_weighed_lack_and_a_little_of_all() -> None:
    # lacks 0.5 and 0.8; weighed 0.125 and 0.6; 0.6 + 0.01 * 1.3
    values, weights = np.array([[0.5, 0.2], [1.0, 1.0]]), np.array([0.25, 0.75])
    np.testing.assert_allclose(Chebyshev(rho=0.01).utility(values, weights), [-0.613, 0.0])


@given(
    st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3),
    st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3),
    st.integers(0, 2),
    st.floats(1e-3, 1.0),
)
def test_chebyshev_prefers_what_is_better_in_any_objective(
    value: list[float], shares: list[float], place: int, gain: float
) -> None:
    values = np.array([value, value])
    values[1, place] += gain
    first, better = Chebyshev().utility(values, np.array(shares))
    assert better > first


def test_a_broken_limit_costs_a_thousand_times_its_breach() -> None:
    rule = EpsilonConstraint((-math.inf, 0.6))
    values = np.array([[0.9, 0.6], [0.9, 0.5]])
    weights = np.array([1.0, 0.0])
    np.testing.assert_allclose(rule.utility(values, weights), [0.9, 0.9 - 1000.0 * 0.1])
    np.testing.assert_allclose(rule.breaches(values), [[0.0, 0.0], [0.0, 0.1]])


@given(
    st.tuples(st.floats(0.0, 1.0), st.floats(0.5, 1.0)),
    st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 0.498)),
)
def test_what_keeps_a_limit_is_better_than_what_breaks_it_by_a_thousandth(
    kept: tuple[float, float], broken: tuple[float, float]
) -> None:
    rule = EpsilonConstraint((-math.inf, 0.5))
    keeps, breaks = rule.utility(np.array([kept, broken]), np.array([1.0, 0.0]))
    assert keeps > breaks


def test_a_shortfall_of_the_first_threshold_outweighs_that_of_the_second() -> None:
    rule = Lexicographic(order=(1, 0), thresholds=(0.5, 0.8))
    weights = np.array([1.0, 0.0])
    values = np.array([[0.9, 0.6], [0.7, 0.6], [0.9, 0.4]])
    # 20 for each box that the second threshold is short of, 400 for the first
    expected = [0.9, 0.7 - 20.0 * 0.1, 0.9 - 400.0 * 0.1]
    np.testing.assert_allclose(rule.utility(values, weights), expected)


def test_bounds_are_clinical_and_find_their_place_in_the_box() -> None:
    limits = scalarization(WRITTEN["epsilon-constraint"], OBJECTIVES)
    assert limits == EpsilonConstraint((-math.inf, 0.75))  # 3 of 12 events
    ranked = scalarization(WRITTEN["lexicographic"], OBJECTIVES)
    assert ranked == Lexicographic((1, 0), (0.75, 0.5))  # 30 % lies midway from -20 to 80


def test_every_scalarization_is_made_from_what_an_experiment_writes() -> None:
    made = {name: scalarization(written, OBJECTIVES) for name, written in WRITTEN.items()}
    assert made.keys() == SCALARIZATIONS.keys()
    assert made["linear"] == Linear()
    assert made["chebyshev"] == Chebyshev(rho=0.05)


@pytest.mark.parametrize("name", SCALARIZATIONS)
def test_many_values_have_the_utilities_of_each(name: str) -> None:
    rule = scalarization(WRITTEN[name], OBJECTIVES)
    generator = np.random.default_rng(1)
    values, weights = generator.normal(size=(7, 2)), generator.dirichlet(np.ones(2), 7)
    kept = values.copy(), weights.copy()
    together = rule.utility(values, weights)
    apart = [rule.utility(values[[row]], weights[row])[0] for row in range(7)]
    np.testing.assert_allclose(together, apart)
    np.testing.assert_array_equal((values, weights), kept)  # arguments are not touched


@pytest.mark.parametrize("name", SCALARIZATIONS)
def test_additive_means_that_gains_do_not_depend_on_where_one_stands(name: str) -> None:
    rule = scalarization(WRITTEN[name], OBJECTIVES)
    weights, gain = np.array([0.3, 0.7]), np.array([0.1, 0.2])
    starts = np.array([[0.0, 0.0], [0.9, 0.2], [0.2, 0.9]])
    gains = rule.utility(starts + gain, weights) - rule.utility(starts, weights)
    assert (np.ptp(gains) < 1e-9) == rule.is_additive


def test_ser_is_the_utility_of_the_mean_and_esr_the_mean_of_utilities() -> None:
    values, weights = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0.5, 0.5])
    # The mean course (0.5, 0.5) lacks half of each: -0.25; each course lacks one: -0.5.
    assert Chebyshev.criterion == "ESR"
    assert expected_utility(Chebyshev(rho=0.0), values, weights) == pytest.approx(-0.5)
    limit = EpsilonConstraint((-math.inf, 0.4))
    # The mean keeps the limit; the second course alone would break it.
    assert limit.criterion == "SER"
    assert expected_utility(limit, values, weights) == pytest.approx(0.5)


@given(st.lists(st.floats(-5.0, 5.0), min_size=8, max_size=8), st.floats(0.0, 1.0))
def test_both_criteria_agree_on_the_weighted_sum(numbers: list[float], share: float) -> None:
    values, weights = np.array(numbers).reshape(4, 2), np.array([share, 1.0 - share])
    expected = float(linear(values, weights).mean())
    assert expected_utility(Linear(), values, weights) == pytest.approx(expected, abs=1e-9)


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UsageError, match=r"one of linear, chebyshev, .*; got \"tchebycheff\""):
        scalarization({"name": "tchebycheff"}, OBJECTIVES)


@pytest.mark.parametrize(
    ("name", "place"), [("epsilon-constraint", "limits"), ("lexicographic", "thresholds")]
)
def test_a_bound_on_what_is_no_objective_says_which_there_are(name: str, place: str) -> None:
    with pytest.raises(UsageError, match=r"one of efficacy, toxicity; got \"twist\""):
        scalarization({"name": name, "maximise": "efficacy", place: {"twist": 1.0}}, OBJECTIVES)
