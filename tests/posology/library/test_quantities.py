"""Every number has a unit, a source and a confidence."""

import re

import pytest

from posology.library import (
    CONFIDENCES,
    agent_names,
    drug_names,
    parse_quantity,
    per_milligram_from_per_micromole,
    platinum_milligrams,
    quantities,
    quantity,
)
from posology.pharmacology.week import GRADE4


@pytest.mark.parametrize("each", quantities(), ids=lambda each: each.path)
def test_every_number_names_its_unit_source_and_confidence(each) -> None:
    assert each.unit
    assert len(each.source) > 10
    assert each.confidence in CONFIDENCES


@pytest.mark.parametrize(
    "each", [q for q in quantities() if "the note says why" in q.source], ids=lambda each: each.path
)
def test_every_assumption_says_why(each) -> None:
    assert each.confidence == "assumed"
    assert each.note


def test_areas_and_doses_are_never_given_in_minutes() -> None:
    # Carboplatin's AUC 5 mg min/mL is 83.3 mg h/L: a mix-up is a factor of 16.7. Only its dose is
    # prescribed so, in a unit of its own.
    assert not [
        each.path
        for each in quantities()
        if re.search(r"\bmin\b(?!\*)", each.unit)
        and "mL/min" not in each.unit
        and each.unit != "mg/mL*min"
    ]


def test_a_quantity_in_another_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="asked in mL; the library gives it in L"):
        quantity("drugs/docetaxel/kinetics/volume_central", "mL")


def test_an_unknown_quantity_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="Did you mean drugs/docetaxel/kinetics/k12"):
        quantity("drugs/docetaxel/kinetics/k112", "1/h")


def test_drugs_are_those_with_kinetics() -> None:
    assert len(drug_names()) == 16
    assert set(agent_names()) - set(drug_names()) == {"fluorouracil-bolus"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("75 mg", r"expected mg/m2; got \"75 mg\" \(mg\)"),
        ("75", r"no unit"),
        ("-5 mg/m2", "negative"),
        ("plenty", "expected a number in mg/m2"),
        ("nan mg/m2", "expected a number in mg/m2"),
    ],
)
def test_a_dose_that_is_no_dose_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_quantity(text, unit="mg/m2")


def test_square_metres_may_be_written_either_way() -> None:
    assert parse_quantity("75 mg/m²", unit="mg/m2") == parse_quantity("7.5e1 mg/m2", unit="mg/m2")


def test_a_mole_of_cisplatin_holds_a_mole_of_platinum() -> None:
    assert platinum_milligrams(300.05, molar_mass=300.05) == pytest.approx(195.08)


def test_klofts_slope_is_19_27_per_milligram() -> None:
    # Trap: the published 15.57 is per micromole; read per milligram it halves the toxicity.
    slope = quantity("effects/docetaxel/neutrophils/slope_per_micromolar", "L/umol")
    molar_mass = quantity("drugs/docetaxel/molar_mass", "g/mol")
    converted = per_milligram_from_per_micromole(slope, molar_mass=molar_mass)
    assert converted == pytest.approx(15.5711 / 0.8079, rel=1e-9)


def test_the_kernel_counts_the_hours_of_the_librarys_grade_4() -> None:
    assert quantity("toxicities/ctcae/neutrophils_grade4", "10^9/L") == GRADE4
