"""The week's steps: they fill it, are short where something is switched, and fit infusions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.library import regimen_names
from posology.pharmacology import FREE, GIVEN, LINGERING, WEEK, Schedule, schedule
from posology.treatment import Regimen

SHORTEST = 0.0625


def hours_of(plan: Schedule, week: int) -> np.ndarray:
    levels = plan.levels[plan.first[week] : plan.first[week + 1]]
    return SHORTEST * 2.0**levels


@pytest.mark.parametrize("name", regimen_names())
def test_steps_fill_every_week_and_infusions_their_hours(name: str) -> None:
    regimen = Regimen.labelled(name)
    plan = regimen.schedule()
    assert plan.first.size == GIVEN + len(regimen.dose_weeks) + 1
    for week in range(plan.first.size - 1):
        assert hours_of(plan, week).sum() == WEEK
    for k, week in enumerate(regimen.dose_weeks, start=GIVEN):
        running = plan.running[plan.first[k] : plan.first[k + 1]]
        ran = (running * hours_of(plan, k)[:, None]).sum(axis=0)
        given = np.array([each.doses_in_week(week) > 0 for each in regimen.components])
        assert ran[given] == pytest.approx(plan.hours[k][given])
        assert (ran[~given] == 0.0).all()


def test_nothing_runs_in_a_week_without_doses_and_steps_are_long() -> None:
    plan = schedule([[[(0.0, 1.0)]]], agents=1)
    for week, longest in ((LINGERING, 4.0), (FREE, 8.0)):
        assert (plan.running[plan.first[week] : plan.first[week + 1]] == 0.0).all()
        assert (hours_of(plan, week) == longest).all()


@given(st.integers(0, 2400), st.integers(1, 200))
def test_steps_are_short_after_an_infusion_begins_and_after_it_ends(
    start: int, length: int
) -> None:
    begins, ends = SHORTEST * start, SHORTEST * (start + length)
    plan = schedule([[[(begins, ends)]]], agents=1)
    hours = hours_of(plan, GIVEN)
    edges = np.concatenate([[0.0], np.cumsum(hours)])
    assert edges[-1] == WEEK
    for moment in (begins, ends):
        where = np.flatnonzero(edges == moment)
        assert where.size == 1
        assert hours[where[0]] == SHORTEST


def test_an_infusion_that_follows_another_at_once_is_one() -> None:
    days = [(24.0 * day, 24.0 * (day + 1)) for day in range(7)]
    one, seven = (schedule([[windows]], agents=1) for windows in ([(0.0, WEEK)], days))
    np.testing.assert_array_equal(one.levels, seven.levels)
    np.testing.assert_array_equal(one.hours, seven.hours)


def test_substeps_are_short_only_near_an_agents_own_infusion() -> None:
    plan = schedule([[[(0.0, 0.125)], [(48.0, 50.0)]]], agents=2)
    part = slice(plan.first[GIVEN], plan.first[GIVEN + 1])
    hours = hours_of(plan, GIVEN)
    before = np.cumsum(hours) - hours
    substeps = plan.substeps[part]
    assert (hours / substeps[:, 0])[0] <= 1.0 / 192.0
    assert (substeps[before >= 48.0, 0] == 1).all()
    assert substeps[before == 48.0, 1] == 12
    assert (plan.substeps[plan.first[LINGERING] : plan.first[LINGERING + 1]] == 1).all()


@pytest.mark.parametrize(
    "window", [(0.1, 1.0), (0.03, 1.0), (1.0, 1.0), (167.0, 169.0), (-1.0, 1.0)]
)
def test_an_infusion_that_does_not_fit_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"does not fit: it must begin and end on a multiple of"):
        schedule([[[window]]], agents=1)
