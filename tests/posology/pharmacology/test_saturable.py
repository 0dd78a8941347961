"""Saturable kinetics against their limits, against LSODA, and against what went in."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from posology.pharmacology import SATURABLE_PARAMETERS, advance_saturable, saturable_area

PACLITAXEL = np.array([12.0, 26.9, 0.376, 147.8, 1.37, 1.21, 16.9, 267.4])
BOLUS = np.array([17.8, 1411.0, 5.55, 0.0, 1.0, 0.0, 0.0, 1.0])


def lsoda(amount: float, hours: float, p: np.ndarray, *, until: float) -> np.ndarray:
    """Three amounts and the area, after an infusion and what follows it."""
    v, vm, km, vmtr, kmtr, k21, q3, v3 = p

    def slopes(_: float, y: np.ndarray, rate: float) -> list[float]:
        c = y[0] / v
        out, across, deep = vm * c / (km + c), vmtr * c / (kmtr + c), q3 * (c - y[2] / v3)
        return [rate - out - across + k21 * y[1] - deep, across - k21 * y[1], deep, c]

    y = np.zeros(4)
    for start, end, rate in ((0.0, hours, amount / hours), (hours, until, 0.0)):
        solved = solve_ivp(
            slopes, (start, end), y, args=(rate,), method="LSODA", rtol=1e-10, atol=1e-12
        )
        y = solved.y[:, -1]
    return y


def stepped(amount: float, hours: float, p: np.ndarray, *, until: float, step: float) -> np.ndarray:
    y = (0.0, 0.0, 0.0, 0.0)
    for k in range(round(until / step)):
        rate = amount / hours if k * step < hours else 0.0
        y = advance_saturable.py_func(*y, rate, *p, step)
    return np.array(y)


@pytest.mark.parametrize(
    ("p", "amount", "hours"), [(PACLITAXEL, 350.0, 3.0), (BOLUS, 750.0, 0.125)]
)
def test_halving_the_step_leaves_an_eighth_of_the_error(
    p: np.ndarray, amount: float, hours: float
) -> None:
    truth = lsoda(amount, hours, p, until=4.0)
    coarse, fine = (
        np.abs(stepped(amount, hours, p, until=4.0, step=step)[3] - truth[3])
        for step in (1.0 / 64.0, 1.0 / 128.0)
    )
    assert fine < 3e-4 * truth[3]
    assert coarse / fine == pytest.approx(8.0, rel=0.4)


def test_a_long_step_after_the_fast_phase_stays_right() -> None:
    y = tuple(lsoda(350.0, 3.0, PACLITAXEL, until=27.0))
    truth = lsoda(350.0, 3.0, PACLITAXEL, until=51.0)
    for _ in range(6):
        y = advance_saturable.py_func(*y, 0.0, *PACLITAXEL, 4.0)
    np.testing.assert_allclose(y, truth, rtol=5e-4)


def test_the_area_of_a_dose_is_lsodas() -> None:
    assert saturable_area(750.0, 0.125, BOLUS) == pytest.approx(
        lsoda(750.0, 0.125, BOLUS, until=20.0)[3], rel=5e-4
    )


def test_far_below_saturation_the_area_is_dose_over_clearance() -> None:
    # VM/KM is the clearance [L/h] of what saturates nothing.
    p = BOLUS.copy()
    p[1], p[2] = 20.0e6, 1.0e6
    assert saturable_area(100.0, 1.0, p) == pytest.approx(100.0 / 20.0, rel=1e-4)


def test_a_bolus_has_michaelis_and_mentens_area() -> None:
    # V/VM (KM C0 + C0^2/2) for all at once; over seven minutes a little less.
    v, vm, km = BOLUS[:3]
    at_once = v / vm * (km * 750.0 / v + 0.5 * (750.0 / v) ** 2)
    assert 0.85 * at_once < saturable_area(750.0, 0.125, BOLUS) < at_once


def test_twice_the_dose_has_more_than_twice_the_area() -> None:
    single, double = (saturable_area(dose, 3.0, PACLITAXEL) for dose in (300.0, 600.0))
    assert double > 2.0 * single


def test_it_never_falls_below_zero() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        p = PACLITAXEL * np.exp(rng.normal(0.0, 1.0, SATURABLE_PARAMETERS))
        y = (0.0, 0.0, 0.0, 0.0)
        for k in range(20):
            step = float(rng.choice([1.0 / 192.0, 0.125, 1.0, 4.0]))
            before = y[3]
            y = advance_saturable.py_func(*y, 1000.0 * (k % 7 == 0), *p, step)
            assert min(y) >= 0.0
            assert np.isfinite(y).all()
            assert y[3] >= before
