"""Multipliers: what a limit weighs."""

import numpy as np
import pytest

from dosefront.learn.multipliers import Multipliers

pytestmark = pytest.mark.integration

WEIGHTS = np.array([1.0, 0.0])


def breach(amount: float) -> np.ndarray:
    """The second objective misses its limit by so much."""
    return np.array([0.0, amount])


def test_a_limit_that_holds_weighs_nothing() -> None:
    multipliers = Multipliers(WEIGHTS)
    for amount in (-0.3, -0.2, -0.25, -0.1, -0.1):
        multipliers.update(breach(amount))
        np.testing.assert_array_equal(multipliers.values, [0.0, 0.0])
        np.testing.assert_array_equal(multipliers.mix, WEIGHTS)


def test_a_limit_that_is_approached_fast_weighs_before_it_breaks() -> None:
    multipliers = Multipliers(WEIGHTS)
    for amount in (-0.5, -0.1):
        multipliers.update(breach(amount))
    assert multipliers.values[1] == pytest.approx(2.0 * 0.4 - 4.0 * 0.1)


def test_a_limit_that_stays_broken_weighs_more_and_more() -> None:
    multipliers, weighed = Multipliers(WEIGHTS), []
    for _ in range(20):
        multipliers.update(breach(0.1))
        weighed.append(multipliers.values[1])
    # Integral 0.4 and proportional 4 of a breach of 0.1, which does not rise any further.
    np.testing.assert_allclose(weighed, 0.4 * 0.1 * np.arange(1, 21) + 4.0 * 0.1)
    assert multipliers.values[0] == 0.0


def test_a_breach_that_rises_is_met_before_it_is_large() -> None:
    rising, level = Multipliers(WEIGHTS), Multipliers(WEIGHTS)
    for amount in (0.1, 0.3):
        rising.update(breach(amount))
    for amount in (0.3, 0.1):
        level.update(breach(amount))
    # Integral 0.4 * (0.1 + 0.3), proportional 4, derivative 2 of a rise alone.
    assert rising.values[1] == pytest.approx(0.16 + 4.0 * 0.3 + 2.0 * 0.2)
    assert level.values[1] == pytest.approx(0.16 + 4.0 * 0.1)


def test_what_a_limit_weighed_is_forgotten_while_it_holds() -> None:
    multipliers = Multipliers(WEIGHTS)
    for amount in [0.2] * 10 + [-0.2] * 10:
        multipliers.update(breach(amount))
    assert multipliers.values[1] == 0.0
    multipliers.update(breach(0.1))
    # As from the start, but for the rise from -0.2: no debt of good conduct is kept.
    assert multipliers.values[1] == pytest.approx(0.4 * 0.1 + 4.0 * 0.1 + 2.0 * 0.3)


def test_the_mix_sums_to_one() -> None:
    multipliers = Multipliers(np.array([0.5, 0.0, 0.5]))
    multipliers.values = np.array([0.0, 3.0, 0.0])
    np.testing.assert_allclose(multipliers.mix, [0.125, 0.75, 0.125])


@pytest.mark.parametrize("limit", [0.3, 0.6, 0.8])
def test_a_policy_that_follows_its_mix_settles_at_the_limit(limit: float) -> None:
    """A plant of first order: each iteration goes a fifth of the way to what the mix asks for."""
    multipliers, value, path = Multipliers(WEIGHTS), 0.0, []
    for _ in range(400):
        value += 0.2 * (multipliers.mix[1] - value)
        multipliers.update(breach(limit - value))
        path.append(value)
    settled = np.array(path[-50:])
    np.testing.assert_allclose(settled, limit, atol=0.01)
    # A mix of w asks for a multiplier of w / (1 - w).
    assert multipliers.values[1] == pytest.approx(limit / (1.0 - limit), rel=0.05)
    assert max(path) < limit + 0.1
