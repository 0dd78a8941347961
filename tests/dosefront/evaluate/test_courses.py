"""Course records: each patient's weeks, in the same courses that a policy is judged by."""

from typing import Any

import numpy as np
import pytest

from dosefront.evaluate import NetworkPolicy, View, cohort_options, course_records, roll_out
from posology.dosing import FixedDose, LabelWithRules
from posology.library import regimen_names
from posology.treatment import Regimen

ENVIRONMENT = "posology/DocetaxelCisplatin-v0"
COHORTS = {"seed": 5, "train": 40, "select": 60, "held_out": 80}


def arguments(*, environment: str = ENVIRONMENT, **own: Any) -> dict[str, Any]:
    options = cohort_options({"decisions": "due", **own}, COHORTS, "held-out")
    return {
        "environment": environment,
        "options": options,
        "objectives": ("efficacy", "toxicity"),
        "patients": 80,
    }


def remembering_policy() -> NetworkPolicy:
    """Sees the last three visits, what has accrued, and which doses are open."""
    features = 36
    view = View(history=3, accrued=True, discount=0.9, masks=True)
    inputs = 3 * features + 3
    generator = np.random.default_rng(3)
    weights = [generator.normal(size=(25, inputs)).astype(np.float32)]
    return NetworkPolicy(weights, [np.zeros(25, np.float32)], "tanh", {}, view=view)


@pytest.mark.parametrize("decisions", ["due", "weekly"])
def test_the_courses_are_those_that_a_policy_is_judged_by(decisions: str) -> None:
    policy = remembering_policy()
    asked = arguments()
    asked["options"]["decisions"] = decisions
    found = course_records(policy, discount=0.9, **asked)
    assert found is not None
    judged = roll_out(policy, discount=0.9, **asked)
    records, results = found
    assert (results.returns == judged.returns).all()
    assert results.endpoints.keys() == judged.endpoints.keys()
    for name, values in judged.endpoints.items():
        assert (results.endpoints[name] == values).all(), name
    for index, term in enumerate(records.terms):
        worst = judged.endpoints[f"{term}, worst grade"]
        assert (records.worst_grades[:, index] == worst).all()
    assert (records.delays == judged.endpoints["due visits without a dose"]).all()
    assert (records.refusals == judged.endpoints["doses refused by guardrails"]).all()
    assert ((records.progression_week > 0) == judged.endpoints["progressed"]).all()
    assert ((records.death_week > 0) == judged.endpoints["death by toxicity"]).all()


def test_a_confirmed_response_is_a_best_change_of_thirty_percent() -> None:
    policy = LabelWithRules(Regimen.labelled("docetaxel-cisplatin"))
    found = course_records(policy, **arguments(continuous=True))
    assert found is not None
    records, results = found
    responded = results.endpoints["confirmed response"]
    assert responded.any()
    assert (records.best_change[responded] <= -0.3).all()


def test_weeks_on_treatment_end_with_the_last_dose_that_could_be_given() -> None:
    found = course_records(FixedDose(1.0), **arguments(continuous=True))
    assert found is not None
    records, _ = found
    weeks = np.arange(records.due.shape[1])
    last_due = np.where(records.due, weeks, 0).max(axis=1)
    assert (last_due < records.weeks_on_treatment).all()
    assert (records.weeks_on_treatment <= records.weeks_followed).all()


def test_a_clinics_patients_stand_in_their_places() -> None:
    asked = arguments(environment="posology/Clinic-v0", continuous=True)
    policy = FixedDose(1.0, 3)
    found = course_records(policy, **asked)
    assert found is not None
    records, results = found
    assert records.drugs == ("drug 1", "drug 2", "drug 3")
    assert (records.regimen == results.endpoints["regimen"]).all()
    intensities = (records.fractions > 0.0).any(axis=1).sum(axis=1)
    drugs = [len(Regimen.labelled(name).drugs) for name in regimen_names()]
    given = results.endpoints["cycles"] > 0
    assert (intensities <= np.array(drugs)[records.regimen])[given].all()


def test_episodes_that_are_no_courses_have_no_records() -> None:
    found = course_records(
        FixedDose(1.0),
        environment="posology/AdaptiveTherapy-v0",
        options={"cohort_seed": 0, "split": "held-out", "patients": 3},
        objectives=("time",),
        patients=3,
    )
    assert found is None
