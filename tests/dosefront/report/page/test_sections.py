"""What the sections tell of the made courses, against counts by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from page_run import DRUGS, PATIENTS

from dosefront.report.page import RunContents, page_sections
from dosefront.report.page.parallel import of_words
from dosefront.report.page.section import Columns

Rows = list[dict[str, Any]]


def rows_of(columns: Columns) -> Rows:
    lists: Sequence[Sequence[Any]] = list(columns.values())
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


@pytest.fixture(scope="module")
def of_arms(run: RunContents) -> Mapping[str, Mapping[str, Columns]]:
    return {name: data for section in page_sections(run) for name, data in section.of_arms.items()}


@pytest.fixture(scope="module")
def policy(run: RunContents) -> str:
    return run.arms.shown[0].id


@pytest.fixture(scope="module")
def label(run: RunContents) -> str:
    assert run.arms.reference is not None
    return run.arms.reference.id


def test_the_regimen_holds_the_dose_of_each_cycle_and_the_weeks_between(
    of_arms: Mapping[str, Mapping[str, Columns]], policy: str
) -> None:
    rows = rows_of(of_arms["regimen"][policy])
    of = {(row["panel"], row["cycle"]): row for row in rows}
    assert [of[DRUGS[0], cycle]["mean"] for cycle in (1, 2, 3, 4)] == [0.5] * 4
    assert [of[DRUGS[1], cycle]["mean"] for cycle in (1, 2, 3, 4)] == [1.0] * 4
    gap = "weeks since the cycle before"
    # Ten of forty wait a week for the third cycle, and so have one less to the fourth.
    assert [of[gap, cycle]["mean"] for cycle in (2, 3, 4)] == [3.0, 3.25, 2.75]
    assert of["patients who begin it", 4]["patients"] == PATIENTS


def test_progression_free_time_falls_at_deaths_and_progressions(
    of_arms: Mapping[str, Mapping[str, Columns]], policy: str
) -> None:
    rows = rows_of(of_arms["survival"][policy])
    assert [(row["week"], row["at_risk"]) for row in rows] == [
        (0, 40),
        (12, 40),
        (18, 36),
        (24, 10),
    ]
    assert [row["survival"] for row in rows] == pytest.approx([1.0, 36 / 40, 10 / 40, 10 / 40])
    (median,) = rows_of(of_arms["median"][policy])
    assert median["median"] == 18
    assert rows_of(of_arms["censored"][policy]) == [{"week": 24, "survival": pytest.approx(0.25)}]


def test_numbers_at_risk_stand_at_whole_months(
    of_arms: Mapping[str, Mapping[str, Columns]], policy: str
) -> None:
    rows = rows_of(of_arms["at_risk"][policy])
    assert [row["week"] for row in rows] == [0, 4, 8, 12, 16, 20, 24]
    assert [row["at_risk"] for row in rows] == [40, 40, 40, 40, 36, 10, 10]


def test_adverse_events_are_compared_in_points_on_the_same_patients(
    of_arms: Mapping[str, Mapping[str, Columns]], policy: str, label: str
) -> None:
    terms = {row["term"]: row for row in rows_of(of_arms["toxicity"][policy])}
    neutropenia = terms["neutropenia"]
    assert neutropenia["grade_4"] == 10 / 40
    assert neutropenia["difference"] == pytest.approx(100 * (10 - 20) / 40)
    assert neutropenia["difference_low"] < neutropenia["difference"] < 0
    assert terms["diarrhoea"]["grade_2"] == 8 / 40
    assert "heart failure" not in terms  # nobody had it
    assert all(row["difference"] == 0 for row in rows_of(of_arms["toxicity"][label]))


def test_the_waterfall_falls_from_the_worst_change_to_the_best_and_is_cut_above(
    of_arms: Mapping[str, Mapping[str, Columns]], policy: str
) -> None:
    rows = rows_of(of_arms["waterfall"][policy])
    changes = [row["change"] for row in rows]
    assert changes == sorted(changes, reverse=True)
    assert (changes[0], rows[0]["shown"]) == (pytest.approx(1.5), 1.0)
    assert (rows[0]["from"], rows[-1]["to"]) == (0.0, 1.0)
    (summary,) = rows_of(of_arms["changes"][policy])
    assert summary["patients"] == PATIENTS
    # The changes are evenly spaced from -0.9 to 1.5: the tenth of them is -0.346.
    assert summary["response"] == 10 / 40


def test_a_lane_of_the_swimmers_tells_what_was_given_held_and_why_it_ended(
    of_arms: Mapping[str, Mapping[str, Columns]], policy: str
) -> None:
    lanes = {row["patient"]: row for row in rows_of(of_arms["lanes"][policy])}
    dead = lanes[0]
    assert (dead["given"], dead["held"]) == (4, 1)
    assert (dead["progression"], dead["death"]) == (None, 12)
    assert dead["dose"] == pytest.approx(0.75)  # the mean of a half and of all
    held = [row for row in rows_of(of_arms["doses"][policy]) if row["share"] == 0]
    assert {row["week"] for row in held} == {6}


def test_groups_are_compared_where_there_are_patients_enough(
    of_arms: Mapping[str, Mapping[str, Columns]], policy: str, label: str
) -> None:
    rows = rows_of(of_arms["forest"][policy])
    adverse = {r["group"]: r for r in rows if r["endpoint"] == "serious adverse event"}
    assert set(adverse) == {"all patients", "age 65 or over"}  # three patients are too few
    assert adverse["all patients"]["difference"] == pytest.approx(-25.0)
    assert adverse["age 65 or over"]["label"] == "age 65 or over (20)"
    assert rows_of(of_arms["forest"][label]) == []


def test_words_stand_on_an_axis_in_the_order_in_which_they_come() -> None:
    axis = of_words("sampler", ["columns", "rows", "columns"])
    assert axis.places == (0.0, 1.0, 0.0)
    assert axis.ticks == ((0.0, "columns"), (1.0, "rows"))


def test_endpoints_stand_beside_those_of_conventional_care(
    run: RunContents, of_arms: Mapping[str, Mapping[str, Columns]], policy: str
) -> None:
    point = next(each for each in run.summary.points if each.id == policy)
    rows = {row["endpoint"]: row for row in rows_of(of_arms["endpoints"][policy])}
    toxicity = rows[run.summary.objectives[1].title]
    usual = run.summary.comparators[0].value_vector[1]
    assert toxicity["value"].startswith(f"{point.value_vector[1].value:.3g} [")
    assert toxicity["usual"] == f"{usual.value:.3g} [{usual.low:.3g}, {usual.high:.3g}]"
