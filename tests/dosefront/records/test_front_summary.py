import csv
import dataclasses
import json
import math

import numpy as np
import pytest

from dosefront.errors import FrontError
from dosefront.front import Estimate, dominates
from dosefront.records import RunFolder, read_front, summarise, write_front


@pytest.fixture
def summarised(objectives, trial_records, comparator_records):
    """Summarises the made sweep, with some of its parts changed."""

    def summarised_with(**changes):
        parts = {
            "objectives": objectives,
            "environment": "posology/DocetaxelCisplatin-v0",
            "environment_version": "1",
            "trials": trial_records,
            "comparators": comparator_records,
        }
        return summarise("quickstart", **(parts | changes))

    return summarised_with


def with_judged(record, **changes):
    """The record with some of what its only policy achieves changed."""
    (judged,) = record.judged
    return dataclasses.replace(record, judged=(dataclasses.replace(judged, **changes),))


def with_efficacy(outcome, value):
    """The outcome with another mean of its first objective."""
    vector = (Estimate(value, value - 1.0, value + 1.0), *outcome.value_vector[1:])
    return dataclasses.replace(outcome, value_vector=vector)


def test_values_are_published_in_clinical_units_with_turned_intervals(summarised, trial_records):
    (point, *_) = summarised().points
    efficacy, toxicity = point.value_vector
    assert efficacy == trial_records[0].judged[0].held_out.value_vector[0]
    assert (toxicity.value, toxicity.low, toxicity.high) == pytest.approx((0.35, 0.3325, 0.3675))


def test_membership_of_the_front_agrees_with_comparing_every_pair(summarised, trial_records):
    vectors = [
        np.array([each.value for each in record.judged[0].select.value_vector])
        for record in trial_records
    ]
    expected = [not any(dominates(other, own) for other in vectors) for own in vectors]
    assert [point.on_front for point in summarised().points] == expected


def test_membership_is_decided_on_select_and_numbers_are_held_out(summarised, trial_records):
    first = trial_records[0]
    lucky = with_judged(first, select=with_efficacy(first.judged[0].select, 90.0))
    before, after = summarised(), summarised(trials=[lucky, *trial_records[1:]])
    assert after.points[0].value_vector == before.points[0].value_vector
    assert [point.on_front for point in after.points] != [p.on_front for p in before.points]


def test_a_policy_judged_at_many_preferences_is_a_point_for_each(summarised, trial_records):
    first, second = trial_records[:2]
    spec = dataclasses.replace(
        first.spec, preferences=first.spec.preferences + second.spec.preferences
    )
    many = dataclasses.replace(first, spec=spec, judged=first.judged + second.judged)
    points, apart = summarised(trials=[many]).points, summarised(trials=[first, second]).points
    assert [point.id for point in points] == [f"{spec.trial_id}-0", f"{spec.trial_id}-1"]
    assert {point.trial for point in points} == {spec.trial_id}
    for point, alone in zip(points, apart, strict=True):
        assert point.preference == alone.preference
        assert point.value_vector == alone.value_vector
        assert point.on_front == alone.on_front


def test_the_hypervolume_is_that_of_the_held_out_front_in_the_box(summarised, trial_records):
    summary = summarised(trials=trial_records[1:2])  # 21.2 of -20..100, 1.1 of 12..0
    assert summary.hypervolume == pytest.approx((41.2 / 120.0) * (10.9 / 12.0))


def test_a_comparator_is_dominated_beyond_95_percent_where_every_difference_is(
    summarised, trial_records
):
    clear, touching = Estimate(1.0, 0.1, 2.0), Estimate(1.0, 0.0, 2.0)
    paired = {"one": (clear, clear), "other": (clear, touching)}
    record = with_judged(trial_records[0], paired=paired)
    assert summarised(trials=[record]).points[0].dominates == ("one",)


def test_the_share_of_dominated_comparators_counts_points_on_the_front(summarised):
    front = [point.value_vector for point in summarised().points if point.on_front]
    beaten = [
        any(
            efficacy.value >= other[0].value and toxicity.value <= other[1].value
            for efficacy, toxicity in front
        )
        for other in (each.value_vector for each in summarised().comparators)
    ]
    assert summarised().comparators_dominated == sum(beaten) / 5


