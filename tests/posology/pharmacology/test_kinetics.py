"""Linear kinetics against the matrix exponential and mass balance."""

import numpy as np
import pytest
from scipy.linalg import expm

from posology.pharmacology import (
    chained_modes,
    one_compartment_modes,
    three_compartment_modes,
    two_compartment_mode_table,
    two_compartment_modes,
)

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


def test_the_table_of_two_compartments_holds_each_patients_modes() -> None:
    clearance, volume = np.array([35.5, 8.4]), np.array([23.4, 15.4])
    flow, peripheral = np.array([8.64, 2.1]), np.array([12.0, 9.7])
    rates, units = two_compartment_mode_table(clearance, volume, flow, peripheral)
    for k in range(2):
        alone = two_compartment_modes.py_func(clearance[k], volume[k], flow[k], peripheral[k])
        np.testing.assert_allclose([*rates[:, k], *units[:, k]], alone, rtol=1e-12)


def test_three_compartments_may_differ_by_patient() -> None:
    rates, units = three_compartment_modes(
        np.array([3.5, 0.16]),
        k12=np.array([2.9, 2.2]),
        k21=np.array([0.03, 0.66]),
        k13=np.array([1.6, 0.06]),
        k31=np.array([0.4, 0.0023]),
        volume=np.array([17.7, 51.1]),
    )
    alone = three_compartment_modes(
        np.array([0.16]), k12=2.2, k21=0.66, k13=0.06, k31=0.0023, volume=51.1
    )
    np.testing.assert_allclose(rates[:, 1], alone[0][:, 0], rtol=1e-12)
    np.testing.assert_allclose(units[:, 1], alone[1][:, 0], rtol=1e-12)
    np.testing.assert_allclose(units.sum(0), [1.0 / 17.7, 1.0 / 51.1])


def test_a_tablet_follows_batemans_equation() -> None:
    absorption, clearance, volume = 5.8, 10.0, 30.3
    tablet = np.array([[absorption]]), np.array([[absorption]])
    rates, units = chained_modes(tablet, one_compartment_modes(np.array([clearance]), volume))
    elimination = clearance / volume
    for hours in (0.1, 1.0, 8.0):
        bateman = (
            absorption
            / (volume * (absorption - elimination))
            * (np.exp(-elimination * hours) - np.exp(-absorption * hours))
        )
        modes = (units[:, 0] * np.exp(-rates[:, 0] * hours)).sum()
        assert modes == pytest.approx(bateman, rel=1e-12)


def test_a_chain_decays_as_the_matrix_exponential_says() -> None:
    parent = two_compartment_mode_table(np.array([22.8]), 72.1, 24.6, 93.4)
    metabolite = two_compartment_mode_table(np.array([42.8]), 11.2, 43.5, 706.0)
    rates, units = chained_modes(parent, metabolite)
    matrix = np.array(  # of concentrations; one litre an hour of the parent turns into metabolite
        [
            [-(22.8 + 24.6) / 72.1, 24.6 / 72.1, 0.0, 0.0],
            [24.6 / 93.4, -24.6 / 93.4, 0.0, 0.0],
            [1.0 / 11.2, 0.0, -(42.8 + 43.5) / 11.2, 43.5 / 11.2],
            [0.0, 0.0, 43.5 / 706.0, -43.5 / 706.0],
        ]
    )
    for hours in (0.2, 2.0, 30.0):
        concentration = (expm(matrix * hours) @ [1.0 / 72.1, 0.0, 0.0, 0.0])[2]
        modes = (units[:, 0] * np.exp(-rates[:, 0] * hours)).sum()
        assert modes == pytest.approx(concentration, rel=1e-9)


def test_the_area_under_the_curve_is_dose_over_clearance() -> None:
    rates, units = three_compartment_modes(np.array([38.5 / 7.4]), **DOCETAXEL)
    assert (units / rates).sum() == pytest.approx(1.0 / 38.5, rel=1e-9)
