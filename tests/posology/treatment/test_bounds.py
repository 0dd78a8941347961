"""The bounds that settle most grades of a week hold, so that they change no result."""

import math

from hypothesis import given
from hypothesis import strategies as st

from posology.patients import unit_interval
from posology.treatment.transition import LEAST_LUCK, SAFELY, _power_bound, _spreads

_power_bound(1.0, 1.0)  # compile before any test's clock is running
_spreads(0.5, 0.1, 0.0)


@given(base=st.floats(0.0, 1e3), exponent=st.floats(0.0, 4.0, exclude_min=True))
def test_an_exposures_power_is_never_above_its_bound(base: float, exponent: float) -> None:
    assert base**exponent <= _power_bound(base, exponent) * SAFELY


@given(word=st.integers(0, 2**32 - 1))
def test_no_luck_is_below_its_bounds(word: int) -> None:
    u = (word + 0.5) / 2.0**32
    assert u == unit_interval(word)
    assert -math.log(u) * SAFELY >= 1.0 - u
    assert -math.log(u) > LEAST_LUCK


@given(
    word=st.integers(0, 2**32 - 1),
    rate=st.floats(0.0, 0.5),
    log_size=st.floats(-3.0, 2.0),
)
def test_a_new_lesion_comes_with_the_hazard_of_the_tumours_size(
    word: int, rate: float, log_size: float
) -> None:
    u = (word + 0.5) / 2.0**32
    assert _spreads(u, rate, log_size) == (u < -math.expm1(-rate * math.exp(log_size)))
