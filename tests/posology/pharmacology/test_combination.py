"""The marrow's combination rule is monotone, so no drug protects from another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.pharmacology import combined_effect

effects = st.floats(0.0, 1e4)
orders = st.sampled_from([1, 2, 3])
combine = combined_effect.py_func


@given(effects, effects, orders)
def test_it_is_the_p_norm(first: float, second: float, order: int) -> None:
    expected = (first**order + second**order) ** (1.0 / order)
    assert combine(first, second, order) == pytest.approx(expected, rel=1e-9, abs=1e-100)


@given(effects, effects, effects, orders)
def test_more_of_either_drug_never_does_less(
    first: float, second: float, more: float, order: int
) -> None:
    # Trap: a fitted negative interaction term let an agent lower neutropenia by adding a drug.
    before = combine(first, second, order)
    assert combine(first + more, second, order) >= before * (1.0 - 1e-12)
    assert combine(first, second + more, order) >= before * (1.0 - 1e-12)
