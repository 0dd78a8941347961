"""Gap bisection on fronts whose hypervolume is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import AREAS, FRONTS, Simulation, experiment, points

from dosefront.search import find_verified_gaps, search_for

GAP = {"preferences": "gap", "budget": {"trials": 100}}
BY_LIMITS = {
    "search": {**GAP, "targets": "epsilon"},
    "algorithms": [{"name": "VectorPPO", "steps": 1000}],
}
FAMILIES = {"chebyshev": {"search": GAP}, "epsilon": BY_LIMITS}


def weights(ended):
    return [record.spec.preferences[0] for record in ended]


def test_it_begins_with_each_objective_alone_and_then_bisects():
    """On a quarter circle: the middle, both halves, then the quarters."""
    ended = Simulation(FRONTS["convex"]).run(experiment(search=GAP), most=9)
    assert weights(ended)[:2] == [(0.0, 1.0), (1.0, 0.0)]
    angles = [float(np.degrees(np.arctan2(x, y))) for x, y in points(ended)]
    assert angles[2] == pytest.approx(45.0, abs=1.0)
    for known in (3, 5):  # points, between each two of which one is asked
        border = sorted(angles[:known])
        new = sorted(angles[known : 2 * known - 1])
        assert all(
            low < angle < high for (low, high), angle in zip(pairwise(border), new, strict=True)
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_each_trial_lands_in_the_gap_that_was_the_largest(family, shape):
    ended = Simulation(FRONTS[shape]).run(experiment(**FAMILIES[family]), most=16)
    found = points(ended)
    for number in range(2, 16):
        front = sorted(found[:number])
        boxes = [(b[0] - a[0]) * (a[1] - b[1]) for a, b in pairwise(front)]
        left, right = list(pairwise(front))[int(np.argmax(boxes))]
        x, y = found[number]
        assert left[0] < x < right[0]
        assert right[1] < y < left[1]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_covers_what_linear_weights_cannot(family, shape):
    """Shares of the exact hypervolume after 6, 12 and 24 trials; a lattice of linear weights
    reaches nothing of the concave front, and stops at the tangent point of the S-shaped one."""
    simulation = Simulation(FRONTS[shape])
    ended = simulation.run(experiment(**FAMILIES[family]), most=24)
    shares = [simulation.share(ended[:count]) / AREAS[shape] for count in (6, 12, 24)]
    least = {
        "convex": (0.86, 0.94, 0.97),
        "concave": (0.69, 0.85, 0.91),
        "s-shaped": (0.77, 0.90, 0.95),
    }
    assert all(share > bound for share, bound in zip(shares, least[shape], strict=True))
    linear = [
        simulation.share(simulation.run(experiment(weights={"lattice": count}))) / AREAS[shape]
        for count in (6, 12, 24)
    ]
    assert all(share > other for share, other in zip(shares, linear, strict=True))
    # The tangent from (1, 0) touches 1 - 3x^2 + 2x^3 at 1/4: 1 - 6x + 9x^2 - 4x^3 = 0.
    reach = {"convex": 1.0, "concave": 0.0, "s-shaped": (1 / 4 - 1 / 64 + 1 / 512) / 0.5}
    assert linear[-1] <= reach[shape] + 1e-3


def test_concurrent_asks_aim_at_different_gaps():
    simulation, search = Simulation(FRONTS["convex"]), search_for(experiment(search=GAP))
    ended = simulation.run(search, most=5)
    pending = []
    for _ in range(4):
        pending.append(search.next(ended, pending))
    landed = sorted(points([simulation.train(each) for each in pending]))
    front = sorted(points(ended))
    gaps = [sum(left[0] < x < right[0] for x, _ in landed) for left, right in pairwise(front)]
    assert gaps == [1, 1, 1, 1]


def test_asked_for_many_at_once_it_covers_as_much(shape):
    """Eight at once against one at a time, after 26 trials."""
    simulation = Simulation(FRONTS[shape])
    one, eight = (
        simulation.share(simulation.run(experiment(search=GAP), most=26, at_once=count))
        for count in (1, 8)
    )
    assert eight > 0.95 * one


@pytest.mark.parametrize("family", FAMILIES)
def test_a_gap_that_two_targets_could_not_fill_is_believed(family):
    """A front of three points has two gaps: each is asked twice, and then no more."""
    simulation = Simulation(np.array([[0.0, 1.0], [0.3, 0.7], [1.0, 0.0]]))
    spec = experiment(**FAMILIES[family])
    ended = simulation.run(spec)
    assert len(ended) == 2 + 1 + 2 * 2
    assert {*points(ended)} == {(0.0, 1.0), (0.3, 0.7), (1.0, 0.0)}
    first, second = find_verified_gaps(spec, ended)
    assert (first.algorithm, first.seed) == (spec.algorithms[0].name, 1)
    assert np.allclose([first.left, first.right], [[0.0, 0.0], [0.3, 3.0]])  # y is 10 (1 - share)
    assert np.allclose([second.left, second.right], [[0.3, 3.0], [1.0, 10.0]])
    assert search_for(spec).next(ended, ()) is None
    assert find_verified_gaps(spec, ended[:4]) == ()


@given(seed=st.integers(0, 10_000), count=st.integers(2, 7))
@settings(max_examples=12, deadline=None)
def test_every_point_of_a_front_of_few_points_is_found(seed, count):
    generator = np.random.default_rng(seed)
    x = np.sort(generator.choice(50, size=count, replace=False)) / 50
    y = np.sort(generator.choice(50, size=count, replace=False))[::-1] / 50
    front = np.column_stack([x, y])
    ended = Simulation(front).run(experiment(search=GAP), most=200)
    assert {tuple(np.round(each, 6)) for each in points(ended)} == {
        tuple(np.round(each, 6)) for each in front
    }
    assert len(ended) < 200


def test_a_failed_trial_is_not_asked_again_and_its_gap_is():
    simulation = Simulation(FRONTS["convex"])
    middle = simulation.run(experiment(search=GAP), most=3)[-1].spec
    simulation.fails = lambda spec: spec.trial_id == middle.trial_id
    ended = simulation.run(experiment(search=GAP), most=6)
    assert [record.status for record in ended] == ["finished"] * 2 + ["failed"] + ["finished"] * 3
    assert weights(ended)[3] != weights(ended)[2]


def test_without_one_end_of_the_front_it_asks_for_its_middle():
    simulation = Simulation(FRONTS["convex"], fails=lambda spec: spec.preferences[0][0] == 1.0)
    ended = simulation.run(experiment(search=GAP), most=4)
    assert weights(ended)[2] == (0.5, 0.5)
    assert ended[2].status == ended[3].status == "finished"


def test_a_search_whose_trials_all_fail_ends():
    simulation = Simulation(FRONTS["convex"], fails=lambda spec: True)
    assert len(simulation.run(experiment(search=GAP))) == 4


def test_what_lies_beyond_the_reference_is_worth_no_trial():
    """Half of the front has more than ten events: below 0 on the box's scale."""
    front = np.column_stack([np.linspace(0.0, 1.0, 2001), np.linspace(1.0, -1.0, 2001)])
    ended = Simulation(front).run(experiment(search=GAP), most=12)
    assert sum(y < 0.0 for _, y in points(ended)) <= 3
