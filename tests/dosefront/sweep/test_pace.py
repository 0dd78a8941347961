"""What grows with a sweep is done at most so much of the time."""

import pytest

from dosefront.sweep.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("growth", [0.0001, 0.001])
def test_work_that_grows_with_each_trial_keeps_about_its_share_of_the_time(
    growth: float,
) -> None:
    clock, worked = Clock(), 0.0
    pace = Pace(0.05, clock=clock)
    for trial in range(5000):
        clock.now += 0.1
        if pace.is_due:
            with pace.timed():
                clock.now += growth * trial
            worked += growth * trial
    assert 0.02 < worked / clock.now < 0.06


def test_quick_work_waits_for_the_least_time_between() -> None:
    clock = Clock()
    pace = Pace(0.05, least=30.0, clock=clock)
    assert pace.is_due
    with pace.timed():
        clock.now += 0.1
    clock.now += 29.9
    assert not pace.is_due
    clock.now += 0.1
    assert pace.is_due
