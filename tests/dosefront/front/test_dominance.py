import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dosefront.errors import FrontError
from dosefront.front import dominates, nondominated, ranks, share_dominated

CLOUDS = st.tuples(st.integers(1, 20), st.integers(2, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(0, 5))
)


@given(CLOUDS)
def test_the_mask_agrees_with_comparing_every_pair(values):
    pairwise = [not any(dominates(other, point) for other in values) for point in values]
    assert nondominated(values).tolist() == pairwise


@given(CLOUDS, st.randoms())
def test_order_and_positive_scale_do_not_matter(values, random):
    order = random.sample(range(len(values)), len(values))
    scaled = 3.0 * values[order] + 1.0
    assert nondominated(scaled).tolist() == nondominated(values)[order].tolist()


def test_equal_points_are_all_kept():
    assert nondominated(np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 1.0]])).tolist() == [
        True,
        True,
        False,
    ]


def test_no_point_dominates_itself():
    assert not dominates(np.array([1.0, 2.0]), np.array([1.0, 2.0]))


def test_points_that_are_not_numbers_are_refused_not_kept():
    with pytest.raises(FrontError, match="finite"):
        nondominated(np.array([[1.0, np.nan], [0.0, 0.0]]))


def test_the_share_dominated_counts_comparators_below_any_point():
    points = np.array([[2.0, 1.0], [1.0, 2.0]])
    comparators = np.array([[1.0, 1.0], [0.0, 2.0], [2.0, 2.0], [2.0, 1.0]])
    assert share_dominated(points, comparators) == 2 / 4


def test_the_share_dominated_of_no_comparators_is_zero():
    assert share_dominated(np.ones((1, 2)), np.empty((0, 2))) == 0.0


def test_arguments_are_left_as_they_were():
    values = np.array([[1.0, 2.0], [2.0, 1.0]])
    before = values.copy()
    nondominated(values)
    share_dominated(values, values)
    np.testing.assert_array_equal(values, before)


@given(CLOUDS)
def test_ranks_are_the_layers_that_are_peeled_off(values):
    left, rank = np.arange(len(values)), 0
    found = ranks(values)
    while len(left):
        outer = nondominated(values[left])
        assert np.all(found[left[outer]] == rank)
        left, rank = left[~outer], rank + 1
