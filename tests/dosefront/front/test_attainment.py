import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dosefront.errors import FrontError
from dosefront.front import attainment_surface

FRONTS = st.lists(
    st.integers(1, 4).flatmap(
        lambda points: arrays(np.float64, (points, 2), elements=st.integers(-3, 3))
    ),
    min_size=2,
    max_size=5,
)


def share_that_attains(fronts, place):
    return np.mean([any((point >= place).all() for point in front) for front in fronts])


@given(FRONTS, st.sampled_from([10, 50, 90]))
def test_a_place_is_under_the_surface_where_so_many_fronts_attain_it(fronts, level):
    surface = attainment_surface(fronts, level=level)
    grid = np.arange(-4.0, 5.0)
    for place in np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2):
        is_under = any((vertex >= place).all() for vertex in surface)
        assert is_under == (share_that_attains(fronts, place) >= level / 100.0)


def test_the_corners_run_along_the_surface():
    fronts = [np.array([[0.0, 3.0], [2.0, 1.0]]), np.array([[1.0, 2.0], [3.0, 0.0]])]
    surface = attainment_surface(fronts, level=10)
    assert surface.tolist() == [[0.0, 3.0], [1.0, 2.0], [2.0, 1.0], [3.0, 0.0]]


@pytest.mark.parametrize("fronts", [[], [np.ones((1, 2)), np.empty((0, 2))]])
def test_fronts_without_points_are_refused(fronts):
    with pytest.raises(FrontError, match="Leave out the empty ones"):
        attainment_surface(fronts, level=50)
