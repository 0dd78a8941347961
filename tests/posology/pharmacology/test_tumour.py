"""Claret's model with exposure in the place of calendar time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.pharmacology import log_relative_size

size = log_relative_size.py_func
rates = st.floats(1e-4, 0.1)


@given(st.floats(0.0, 1000.0), rates, rates, rates)
def test_under_label_dosing_it_is_clarets_closed_form(
    days: float, growth: float, kill: float, resistance: float
) -> None:
    claret = growth * days - kill / resistance * (1.0 - np.exp(-resistance * days))
    assert size(days, kill * days, growth, kill, resistance) == pytest.approx(claret, abs=1e-9)


@given(rates, rates, rates, st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_more_exposure_never_leaves_a_larger_tumour(
    growth: float, kill: float, resistance: float, exposure: float, more: float
) -> None:
    before = size(100.0, exposure, growth, kill, resistance)
    assert size(100.0, exposure + more, growth, kill, resistance) <= before + 1e-12


def test_a_drug_holiday_costs_growth_and_no_resistance() -> None:
    # Trap: with resistance on the calendar, a pause would be punished twice.
    growth, kill, resistance = 0.001, 0.01, 0.02
    pause = size(160.0, 0.4, growth, kill, resistance) - size(100.0, 0.4, growth, kill, resistance)
    assert pause == pytest.approx(60.0 * growth)


def confirmed_response_rate(kill: float, resistance: float) -> float:
    """Claret's NSCLC population, scans every eight weeks with his residual error."""
    rng = np.random.default_rng(5)
    n = 4000
    base, growth, kills, resistances = (
        value * np.exp(omega * rng.standard_normal(n))
        for value, omega in ((90.0, 0.683), (0.00107, 1.18), (kill, 0.679), (resistance, 0.797))
    )
    days = 56.0 * np.arange(1, 8)[:, None]
    loss = kills / resistances * (1.0 - np.exp(-resistances * days))
    seen = base * np.exp(growth * days - loss) + 7.849 * rng.standard_normal((7, n))
    responds = seen <= 0.7 * (base + 7.849 * rng.standard_normal(n))
    return float((responds[:-1] & responds[1:]).any(axis=0).mean())


def test_kill_and_resistance_are_not_transposed() -> None:
    # Trap: the paper's Table S1 prints them in each other's place: 40 % responses become 74 %.
    # Ten points of response rate lie between trials of one regimen.
    assert confirmed_response_rate(0.0103, 0.0193) == pytest.approx(0.40, abs=0.10)
    assert confirmed_response_rate(0.0193, 0.0103) > 0.65