def test_points_beyond_the_reference_are_counted(summarised, trial_records):
    first = trial_records[0]
    poor = with_judged(first, held_out=with_efficacy(first.judged[0].held_out, -20.5))
    summary = summarised(trials=[poor])
    assert (summary.points_beyond_reference, summary.hypervolume) == (1, 0.0)


def test_failed_trials_are_listed_with_their_error(summarised, trial_records, failed_record):
    (failed,) = summarised(trials=[*trial_records, failed_record]).failed_trials
    assert (failed.label, failed.error) == ("PPO w=(0, 1) s2", "weights are not finite")


def test_a_front_without_a_finished_trial_is_refused(summarised, failed_record):
    with pytest.raises(FrontError, match="needs a finished trial"):
        summarised(trials=[failed_record])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"environment": "other/Env-v0"}, "share environment and objectives"),
        ({"objectives": ("toxicity", "efficacy")}, "share environment and objectives"),
        ({"cohorts": {"seed": 1}}, "share patients"),
        ({"environment_options": {"cycles": 4}}, "share patients"),
    ],
)
def test_trials_that_cannot_be_compared_are_refused(summarised, trial_records, change, message):
    spec = dataclasses.replace(trial_records[1].spec, **change)
    other = dataclasses.replace(trial_records[1], spec=spec)
    with pytest.raises(FrontError, match=message):
        summarised(trials=[trial_records[0], other])


def test_comparators_of_another_cohort_are_refused(summarised, comparator_records):
    fewer = dataclasses.replace(comparator_records[0].held_out, patients=10)
    with pytest.raises(FrontError, match=r"\[10, 2000\]"):
        summarised(comparators=[dataclasses.replace(comparator_records[0], held_out=fewer)])


def test_a_written_front_is_read_back_equal(tmp_path, front_summary):
    folder = RunFolder(tmp_path)
    write_front(folder, front_summary)
    assert read_front(folder.front_json) == front_summary


def test_front_json_names_the_objective_beside_each_value(tmp_path, front_summary):
    folder = RunFolder(tmp_path)
    write_front(folder, front_summary)
    stored = json.loads(folder.front_json.read_text())
    assert stored["schema_version"] == 3
    environment = {"id": "posology/DocetaxelCisplatin-v0", "version": "1", "options": {}}
    assert stored["environment"] == environment
    assert stored["cohorts"] == {"seed": 2026, "select": 500, "held_out": 2000}
    figures = {"front", "low", "high", "comparators", "per_seed", "by_algorithm"}
    assert set(stored["hypervolume"]) == figures
    names = [each["objective"] for each in stored["points"][0]["value_vector"]]
    assert names == ["efficacy", "toxicity"]


def test_the_table_has_a_row_for_each_trial_and_comparator(tmp_path, front_summary):
    folder = RunFolder(tmp_path)
    write_front(folder, front_summary)
    with folder.table_csv.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["trial"] * 10 + ["comparator"] * 5
    for row, point in zip(rows, (*front_summary.points, *front_summary.comparators), strict=True):
        assert row["id"] == point.id
        assert float(row["toxicity_high"]) == point.value_vector[1].high
        assert float(row["objective_response"]) == point.endpoints["objective_response"].value
    assert (rows[1]["weights"], rows[1]["preference"]) == ("0.25 0.75", "w=(0.25, 0.75)")
    assert rows[-1]["weights"] == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "is not a front"),
        (b'{"points": [', "is not a front"),
        (b"[]", "is not a front"),
        (b"{}", "'schema_version'"),
        (b'{"schema_version": 1}', "must have schema_version 3; found 1"),
        (b'{"schema_version": NaN}', "NaN is not a number"),
        (b'{"schema_version": 3}', "is damaged: KeyError: 'run'"),
    ],
)
def test_a_file_that_is_no_front_is_refused_with_its_reason(tmp_path, content, message):
    path = tmp_path / "front.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FrontError, match=message):
        read_front(path)


def test_a_front_that_is_not_finite_is_not_written(tmp_path, front_summary):
    broken = dataclasses.replace(front_summary, hypervolume=math.nan)
    with pytest.raises(ValueError, match="JSON compliant"):
        write_front(RunFolder(tmp_path), broken)
    assert list(tmp_path.iterdir()) == []
