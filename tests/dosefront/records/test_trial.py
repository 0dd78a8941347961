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


def test_the_id_is_ten_hexadecimal_digits(spec):
    assert re.fullmatch("[0-9a-f]{10}", spec.trial_id)


def test_the_id_stays_the_same_from_release_to_release():
    """A changed id would train every finished trial again."""
    spec = TrialSpec(
        "a/B-v0", {}, ("x", "y"), "PPO", (0.25, 0.75), 1, 100, {"lr": 3e-4}, {"seed": 1}
    )
    assert spec.trial_id == "41f3278968"


def test_equal_content_has_an_equal_id_whatever_the_order_of_keys(spec):
    turned = dataclasses.replace(spec, settings=dict(reversed(spec.settings.items())))
    assert turned.trial_id == spec.trial_id


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"steps": 60_001},
        {"weights": (0.26, 0.74)},
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
    with pytest.raises(ValueError, match="select and held-out"):
        dataclasses.replace(failed_record, status="finished")
