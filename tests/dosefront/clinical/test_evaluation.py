"""Policies tried again: the same patients, the same noise, and nothing chosen anew."""

import dataclasses
import json

import numpy as np
import pytest

from dosefront.clinical import (
    AS_TRAINED,
    Evaluation,
    Patients,
    Shift,
    choices,
    chosen_patients,
    evaluate,
    shared_spec,
    shift,
)
from dosefront.clinical.evaluation import comparator_arms, policy_arms, treat
from dosefront.errors import UsageError
from dosefront.evaluate import Archive
from dosefront.front import paired_difference
from dosefront.report.evaluation import (
    evaluation_csv,
    evaluation_sheet,
    shift_csv,
    shift_sheet,
    worst_lines,
)


@pytest.fixture(scope="module")
def held_out(archive: Archive) -> Evaluation:
    patients = chosen_patients(shared_spec(archive), cohort="held-out")
    return evaluate(archive, patients, points=archive.summary.points)


@pytest.fixture(scope="module")
def shifted(archive: Archive) -> Shift:
    return shift(archive, points=archive.summary.points[:1], number=30)


def test_the_held_out_patients_give_the_numbers_of_the_front_to_the_last_bit(
    archive: Archive, held_out: Evaluation
) -> None:
    shown = {each.id: each for each in (*archive.summary.points, *archive.summary.comparators)}
    assert [each.arm.id for each in held_out.arms] == list(shown)
    for treated in held_out.arms:
        assert held_out.value_vector(treated) == shown[treated.arm.id].value_vector
        assert treated.results.outcome().endpoints == shown[treated.arm.id].endpoints


def test_a_policy_meets_the_same_patients_whoever_is_tried_beside_it(
    archive: Archive, held_out: Evaluation
) -> None:
    spec, last = shared_spec(archive), archive.summary.points[-1]
    (arm,) = policy_arms(archive, [last])
    alone = treat(arm, chosen_patients(spec, cohort="held-out", number=30), spec=spec)
    together = next(each for each in held_out.arms if each.arm.id == last.id).results
    assert (alone.returns == together.returns[:30]).all()
    assert (alone.returns - together.returns[:30]).mean() == 0.0


def test_a_member_of_a_group_fares_as_in_the_whole_cohort(archive: Archive) -> None:
    spec = shared_spec(archive)
    (arm,) = policy_arms(archive, archive.summary.points[:1])
    older = chosen_patients(spec, number=20, subgroup="age_65_or_over")
    everybody = chosen_patients(spec, number=older.options["patients"])
    of_group, of_all = (treat(arm, each, spec=spec) for each in (older, everybody))
    assert (of_group.returns == of_all.returns[older.chosen]).all()
    for name, values in of_group.endpoints.items():
        assert (values == of_all.endpoints[name][older.chosen]).all()


def test_the_usual_care_is_the_first_comparator_and_differs_in_nothing_from_itself(
    held_out: Evaluation,
) -> None:
    usual = held_out.usual
    assert usual.arm.id == "label-with-rules"
    assert [each.value for each in held_out.differences(usual)] == [0.0, 0.0]
    other = held_out.arms[0]
    found = held_out.differences(other)
    gained = paired_difference(other.results.returns[:, 0], usual.results.returns[:, 0])
    suffered = (usual.results.returns - other.results.returns)[:, 1].mean()  # events, a count
    assert found[0] == gained
    assert found[1].value == pytest.approx(suffered)


def test_a_scenario_changes_what_happens_to_the_same_patients(archive: Archive) -> None:
    spec = shared_spec(archive)
    usual = chosen_patients(spec, number=30)
    blind = chosen_patients(spec, number=30, scenario={"missing_labs": 1.0})
    first, second = (
        treat(comparator_arms(patients)[0], patients, spec=spec) for patients in (usual, blind)
    )
    assert (usual.chosen == blind.chosen).all()
    assert (first.returns != second.returns).any()


def test_another_version_of_the_environment_is_refused(archive: Archive) -> None:
    other = dataclasses.replace(archive.summary, environment_version="0")
    with pytest.raises(UsageError, match="installed is version"):
        shared_spec(dataclasses.replace(archive, summary=other))


def test_a_drop_is_worse_whatever_the_measure(shifted: Shift, archive: Archive) -> None:
    rows = {(row.arm, row.patients): row for row in shifted.rows}
    ours = archive.summary.points[0].id
    for group in shifted.cohorts:
        row, trained = rows[ours, group], rows[ours, AS_TRAINED]
        for measure, each, before in zip(
            shifted.measures, row.measures, trained.measures, strict=True
        ):
            if group == AS_TRAINED:
                assert each.drop is None
                continue
            sign = -1.0 if measure.is_harm else 1.0
            assert each.drop.value == pytest.approx(sign * (before.value.value - each.value.value))
            assert each.gain_lost.value == pytest.approx(before.gain.value - each.gain.value)


def test_the_worst_group_is_the_one_with_the_largest_drop(shifted: Shift) -> None:
    arm = shifted.rows[0].arm
    drops = {
        row.patients: row.measures[-1].drop.value
        for row in shifted.rows
        if row.arm == arm and row.patients != AS_TRAINED
    }
    assert shifted.worst(arm)["toxicity"] == max(drops, key=drops.get)


def test_every_kind_of_patients_is_as_it_is_called(shifted: Shift) -> None:
    assert list(shifted.cohorts) == [
        AS_TRAINED,
        "age_75_or_over",
        "renal_mildly_impaired",
        "DPYD_deficient",
        "ancestry:EAS",
        "ancestry:AFR",
    ]
    for name, patients in shifted.cohorts.items():
        assert len(patients) == 30
        if name != AS_TRAINED:
            assert patients.subgroups[name].all()


def test_tables_and_files_hold_what_was_found(held_out: Evaluation, shifted: Shift) -> None:
    sheet = evaluation_sheet(held_out)
    assert len(sheet.rows) == len(held_out.arms)
    assert len(evaluation_csv(held_out).splitlines()) == len(held_out.arms) + 1
    rows = len(shifted.rows) * len(shifted.measures)
    assert len(shift_csv(shifted).splitlines()) == rows + 1
    assert len(shift_sheet(shifted).rows) == len(shifted.rows)
    assert all("drops most in" in line for line in worst_lines(shifted))
    json.dumps([held_out.to_mapping(), shifted.to_mapping()], allow_nan=False)


def test_the_patients_of_an_evaluation_can_be_found_again(held_out: Evaluation) -> None:
    patients: Patients = held_out.patients
    stored = held_out.to_mapping()["patients"]
    assert stored["cohort_seed"] == 5
    assert stored["number"] == len(patients) == 120
    assert stored["subgroups"]["female"] == int(np.sum(patients.subgroups["female"]))


def test_an_environment_that_tells_little_is_evaluated_and_says_what_it_lacks(
    strange_archive: Archive,
) -> None:
    spec, points = shared_spec(strange_archive), strange_archive.summary.points
    found = evaluate(strange_archive, chosen_patients(spec, cohort="held-out"), points=points)
    assert found.value_vector(found.arms[0]) == points[0].value_vector
    assert found.usual is None
    assert found.differences(found.arms[0]) == ()
    json.dumps(found.to_mapping())
    assert len(evaluation_sheet(found).rows) == 1
    with pytest.raises(UsageError, match="tells no groups"):
        shift(strange_archive, points=points)
    with pytest.raises(UsageError, match="tells no groups"):
        chosen_patients(spec, subgroup="female")
    with pytest.raises(UsageError, match=r"has no comparators.*dosefront evaluate"):
        choices(strange_archive)
