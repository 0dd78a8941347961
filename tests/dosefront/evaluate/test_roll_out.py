"""Rolling policies out on cohorts: every policy meets the same patients."""

import io

import gymnasium
import numpy as np
import pytest

from dosefront.evaluate import (
    HELD_OUT,
    SELECT,
    TRAIN,
    NetworkPolicy,
    PatientResults,
    View,
    chosen_objectives,
    cohort_options,
    evaluate_comparators,
    paired_differences,
    roll_out,
)
from dosefront.front import normalise
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


@pytest.mark.parametrize("discount", [1.0, 0.8])
def test_returns_are_the_discounted_sums_of_each_patients_rewards(discount: float) -> None:
    patients = 20
    options = {"continuous": True, "decisions": "due", "cohort_seed": 5, "split": SELECT}
    options["patients"] = patients
    found = roll_out(
        FixedDose(1.0),
        environment=ENVIRONMENT,
        options=options,
        objectives=NAMES,
        patients=patients,
        discount=discount,
    )
    env = gymnasium.make_vec(
        ENVIRONMENT, num_envs=patients, vectorization_mode="vector_entry_point", **options
    )
    observations, _ = env.reset(options={"patients": np.arange(patients)})
    courses: list[list[np.ndarray]] = [[] for _ in range(patients)]
    has_ended = np.zeros(patients, bool)
    while not has_ended.all():
        actions = FixedDose(1.0).actions(observations)
        observations, rewards, terminated, truncated, _ = env.step(actions)
        for patient in np.flatnonzero(~has_ended):
            courses[patient].append(np.asarray(rewards, np.float64)[patient, :2])
        has_ended |= terminated | truncated
    env.close()
    assert len({len(course) for course in courses}) > 1  # some end sooner than others
    for course, returns in zip(courses, found.returns, strict=True):
        factors = discount ** np.arange(len(course))
        np.testing.assert_allclose(returns, factors @ np.array(course), rtol=1e-6)


class Watched(NetworkPolicy):
    """Remembers what it was shown."""

    def actions(self, observations: np.ndarray) -> np.ndarray:
        self.provenance["shown"].append(observations.copy())
        return super().actions(observations)


def test_a_policy_is_shown_what_it_saw_in_training() -> None:
    patients, inputs, actions = 10, 3, 25
    weights = [np.zeros((actions, inputs), np.float32)]
    biases = [np.arange(actions, dtype=np.float32)]  # full doses, where they are open
    view = View(accrued=True, discount=0.9, preference=(0.25, 0.75), masks=True)
    policy = Watched(weights, biases, "tanh", {"shown": []}, view=view)
    options = {"decisions": "due", "cohort_seed": 5, "split": SELECT, "patients": patients}
    found = roll_out(
        policy,
        environment=ENVIRONMENT,
        options=options,
        objectives=NAMES,
        patients=patients,
        discount=0.9,
    )
    shown = np.array(policy.provenance["shown"])
    accrued, decay = shown[..., -30:-28], shown[..., -28]
    preferences, masks = shown[..., -27:-25], shown[..., -25:]
    assert (preferences == np.float32([0.25, 0.75])).all()
    assert (masks.max(axis=-1) == 1.0).all()
    assert (masks.min(axis=-1) == 0.0).any()
    discounts = 0.9 ** np.arange(len(shown))
    np.testing.assert_allclose(decay, np.tile(discounts[:, None], patients), rtol=1e-5)
    # What had accrued when a course ended is its return; the longest are not looked at any more.
    metadata = {"objectives": objectives("docetaxel-cisplatin", NAMES)}
    returns = normalise(found.returns, chosen_objectives(metadata, NAMES)[0])
    was_seen = np.isclose(accrued, returns, atol=1e-5).all(axis=-1).any(axis=0)
    lengths = found.endpoints["cycles"]
    assert was_seen[lengths < lengths.max()].all()
    assert (lengths < lengths.max()).any()
