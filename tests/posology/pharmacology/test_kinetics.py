"""Linear kinetics against the matrix exponential and mass balance."""

import numpy as np
import pytest
from scipy.linalg import expm

from posology.pharmacology import mode_over_week, three_compartment_modes, two_compartment_modes

DOCETAXEL = {"k12": 1.06, "k21": 1.51, "k13": 1.26, "k31": 0.084, "volume": 7.4}


def test_three_compartments_decay_as_the_matrix_exponential_says() -> None:
    k10 = 5.2
    rates, units = three_compartment_modes(np.array([k10]), **DOCETAXEL)
    matrix = np.array(
        [[-(k10 + 1.06 + 1.26), 1.51, 0.084], [1.06, -1.51, 0.0], [1.26, 0.0, -0.084]]
    )
    for hours in (0.1, 1.0, 10.0, 100.0):
        concentration = (expm(matrix * hours) @ [1.0, 0.0, 0.0])[0] / 7.4
        modes = (units[:, 0] * np.exp(-rates[:, 0] * hours)).sum()
        assert modes == pytest.approx(concentration, rel=1e-9)


def test_two_compartments_decay_as_the_matrix_exponential_says() -> None:
    clearance, volume, flow, peripheral = 35.5, 23.4, 8.64, 12.0
    fast, slow, fast_unit, slow_unit = two_compartment_modes.py_func(
        clearance, volume, flow, peripheral
    )
    matrix = np.array(
        [[-(clearance + flow) / volume, flow / peripheral], [flow / volume, -flow / peripheral]]
    )
    for hours in (0.1, 1.0, 5.0):
        concentration = (expm(matrix * hours) @ [1.0, 0.0])[0] / volume
        modes = fast_unit * np.exp(-fast * hours) + slow_unit * np.exp(-slow * hours)
        assert modes == pytest.approx(concentration, rel=1e-9)


def test_the_area_under_the_curve_is_dose_over_clearance() -> None:
    rates, units = three_compartment_modes(np.array([38.5 / 7.4]), **DOCETAXEL)
    assert (units / rates).sum() == pytest.approx(1.0 / 38.5, rel=1e-9)


def test_a_week_of_one_mode_matches_fine_quadrature() -> None:
    rate, plateau, effect_rate, infusion = 0.07, 0.4, 0.004, 1.0
    area, effect = mode_over_week.py_func(0.1, rate, plateau, effect_rate, infusion, 168.0)
    t = np.linspace(0.0, 168.0, 2_000_001)
    during = plateau + (0.1 - plateau) * np.exp(-rate * np.minimum(t, infusion))
    concentration = during * np.exp(-rate * np.maximum(t - infusion, 0.0))
    assert area == pytest.approx(np.trapezoid(concentration, t), rel=1e-7)
    kernel = effect_rate * np.exp(-effect_rate * (168.0 - t))
    assert effect == pytest.approx(np.trapezoid(concentration * kernel, t), rel=1e-7)
