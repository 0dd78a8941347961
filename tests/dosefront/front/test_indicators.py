import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dosefront.errors import FrontError
from dosefront.front import (
    additive_epsilon,
    best_utilities,
    cardinality,
    inverted_generational_distance_plus,
    lattice,
    maximum_utility_loss,
    mean_utility,
    spacing,
)

CLOUDS = st.tuples(st.integers(1, 8), st.integers(2, 4)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float64, shape, elements=st.floats(0.0, 1.0, width=32)),
        arrays(np.float64, (5, shape[1]), elements=st.floats(0.0, 1.0, width=32)),
    )
)


@given(CLOUDS)
def test_the_distance_agrees_with_its_definition(clouds):
    values, known = clouds
    short = np.maximum(known[:, None] - values[None], 0.0)
    expected = np.sqrt((short**2).sum(axis=2)).min(axis=1).mean()
    found = inverted_generational_distance_plus(values, known)
    assert found == pytest.approx(expected, abs=1e-9)


@given(CLOUDS)
def test_epsilon_is_the_least_that_makes_every_known_point_covered(clouds):
    values, known = clouds
    epsilon = additive_epsilon(values, known)

    def covers(more):
        return all(any((value + more >= point).all() for value in values) for point in known)

    assert covers(epsilon + 1e-9)
    assert not covers(epsilon - 1e-9)


@given(CLOUDS)
def test_a_front_is_at_no_distance_from_itself_and_loses_nothing(clouds):
    values, _ = clouds
    weights = lattice(values.shape[1], 10)
    assert inverted_generational_distance_plus(values, values) == 0.0
    assert maximum_utility_loss(values, values, weights) == 0.0


def test_the_mean_utility_of_the_two_ends_is_in_closed_form():
    """Each preference takes its better end: the mean of max(w, 1 - w) is 3/4."""
    ends = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert mean_utility(ends, lattice(2, 20_001)) == pytest.approx(0.75, abs=1e-4)


def test_the_loss_of_the_two_ends_against_the_quarter_circle_is_at_equal_weights():
    angles = np.linspace(0.0, np.pi / 2.0, 2001)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ends = circle[[0, -1]]
    loss = maximum_utility_loss(ends, circle, lattice(2, 2001))
    assert loss == pytest.approx(np.sqrt(0.5) - 0.5, abs=1e-6)  # |w| - max w at w = (1/2, 1/2)
    assert best_utilities(circle, np.array([[0.6, 0.4]])) == pytest.approx(np.hypot(0.6, 0.4))


def test_equal_and_dominated_points_are_counted_once_and_not_at_all():
    assert cardinality(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.5]])) == 2


def test_even_points_have_no_spacing_and_uneven_ones_schotts():
    even = np.stack([np.arange(5.0), 4.0 - np.arange(5.0)], axis=1)
    assert spacing(even) == 0.0
    assert spacing(even[:1]) == 0.0
    uneven = np.array([[0.0, 4.0], [1.0, 3.0], [4.0, 0.0]])  # nearest at 2, 2 and 6
    assert spacing(uneven) == pytest.approx(np.sqrt((2 * (4 / 3) ** 2 + (8 / 3) ** 2) / 2))


@pytest.mark.parametrize("measure", [additive_epsilon, inverted_generational_distance_plus])
def test_no_points_are_refused(measure):
    with pytest.raises(FrontError, match="needs points"):
        measure(np.empty((0, 2)), np.ones((1, 2)))
