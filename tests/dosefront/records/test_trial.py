import dataclasses
import json
import re

import pytest

from dosefront.records import ComparatorRecord, TrialRecord, TrialSpec


@pytest.fixture
def spec(trial_records):
    return trial_records[1].spec


def through_json(mapping):
    return json.loads(json.dumps(mapping))


def test_the_label_tells_algorithm_weights_and_seed(spec):
    assert spec.label == "PPO w=(0.25, 0.75) s1"


@pytest.mark.parametrize(
    ("scalarization", "label"),
    [
        ({"name": "chebyshev", "rho": 0.01}, "chebyshev w=(0.25, 0.75)"),
        (
            {"name": "epsilon-constraint", "maximise": "x", "limits": {"toxicity": 4.0}},
            "toxicity limit 4",
        ),
        (
            {"name": "lexicographic", "maximise": "x", "thresholds": {"a": 0.5, "b": 3.0}},
            "a threshold 0.5, b threshold 3",
        ),
    ],
)
def test_the_label_of_a_preference_tells_what_was_asked_for(spec, scalarization, label):
    asked = dataclasses.replace(spec, scalarization=scalarization)
    assert asked.preference_label((0.25, 0.75)) == label
    assert asked.label == f"PPO {label} s1"


def test_a_policy_judged_at_many_preferences_has_an_id_for_each(spec):
    many = dataclasses.replace(spec, preferences=((1.0, 0.0), (0.0, 1.0)))
    assert many.label == "PPO 2 preferences s1"
    assert [many.point_id(number) for number in (0, 1)] == [
        f"{many.trial_id}-0",
        f"{many.trial_id}-1",
    ]
    assert spec.point_id(0) == spec.trial_id


def test_the_id_is_ten_hexadecimal_digits(spec):
    assert re.fullmatch("[0-9a-f]{10}", spec.trial_id)


def test_the_id_stays_the_same_from_release_to_release():
    """A changed id would train every finished trial again."""
    spec = TrialSpec(
        "a/B-v0",
        {},
        ("x", "y"),
        "PPO",
        {"name": "linear"},
        ((0.25, 0.75),),
        1,
        100,
        {},
        {"seed": 1},
    )
    assert spec.trial_id == "a44e53ae1f"


def test_equal_content_has_an_equal_id_whatever_the_order_of_keys(spec):
    turned = dataclasses.replace(spec, settings=dict(reversed(spec.settings.items())))
    assert turned.trial_id == spec.trial_id


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"steps": 60_001},
        {"preferences": ((0.26, 0.74),)},
        {"preferences": ((0.25, 0.75), (0.26, 0.74))},
        {"scalarization": {"name": "chebyshev", "rho": 0.01}},
        {"discount": 0.99},
        {"algorithm": "DQN"},
        {"settings": {"network": [64, 65], "learning_rate": 3e-4}},
        {"environment_options": {"regimen": {"cycles": 4}}},
        {"cohorts": {"seed": 2027, "train": 4096, "select": 500, "held_out": 2000}},
    ],
)
def test_any_other_content_has_another_id(spec, change):
    assert dataclasses.replace(spec, **change).trial_id != spec.trial_id


def test_a_spec_comes_back_from_json_with_its_id(spec):
    again = TrialSpec.from_mapping(through_json(spec.to_mapping()))
    assert again == spec
    assert again.trial_id == spec.trial_id


def test_records_come_back_from_json(trial_records, failed_record, comparator_records):
    for record in (*trial_records, failed_record):
        assert TrialRecord.from_mapping(through_json(record.to_mapping())) == record
    for record in comparator_records:
        assert ComparatorRecord.from_mapping(through_json(record.to_mapping())) == record


def test_a_record_whose_content_was_changed_is_refused(trial_records):
    stored = through_json(trial_records[0].to_mapping())
    stored["spec"]["steps"] += 1
    with pytest.raises(ValueError, match="hashes to"):
        TrialRecord.from_mapping(stored)


def test_a_finished_trial_needs_its_outcomes(failed_record):
    with pytest.raises(ValueError, match="judged at 1 preferences; got 0"):
        dataclasses.replace(failed_record, status="finished")
