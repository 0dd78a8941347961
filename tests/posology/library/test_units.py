"""Named conversions, against figures worked by hand."""

import numpy as np
import pytest

from posology.library import (
    area_mg_h_per_l_from_mg_min_per_ml,
    calvert_dose_mg,
    hourly_from_daily,
    hourly_from_per_minute,
    litres_per_hour,
    micromoles_from_milligrams,
    milligrams_from_micrograms,
    milligrams_from_micromoles,
    per_173_m2,
    platinum_milligrams,
    quantity,
)


def test_a_millimole_of_paclitaxel_is_854_milligrams() -> None:
    assert milligrams_from_micromoles(1000.0, molar_mass=853.9) == pytest.approx(853.9)


def test_moles_of_a_mass_are_the_mass_of_moles_undone() -> None:
    assert micromoles_from_milligrams(853.9, molar_mass=853.9) == pytest.approx(1000.0)
    assert milligrams_from_micromoles(
        micromoles_from_milligrams(7.0, molar_mass=300.05), molar_mass=300.05
    ) == pytest.approx(7.0)


def test_nab_paclitaxels_8070_micrograms_are_8_milligrams() -> None:
    assert milligrams_from_micrograms(8070.0) == pytest.approx(8.07)


@pytest.mark.parametrize(("drug", "share"), [("oxaliplatin", 0.4910), ("cisplatin", 0.6502)])
def test_platinum_is_its_share_of_the_molar_mass(drug: str, share: float) -> None:
    molar_mass = quantity(f"drugs/{drug}/molar_mass", "g/mol")
    assert platinum_milligrams(1.0, molar_mass=molar_mass) == pytest.approx(share, abs=5e-5)


def test_2_7_litres_a_minute_are_162_an_hour() -> None:
    assert hourly_from_per_minute(2.7) == pytest.approx(162.0)


def test_24_litres_a_day_are_one_an_hour() -> None:
    assert hourly_from_daily(24.0) == 1.0


def test_100_millilitres_a_minute_are_6_litres_an_hour() -> None:
    assert litres_per_hour(np.array([100.0])).tolist() == [6.0]


def test_filtration_is_referred_to_a_body_of_1_73_square_metres() -> None:
    flows = per_173_m2(np.array([90.0, 90.0]), bsa_m2=np.array([1.73, 3.46]))
    np.testing.assert_allclose(flows, [90.0, 45.0])


def test_an_area_of_5_mg_min_per_ml_is_83_mg_h_per_l() -> None:
    assert area_mg_h_per_l_from_mg_min_per_ml(5.0) == pytest.approx(83.33, abs=0.005)


def test_calverts_formula_counts_filtration_up_to_its_cap() -> None:
    doses = calvert_dose_mg(6.0, np.array([50.0, 125.0, 148.0]))
    np.testing.assert_allclose(doses, [450.0, 900.0, 900.0])


def test_calverts_constants_are_the_librarys() -> None:
    kinetics = "drugs/carboplatin/kinetics"
    nonrenal = quantity(f"{kinetics}/clearance_nonrenal", "mL/min")
    cap = quantity(f"{kinetics}/gfr_cap", "mL/min")
    gfr = np.array([60.0, 140.0])
    np.testing.assert_array_equal(
        calvert_dose_mg(5.0, gfr), calvert_dose_mg(5.0, gfr, nonrenal=nonrenal, cap=cap)
    )
