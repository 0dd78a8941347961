"""Rolling policies out on cohorts: every policy meets the same patients."""

import io

import numpy as np
import pytest

from dosefront.evaluate import (
    HELD_OUT,
    SELECT,
    TRAIN,
    PatientResults,
    chosen_objectives,
    cohort_options,
    evaluate_comparators,
    paired_differences,
    roll_out,
)
from posology.dosing import FixedDose, LabelWithRules
from posology.treatment import Regimen, objectives

ENVIRONMENT = "posology/DocetaxelCisplatin-v0"
COHORTS = {"seed": 5, "train": 40, "select": 60, "held_out": 80}
NAMES = ("efficacy", "toxicity")


def results(policy: object, *, split: str = SELECT, names: tuple[str, ...] = NAMES):
    options = cohort_options({"continuous": True, "decisions": "due"}, COHORTS, split)
    return roll_out(
        policy,
        environment=ENVIRONMENT,
        options=options,
        objectives=names,
        patients=options["patients"],
    )


def test_a_cohorts_options_name_its_split_and_size() -> None:
    assert cohort_options({"a": 1}, COHORTS, HELD_OUT) == {
        "a": 1,
        "cohort_seed": 5,
        "split": "held-out",
        "patients": 80,
    }
    assert cohort_options({}, COHORTS, TRAIN)["patients"] == 40


def test_objectives_come_in_the_order_asked_for() -> None:
    metadata = {"objectives": objectives("docetaxel-cisplatin", NAMES)}
    chosen, columns = chosen_objectives(metadata, ("toxicity", "efficacy"))
    assert [each.name for each in chosen] == ["toxicity", "efficacy"]
    assert columns == [1, 0]
    straight, turned = (
        results(FixedDose(1.0), names=names).returns for names in (NAMES, NAMES[::-1])
    )
    assert (straight == turned[:, ::-1]).all()


def test_the_same_policy_has_the_same_results_to_the_last_bit() -> None:
    policy = LabelWithRules(Regimen.labelled("docetaxel-cisplatin"))
    assert (results(policy).returns == results(policy).returns).all()


def test_no_treatment_is_never_toxic() -> None:
    found = results(FixedDose(0.0))
    assert (found.returns[:, 1] == 0.0).all()
    assert not found.endpoints["serious adverse event"].any()
    assert found.outcome().value_vector[1].value == 0.0


def test_rates_have_exact_intervals_and_means_bootstrapped_ones() -> None:
    found = results(FixedDose(1.0))
    outcome = found.outcome()
    assert outcome.patients == 60
    rate = outcome.endpoints["serious adverse event"]
    assert rate.value == pytest.approx(found.endpoints["serious adverse event"].mean())
    mean = outcome.value_vector[0]
    half = 1.96 * found.returns[:, 0].std() / np.sqrt(60)
    assert mean.value == pytest.approx(found.returns[:, 0].mean())
    assert mean.high - mean.low == pytest.approx(2.0 * half, rel=0.2)


def test_what_names_a_kind_is_kept_and_not_averaged() -> None:
    endpoints = {"regimen": np.array([1, 3]), "cycles": np.array([4.0, 6.0])}
    found = PatientResults(np.zeros((2, 2)), endpoints)
    assert found.outcome().endpoints.keys() == {"cycles"}
    with np.load(io.BytesIO(found.to_bytes())) as stored:
        assert stored["regimen"].tolist() == [1, 3]


def test_a_comparator_does_not_differ_from_itself() -> None:
    comparators = evaluate_comparators(
        ENVIRONMENT, {"decisions": "due"}, objectives=NAMES, cohorts=COHORTS
    )
    by_name = {each.name: each for each in comparators}
    itself = by_name["label-with-rules"]
    differences = paired_differences(itself.held_out, comparators)
    assert [each.value for each in differences[itself.name]] == [0.0, 0.0]
    untreated = differences["no-treatment"]
    assert untreated[0].value == pytest.approx(
        (itself.held_out.returns - by_name["no-treatment"].held_out.returns)[:, 0].mean()
    )
    assert untreated[1].high < 0.0


def test_pairing_patients_narrows_the_difference() -> None:
    # What patients share cancels: unpaired, the two policies could not be told apart.
    comparators = evaluate_comparators(
        ENVIRONMENT,
        {"decisions": "due"},
        objectives=NAMES,
        cohorts={**COHORTS, "held_out": 400},
    )
    label, down = comparators[0], comparators[2]
    paired = paired_differences(down.held_out, comparators)[label.name][0]
    spread = [each.held_out.returns[:, 0].std() / 20.0 for each in (label, down)]
    unpaired = 2.0 * 1.96 * np.hypot(*spread)
    assert paired.high - paired.low < 0.5 * unpaired
