import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dosefront.errors import FrontError
from dosefront.front import (
    Objective,
    contributions,
    hypervolume,
    normalise,
    points_beyond_reference,
)

UNIT = (
    Objective("x", "1", "maximise", reference=0.0, ideal=1.0),
    Objective("y", "1", "maximise", reference=0.0, ideal=1.0),
)
CLINIC = (
    Objective("efficacy", "mm", "maximise", reference=-20.0, ideal=60.0),
    Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0),
)
CLOUDS = st.integers(0, 12).flatmap(
    lambda points: arrays(np.float64, (points, 2), elements=st.floats(-0.5, 1.5, width=32))
)


def area_of_staircase(values):
    """The hypervolume of 2-D points above (0, 0), strip by strip: the second method."""
    area = 0.0
    height = 0.0
    inside = values[np.all(values > 0.0, axis=1)]
    for x, y in sorted(inside.tolist(), reverse=True):
        if y > height:
            area += x * (y - height)
            height = y
    return area


@given(CLOUDS)
def test_it_agrees_with_the_area_of_the_staircase(values):
    assert hypervolume(values, UNIT) == pytest.approx(area_of_staircase(values), abs=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 10, 100])
def test_a_staircase_has_the_area_of_its_triangle_numbers(steps):
    k = np.arange(1, steps + 1)
    values = np.stack([k, steps + 1 - k], axis=1) / steps
    expected = (steps * steps - steps * (steps - 1) // 2) / steps**2
    assert hypervolume(values, UNIT) == pytest.approx(expected)


def test_a_point_at_the_ideal_fills_the_box_in_any_units():
    assert hypervolume(np.array([[60.0, -0.0]]), CLINIC) == 1.0


def test_a_point_halfway_in_both_objectives_fills_a_quarter():
    assert hypervolume(np.array([[20.0, -6.0]]), CLINIC) == pytest.approx(0.25)


def test_points_beyond_the_reference_count_zero_and_are_counted():
    values = np.array([[20.0, -6.0], [1000.0, -12.1], [-20.1, 0.0], [-20.0, 0.0]])
    assert hypervolume(values, CLINIC) == pytest.approx(0.25)
    assert points_beyond_reference(values, CLINIC) == 2


def test_no_points_have_no_hypervolume():
    assert hypervolume(np.empty((0, 2)), UNIT) == 0.0


@given(CLOUDS)
def test_order_and_repetition_do_not_matter(values):
    again = np.concatenate([values[::-1], values])
    assert hypervolume(again, UNIT) == pytest.approx(hypervolume(values, UNIT))


@given(CLOUDS, st.floats(0.1, 100.0), st.floats(-50.0, 50.0))
def test_units_do_not_matter(values, scale, shift):
    other = [
        Objective(each.name, "other", "maximise", reference=shift, ideal=shift + scale)
        for each in UNIT
    ]
    assert hypervolume(values * scale + shift, other) == pytest.approx(
        hypervolume(values, UNIT), abs=1e-6
    )


def test_three_objectives_agree_with_inclusion_and_exclusion():
    third = Objective("z", "1", "maximise", reference=0.0, ideal=1.0)
    a, b = np.array([0.8, 0.4, 0.5]), np.array([0.3, 0.9, 0.6])
    expected = a.prod() + b.prod() - np.minimum(a, b).prod()
    assert hypervolume(np.stack([a, b]), (*UNIT, third)) == pytest.approx(expected)


def test_normalised_values_are_zero_at_the_reference_and_one_at_the_ideal():
    corners = np.array([[-20.0, -12.0], [60.0, 0.0], [100.0, -18.0]])
    np.testing.assert_allclose(normalise(corners, CLINIC), [[0, 0], [1, 1], [1.5, -0.5]])


@pytest.mark.parametrize("values", [np.ones((3, 3)), np.array([[1.0, np.nan]])])
def test_vectors_of_another_form_are_refused(values):
    with pytest.raises(FrontError, match="one finite number for each of 2 objectives"):
        hypervolume(values, UNIT)


def test_a_point_contributes_what_the_hypervolume_loses_without_it():
    values = np.array([[0.2, 0.9], [0.6, 0.5], [0.9, 0.1], [0.3, 0.3], [1.2, -0.1]])
    without = [hypervolume(np.delete(values, each, axis=0), UNIT) for each in range(len(values))]
    assert np.allclose(contributions(values, UNIT), hypervolume(values, UNIT) - np.array(without))
