"""The marrow's combination rule is monotone, so no drug protects from another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.pharmacology import combined_effect

effects = st.tuples(*[st.floats(0.0, 1e4)] * 3)
orders = st.sampled_from([1, 2, 3])
combine = combined_effect.py_func


@given(effects, orders)
def test_it_is_the_p_norm(each: tuple[float, float, float], order: int) -> None:
    expected = sum(effect**order for effect in each) ** (1.0 / order)
    assert combine(*each, order) == pytest.approx(expected, rel=3e-8, abs=1e-100)


@given(effects, st.floats(0.0, 1e4), st.integers(0, 2), orders)
def test_more_of_any_drug_never_does_less(
    each: tuple[float, float, float], more: float, which: int, order: int
) -> None:
    # Trap: a fitted negative interaction term let an agent lower neutropenia by adding a drug.
    raised = [effect + more * (k == which) for k, effect in enumerate(each)]
    # The cube root is right to 2e-8, which is all that it may fall by.
    assert combine(*raised, order) >= combine(*each, order) * (1.0 - 5e-8) - 1e-100


@given(effects, orders)
def test_together_drugs_do_no_less_than_the_strongest_and_no_more_than_their_sum(
    each: tuple[float, float, float], order: int
) -> None:
    together = combine(*each, order)
    assert max(each) * (1.0 - 5e-8) - 1e-100 <= together <= sum(each) * (1.0 + 5e-8)


@given(effects, orders)
def test_the_order_of_the_drugs_does_not_matter(
    each: tuple[float, float, float], order: int
) -> None:
    first, second, third = each
    assert combine(third, first, second, order) == pytest.approx(
        combine(first, second, third, order), rel=1e-7, abs=1e-100
    )
