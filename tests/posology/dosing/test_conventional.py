"""Conventional care does what the label says."""

import numpy as np
import pytest

from posology.dosing import (
    FEATURES,
    NAMES,
    CourseVectorEnv,
    FixedDose,
    LabelWithRules,
    conventional_care,
    observe,
)
from posology.treatment import Regimen

REGIMEN = Regimen.labelled("docetaxel-cisplatin")


def observation(**seen: float) -> np.ndarray:
    """One observation in clinical units, of a patient ready for cycle 2."""
    ready = {
        "age": 60.0,
        "week": 3.0,
        "cycles begun": 1.0,
        "weeks since dose": 3.0,
        "docetaxel, last fraction": 1.0,
        "cisplatin, last fraction": 1.0,
        "neutrophils": 4.0,
        "platelets": 250.0,
        "creatinine clearance": 90.0,
        "neutrophil nadir since dose": 1.2,
        "platelet nadir since dose": 150.0,
    }
    values = {**ready, **{name.replace("_", " "): value for name, value in seen.items()}}
    row = [
        f.encode(np.array([values.get(f.name, 1.0 if f.transform == "log" else 0.0)]))[0]
        for f in FEATURES
    ]
    return np.array([row], np.float32)


def given(observations: np.ndarray) -> list[float]:
    return LabelWithRules(REGIMEN).actions(observations)[0].tolist()


def test_a_recovered_patient_gets_the_label_dose() -> None:
    assert given(observation()) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("counts", [{"neutrophils": 1.4}, {"platelets": 95.0}])
def test_a_cycle_waits_for_the_counts(counts: dict[str, float]) -> None:
    assert given(observation(**counts)) == [0.0, 0.0]


@pytest.mark.parametrize(
    "toxic",
    [
        {"febrile neutropenia since dose": 1.0},
        {"grade 4 neutropenia over 7 days since dose": 1.0},
        {"platelet nadir since dose": 20.0},
    ],
)
def test_a_toxic_cycle_reduces_docetaxel_to_65_and_then_50(toxic: dict[str, float]) -> None:
    assert given(observation(**toxic))[0] == pytest.approx(65.0 / 75.0)
    reduced = {**toxic, "docetaxel, last fraction": 65.0 / 75.0}
    assert given(observation(**reduced))[0] == pytest.approx(50.0 / 75.0)
    twice = {**toxic, "docetaxel, last fraction": 50.0 / 75.0}
    assert given(observation(**twice))[0] == pytest.approx(50.0 / 75.0)


def test_a_reduced_dose_never_rises_again() -> None:
    assert given(observation(**{"docetaxel, last fraction": 0.8}))[0] == pytest.approx(0.8)
    assert given(observation(**{"cisplatin, last fraction": 0.75}))[1] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("crcl", "fraction"), [(60.5, 1.0), (59.0, 0.75), (45.5, 0.75), (44.0, 0.0)]
)
def test_cisplatin_follows_the_kidneys(crcl: float, fraction: float) -> None:
    assert given(observation(**{"creatinine clearance": crcl}))[1] == pytest.approx(fraction)


def test_too_long_a_delay_or_severe_neuropathy_ends_treatment() -> None:
    assert given(observation(**{"weeks since dose": 6.0})) == pytest.approx([1.0, 1.0])
    assert given(observation(**{"weeks since dose": 7.0})) == [0.0, 0.0]
    assert given(observation(**{"sensory neuropathy": 3.0})) == [0.0, 0.0]


def test_the_comparators_are_conventional_care_and_its_bounds() -> None:
    assert [each.title for each in conventional_care(REGIMEN)] == [
        "Label with rules",
        "Label without rules",
        "One level down",
        "No treatment",
        "Random",
    ]


def test_one_level_down_gives_less_of_both_drugs() -> None:
    down = next(each for each in conventional_care(REGIMEN) if each.name == "one-level-down")
    first = observation(**{"cycles begun": 0.0, "week": 0.0})
    assert down.policy.actions(first)[0] == pytest.approx([0.8, 0.8])


def test_random_doses_repeat_and_use_every_level() -> None:
    policy = next(each.policy for each in conventional_care(REGIMEN) if each.name == "random")
    env = CourseVectorEnv(500, patients=500)
    env.reset(options={"patients": np.arange(500)})
    seen = observe(env.courses)
    actions = policy.actions(seen)
    assert (actions == policy.actions(seen)).all()
    assert set(np.unique(actions)) == {0.0, 0.5, 0.75, 1.0, 1.25}


def test_no_treatment_gives_nothing() -> None:
    assert (FixedDose(0.0).actions(np.zeros((3, len(NAMES)), np.float32)) == 0.0).all()
