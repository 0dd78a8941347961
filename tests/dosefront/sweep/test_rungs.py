"""The council asks each trial at a rung once, against those that came before it."""

import pytest

from dosefront.experiment import SchedulerSection
from dosefront.front import Objective
from dosefront.records import TrialRecord
from dosefront.sweep.rungs import Council

SCHEDULER = SchedulerSection(name="front-asha", reduction=2, grace=1000, distance=1.0)


@pytest.fixture
def council(objectives: tuple[Objective, ...]) -> Council:
    return Council(SCHEDULER, objectives)


def test_the_worse_of_two_stops_at_its_first_rung(
    council: Council, trial_records: tuple[TrialRecord, ...]
) -> None:
    first, second, third = (each.spec.to_mapping() for each in trial_records[:3])
    assert not council.stops(first, 999, (90.0, -1.0))
    assert not council.stops(first, 1200, (50.0, -2.0))
    assert council.stops(second, 1700, (40.0, -3.0))
    assert not council.stops(third, 1500, (60.0, -1.0))


def test_a_trial_between_rungs_is_left_alone(
    council: Council, trial_records: tuple[TrialRecord, ...]
) -> None:
    first, second = (each.spec.to_mapping() for each in trial_records[:2])
    assert not council.stops(first, 1000, (50.0, -2.0))
    assert council.stops(second, 1000, (40.0, -3.0))
    assert not council.stops(second, 1999, (40.0, -3.0))
    assert not council.stops(second, 2000, (40.0, -3.0))  # alone at the next rung
