"""Intervals and dominance against scipy and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from posology.validation.audit_statistics import (
    changes,
    dominates,
    mean_interval,
    student_quantile,
)


@pytest.mark.parametrize("degrees", [7, 15, 63, 999])
@pytest.mark.parametrize("tail", [0.025, 0.001, 1e-5])
def test_the_quantile_is_students_within_one_per_cent(degrees: int, tail: float) -> None:
    expected = stats.t.ppf(1.0 - tail, degrees)
    assert student_quantile(1.0 - tail, degrees) == pytest.approx(expected, rel=0.01)


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 20)
    interval = mean_interval(values)
    low, high = stats.t.interval(0.95, 19, loc=values.mean(), scale=stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-3)


def test_many_looks_at_nothing_find_nothing_in_nineteen_of_twenty_cases() -> None:
    generator = np.random.default_rng(1)
    found = [
        any(
            changes(generator.normal(size=(16, 1)), comparisons=20, scale=1.0).any()
            for _ in range(20)
        )
        for _ in range(200)
    ]
    # 95 % in the long run; 200 repetitions have a standard error of 1.5 points.
    assert np.mean(found) < 0.05 + 3 * 0.015


def test_a_difference_without_variance_counts_unless_it_is_rounding() -> None:
    real, rounding = np.full((8, 1), 0.1), np.full((8, 1), 1e-14)
    assert changes(real, comparisons=100, scale=1.0) == [1]
    assert changes(rounding, comparisons=100, scale=1.0) == [0]


@given(shift=st.floats(0.01, 10.0), seed=st.integers(0, 100))
def test_dominance_is_better_somewhere_and_worse_nowhere(shift: float, seed: int) -> None:
    first = np.random.default_rng(seed).normal(size=(12, 2))
    better, mixed = first + np.array([shift, 0.0]), first + np.array([shift, -shift])
    assert dominates(better, first, comparisons=10)
    assert not dominates(first, better, comparisons=10)
    assert not dominates(mixed, first, comparisons=10)
    assert not dominates(first, first, comparisons=10)
