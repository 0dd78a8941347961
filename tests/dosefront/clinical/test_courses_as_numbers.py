"""What the clinic reads of courses: events, doses, times and groups, on courses made by hand."""

from collections.abc import Callable

import numpy as np
import pytest

from dosefront.clinical import (
    compare_events,
    cycle_doses,
    dose_map,
    group_differences,
    mean_fractions,
    progression_free,
    spread_patients,
)
from dosefront.errors import FrontError
from dosefront.evaluate import CourseRecords
from posology.library import regimen_names

Make = Callable[..., CourseRecords]


def test_progression_or_death_ends_the_time_without_them(made_courses: Make) -> None:
    courses = made_courses(
        progression_week=[12, 0, 0, 18],
        death_week=[0, 5, 0, 20],
        weeks_followed=[15, 5, 26, 20],
    )
    weeks, has_event = progression_free(courses)
    assert weeks.tolist() == [12.0, 5.0, 26.0, 18.0]
    assert has_event.tolist() == [True, True, False, True]


def test_events_are_counted_by_worst_grade_and_compared_in_pairs(made_courses: Make) -> None:
    one = made_courses(worst_grades=[[3, 0, 0], [4, 0, 0], [1, 3, 0], [0, 0, 0]])
    two = made_courses(worst_grades=[[3, 0, 0], [0, 0, 0], [2, 0, 0], [0, 0, 0]])
    any_term, neutropenia, diarrhoea = compare_events(one, two)
    assert (any_term.term, neutropenia.term, diarrhoea.term) == (
        "any of these",
        "neutropenia",
        "diarrhoea",
    )  # and nobody had mucositis
    assert any_term.patients[0].tolist() == [1, 0, 0, 2, 1, 0]
    assert any_term.patients[1].tolist() == [2, 0, 1, 1, 0, 0]
    assert [rate.value for rate in any_term.rates] == [0.75, 0.25]
    assert any_term.difference.value == 0.5
    assert neutropenia.patients[0].tolist() == [1, 1, 0, 1, 1, 0]
    assert neutropenia.difference.value == 0.25
    assert any_term.difference.low < 0.5 < any_term.difference.high


def test_the_interval_of_a_difference_is_that_of_paired_patients(made_courses: Make) -> None:
    # 400 patients, of whom 100 have the event under one arm only, and 100 under both.
    serious = np.repeat([[3, 0], [3, 3], [0, 0]], [100, 100, 200], axis=0)
    one, two = (
        made_courses(400, worst_grades=np.column_stack([grades, np.zeros((400, 2))]))
        for grades in serious.T
    )
    difference = compare_events(one, two)[0].difference
    # McNemar: variance of the mean of 100 ones and 300 zeros
    half = 1.96 * np.sqrt(0.25 * 0.75 / 400)
    assert difference.value == 0.25
    assert difference.low == pytest.approx(0.25 - half, abs=0.006)
    assert difference.high == pytest.approx(0.25 + half, abs=0.006)


def test_arms_with_other_patients_are_not_compared(made_courses: Make) -> None:
    with pytest.raises(FrontError, match="on the same patients; got 4 and 5"):
        compare_events(made_courses(4), made_courses(5))


def test_a_cycles_dose_is_the_mean_of_those_who_began_it(made_courses: Make) -> None:
    fractions = np.zeros((3, 6, 2))
    fractions[0, [0, 3]] = [[1.0, 0.5], [0.8, 0.0]]
    fractions[1, 0] = [0.5, 0.5]
    fractions[2, 0] = [0.0, 0.2]
    cycle = np.zeros((3, 6))
    cycle[:, 0] = 1
    cycle[0, 3] = 2
    due = cycle > 0
    due[1, 3:] = True  # a cycle that was due and never began counts for nobody
    doses = cycle_doses(made_courses(3, fractions=fractions, cycle=cycle, due=due))
    assert doses.treated.tolist() == [3, 1]
    np.testing.assert_allclose(doses.fractions, [[0.5, 0.4], [0.8, 0.0]], rtol=1e-6)


def test_a_mean_dose_is_over_the_drugs_of_the_patients_own_regimen(made_courses: Make) -> None:
    names = ("docetaxel-cisplatin", "FOLFOXIRI")  # of two drugs, and of three
    regimen = [regimen_names().index(name) for name in names]
    found = mean_fractions(made_courses(2, 1, regimen=regimen, fractions=[[[1.0, 0.5]]] * 2))
    np.testing.assert_allclose(found, [[0.75], [0.5]])


def test_a_dose_left_out_within_a_cycle_halves_it(made_courses: Make) -> None:
    fractions = np.zeros((1, 6, 2))
    fractions[0, 0] = 1.0
    cycle = np.array([[1, 1, 0, 0, 0, 0]])  # given on days 1 and 8, the second held
    doses = cycle_doses(made_courses(1, fractions=fractions, cycle=cycle, due=cycle > 0))
    np.testing.assert_allclose(doses.fractions, [[0.5, 0.5]])


def test_the_dose_map_is_blank_where_few_were_seen(made_courses: Make) -> None:
    due = np.zeros((4, 6), bool)
    due[:, 0] = True
    fractions = np.zeros((4, 6, 2))
    fractions[:, 0, 0] = [1.0, 0.5, 0.25, 0.75]
    courses = made_courses(
        due=due,
        fractions=fractions,
        size=np.tile(np.array([[1.0], [0.9], [0.4], [0.4]]), 6),
        neutrophils=np.tile(np.array([[2.0], [2.0], [2.0], [0.5]]), 6),
    )
    found = dose_map(courses, sizes=(0.0, 0.5, 2.0), neutrophils=(0.0, 1.0, 9.0), least_visits=2)
    assert found.visits.tolist() == [[1, 0], [1, 2]]
    assert found.fractions[1, 1].tolist() == [0.75, 0.0]
    assert np.isnan(found.fractions[0]).all()
    assert np.isnan(found.fractions[1, 0]).all()


def test_patients_are_spread_over_the_ranks_and_equals_go_by_number() -> None:
    values = np.array([5, 5, 1, 9, 5])
    assert spread_patients(values, 3).tolist() == [2, 1, 3]
    assert spread_patients(values, 9).tolist() == [2, 0, 1, 4, 3]


def test_a_group_is_compared_among_its_own_patients() -> None:
    ours = np.repeat([1.0, 3.0], 50)
    theirs = np.zeros(100)
    groups = {"first": np.arange(100) < 50, "few": np.arange(100) < 19}
    everybody, first = group_differences(ours, theirs, groups)
    assert (everybody.group, everybody.patients) == ("all patients", 100)
    assert everybody.difference.value == 2.0
    assert (first.group, first.patients) == ("first", 50)
    assert (first.difference.value, first.difference.low, first.difference.high) == (1.0, 1.0, 1.0)
