"""Trials are stopped by the rank of their value vectors among their neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import experiment, unit_box, vectors

from dosefront.experiment import SchedulerSection
from dosefront.search import Reached, rungs, stops

SCHEDULER = SchedulerSection(name="front-asha", reduction=2, grace=1000, distance=0.1)
EXPERIMENT = experiment(weights={"lattice": 2})


def reached(values, weight=0.5, *, seed=1, scalarization=None):
    """A trial with that weight on the first objective, at a point on the box's scale."""
    spec = EXPERIMENT.trial(
        EXPERIMENT.algorithms[0],
        scalarization or {"name": "linear"},
        preferences=((weight, 1.0 - weight),),
        seed=seed,
    )
    return Reached(spec, tuple(vectors(np.array([values]))[0].tolist()))


def is_stopped(trial, others, scheduler=SCHEDULER):
    return stops(trial, others, scheduler=scheduler, objectives=unit_box(2))


def test_rungs_grow_by_the_reduction_and_end_before_the_last_step():
    assert rungs(SCHEDULER, 8000) == (1000, 2000, 4000)
    assert rungs(SCHEDULER, 1000) == ()


def test_the_first_to_come_goes_on():
    assert not is_stopped(reached((0.1, 0.1)), [])


def test_a_dominated_trial_stops_and_the_one_that_dominates_it_goes_on():
    good, poor = reached((0.6, 0.6)), reached((0.5, 0.5))
    assert is_stopped(poor, [good])
    assert not is_stopped(good, [poor])


def test_a_slow_start_at_another_end_of_the_front_stops_nobody():
    """The low-toxicity policy has learned little; every other dominates it, none is its equal."""
    slow = reached((0.05, 0.4), 0.05)
    fast = [reached((0.9 - 0.01 * n, 0.5), 0.5 + 0.1 * n) for n in range(5)]
    assert not is_stopped(slow, fast)
    assert is_stopped(slow, [*fast, reached((0.1, 0.45), 0.1)])


def test_ties_of_rank_go_to_the_larger_contribution():
    """Alone, (0.5, 0.5) adds 0.25 - 0.05 - 0.05 + 0.01 above the others; they add 0.04 each."""
    middle, left, right = reached((0.5, 0.5)), reached((0.1, 0.9)), reached((0.9, 0.1))
    assert not is_stopped(middle, [left, right])
    four = SCHEDULER.model_copy(update={"reduction": 4})
    assert is_stopped(left, [middle, right], four)
    assert not is_stopped(middle, [left, right], four)


@pytest.mark.parametrize(
    "other",
    [
        reached((0.9, 0.9), seed=2),
        reached((0.9, 0.9), 0.61),
        reached((0.9, 0.9), scalarization={"name": "chebyshev", "rho": 0.01}),
    ],
    ids=["another seed", "another preference", "another scalarization"],
)
def test_others_are_no_rivals(other):
    assert not is_stopped(reached((0.1, 0.1)), [other])


def test_limits_are_near_by_their_share_of_the_reference_box():
    """The box of y is ten events wide: one event is a tenth of it."""

    def limited(values, limit):
        bound = {"name": "epsilon-constraint", "maximise": "x", "limits": {"y": limit}}
        return reached(values, 1.0, scalarization=bound)

    assert is_stopped(limited((0.1, 0.1), 5.0), [limited((0.9, 0.9), 5.9)])
    assert not is_stopped(limited((0.1, 0.1), 5.0), [limited((0.9, 0.9), 6.1)])


def test_without_a_finished_course_nothing_is_known_and_nothing_stops():
    assert not is_stopped(reached((np.nan, np.nan)), [reached((0.5, 0.5))])
    assert not is_stopped(reached((0.1, 0.1)), [reached((np.nan, np.nan))])


@given(
    st.lists(
        st.tuples(st.floats(0.01, 1.0), st.floats(0.01, 1.0)), min_size=1, max_size=9, unique=True
    ),
    st.integers(2, 4),
)
def test_one_in_so_many_goes_on_at_least_and_the_nondominated_before_the_dominated(
    values, reduction
):
    scheduler = SCHEDULER.model_copy(update={"reduction": reduction})
    trials = [reached(each) for each in values]
    goes_on = [
        not is_stopped(each, trials[:n] + trials[n + 1 :], scheduler)
        for n, each in enumerate(trials)
    ]
    assert sum(goes_on) >= -(-len(trials) // reduction)
    for stopped, value in zip(goes_on, values, strict=True):
        if not stopped:
            dominated = [
                all(v >= o for v, o in zip(value, other, strict=True)) and value != other
                for other in values
            ]
            kept = [other for other, on in zip(values, goes_on, strict=True) if on]
            assert not any(
                is_worse and other in kept
                for is_worse, other in zip(dominated, values, strict=True)
            )
