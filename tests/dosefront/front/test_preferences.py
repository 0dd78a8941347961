import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosefront.errors import UsageError
from dosefront.front import (
    Objective,
    check_weights,
    extents,
    lattice,
    linear,
    normalise,
    spread,
)


@pytest.mark.parametrize("count", [2, 5, 11])
def test_two_objectives_get_evenly_spaced_weights_with_both_ends(count):
    first = np.linspace(0.0, 1.0, count)
    np.testing.assert_allclose(lattice(2, count), np.stack([first, 1.0 - first], axis=1))


@given(st.integers(2, 5), st.integers(0, 60))
def test_the_lattice_is_the_smallest_of_das_and_dennis_that_is_large_enough(objectives, extra):
    count = objectives + extra
    sizes = [math.comb(n + objectives - 1, objectives - 1) for n in range(1, count + 1)]
    vectors = lattice(objectives, count)
    assert len(vectors) == min(size for size in sizes if size >= count)
    assert len(np.unique(vectors, axis=0)) == len(vectors)
    for vector in vectors.tolist():
        check_weights(vector, objectives)


@pytest.mark.parametrize(("objectives", "count"), [(1, 4), (2, 1), (3, 2)])
def test_a_lattice_without_a_vector_for_each_objective_is_refused(objectives, count):
    with pytest.raises(UsageError, match="larger lattice"):
        lattice(objectives, count)


def test_the_refusal_of_weights_says_what_was_asked_found_and_to_be_done():
    with pytest.raises(UsageError) as caught:
        check_weights([0.5, 0.7], 2)
    assert str(caught.value) == (
        "weights must sum to 1; got [0.5, 0.7] (sum 1.2). Divide by the sum, or use a lattice."
    )


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], "one number per objective"),
        ([0.2, 0.3, 0.5], "one number per objective"),
        ([-0.5, 1.5], "0 or more"),
        ([float("nan"), 1.0], "0 or more"),
        ([float("inf"), 0.0], "sum to 1"),
        ([0.33, 0.33], "sum to 1"),
    ],
)
def test_weights_off_the_simplex_are_refused(weights, message):
    with pytest.raises(UsageError, match=message):
        check_weights(weights, 2)


def test_thirds_written_with_rounding_errors_are_accepted():
    check_weights([1 / 3, 1 / 3, 1 / 3], 3)


@given(st.lists(st.floats(-100.0, 100.0), min_size=4, max_size=4), st.floats(0.0, 1.0))
def test_weights_per_unit_rank_policies_as_weights_in_the_reference_box_do(numbers, share):
    objectives = (
        Objective("efficacy", "mm", "maximise", reference=-20.0, ideal=60.0),
        Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0),
    )
    values = np.array(numbers).reshape(2, 2)
    per_unit = linear(values / extents(objectives), np.array([share, 1.0 - share]))
    in_box = linear(normalise(values, objectives), np.array([share, 1.0 - share]))
    np.testing.assert_allclose(per_unit[0] - per_unit[1], in_box[0] - in_box[1], atol=1e-9)


@given(st.integers(2, 5), st.integers(0, 10**9), st.integers(1, 50))
def test_a_spread_stays_on_the_simplex(objectives, first, count):
    for vector in spread(np.arange(first, first + count), objectives).tolist():
        check_weights(vector, objectives)


def discrepancy(points):
    """Star discrepancy on the unit interval. Niederreiter (1992), theorem 2.6."""
    ordered = np.sort(points)
    count = len(ordered)
    return 0.5 / count + np.abs(ordered - (2.0 * np.arange(1, count + 1) - 1.0) / (2 * count)).max()


@pytest.mark.parametrize("first", [0, 1000, 123_456_789])
@pytest.mark.parametrize("count", [8, 50, 377])
def test_any_stretch_of_a_spread_is_evener_than_chance(first, count):
    # The sequence of the golden section has a discrepancy below 1.16 log(n) / n + 1.5 / n:
    # Niederreiter (1992), theorem 3.4, with partial quotients of 1.
    found = discrepancy(spread(np.arange(first, first + count), 2)[:, 0])
    chance = np.mean([discrepancy(np.random.default_rng(s).random(count)) for s in range(200)])
    bound = 3.0 / count + math.log(count) / (count * math.log((1.0 + math.sqrt(5.0)) / 2.0))
    assert found < bound
    assert found < 0.75 * chance


def test_a_spread_over_three_objectives_fills_the_simplex_as_uniform_vectors_do():
    vectors = spread(np.arange(2000), 3)
    # Uniform on the simplex: means 1/3, variances 1/18, P(largest < 1/2) = 1/4.
    np.testing.assert_allclose(vectors.mean(axis=0), 1.0 / 3.0, atol=0.005)
    np.testing.assert_allclose(vectors.var(axis=0), 1.0 / 18.0, rtol=0.03)
    assert np.mean(vectors.max(axis=1) < 0.5) == pytest.approx(0.25, abs=0.01)


def test_the_same_number_is_the_same_vector_in_any_stretch():
    whole = spread(np.arange(100), 3)
    np.testing.assert_array_equal(spread(np.array([17, 3, 99]), 3), whole[[17, 3, 99]])
