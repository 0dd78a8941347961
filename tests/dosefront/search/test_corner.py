"""Corner weights find the convex coverage set, whole and no more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial import ConvexHull
from simulated import Simulation, experiment, points

from dosefront.search import search_for
from dosefront.search.corner import corner_weights

CORNER = {"search": {"preferences": "corner", "budget": {"trials": 200}}}


def cloud(seed, objectives, *, count=30):
    """Points on and within a sphere, on the box's scale."""
    generator = np.random.default_rng(seed)
    directions = np.abs(generator.normal(size=(count, objectives)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * generator.uniform(0.7, 1.0, size=(count, 1))


def coverage_set(values):
    """Vertices of the hull that are best for some weights: those of the cloud and its shadows,
    far down along each objective."""
    objectives = values.shape[1]
    far = [np.where(np.arange(objectives) == axis, -50.0, values) for axis in range(objectives)]
    hull = ConvexHull(np.concatenate([values, *far, np.full((1, objectives), -50.0)]))
    return {tuple(values[each].round(6)) for each in hull.vertices if each < len(values)}


def by_programming(values):
    """The same by a linear program for each point: weights at which it beats all others."""
    best = set()
    for number, value in enumerate(values):
        others = np.delete(values, number, axis=0)
        margins = np.column_stack([others - value, np.ones(len(others))])
        found = linprog(
            [*np.zeros(values.shape[1]), -1.0],
            A_ub=margins,
            b_ub=np.zeros(len(others)),
            A_eq=[[*np.ones(values.shape[1]), 0.0]],
            b_eq=[1.0],
            bounds=[*[(0.0, 1.0)] * values.shape[1], (None, None)],
        )
        if -found.fun > 1e-6:
            best.add(tuple(value.round(6)))
    return best


@pytest.mark.parametrize("objectives", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_they_find_every_vertex_of_the_convex_coverage_set(seed, objectives):
    values = cloud(seed, objectives)
    ended = Simulation(values).run(experiment(objectives, **CORNER))
    found = {tuple(np.round(each, 6)) for each in points(ended)}
    assert found == coverage_set(values) == by_programming(values)


@pytest.mark.parametrize("seed", range(3))
def test_two_objectives_take_a_trial_for_each_vertex_and_one_for_each_edge(seed):
    values = cloud(seed, 2)
    ended = Simulation(values).run(experiment(2, **CORNER))
    assert len(ended) == 2 * len(coverage_set(values)) - 1


def test_each_trial_is_at_the_largest_possible_improvement():
    """Between (0, 1) and (1, 0), (0.9, 0.9) is found at (0.5, 0.5); the two corners that follow
    may both improve by as much, 0.1 of 1.1 on one side; then all is known."""
    ended = Simulation(np.array([[0.0, 1.0], [0.9, 0.9], [1.0, 0.0]])).run(experiment(2, **CORNER))
    weights = [each.spec.preferences[0] for each in ended]
    assert weights[:3] == [(0.0, 1.0), (1.0, 0.0), (0.5, 0.5)]
    assert {*weights[3:]} == {(0.1, 0.9), (0.9, 0.1)}


@given(seed=st.integers(0, 1000), objectives=st.integers(2, 4))
@settings(max_examples=25, deadline=None)
def test_at_a_corner_weight_as_many_points_tie_as_there_are_objectives(seed, objectives):
    """Points that are best there, and objectives that weigh nothing, together."""
    values = cloud(seed, objectives, count=8)
    for corner in corner_weights(values):
        assert np.isclose(corner.sum(), 1.0)
        sums = values @ corner
        ties = np.isclose(sums, sums.max(), atol=1e-7).sum() + np.isclose(corner, 0.0).sum()
        assert ties >= objectives


def test_pending_corners_are_not_asked_again_and_open_others():
    simulation, search = Simulation(cloud(0, 2)), search_for(experiment(2, **CORNER))
    ended = simulation.run(search, most=3)
    pending = [search.next(ended, ())]
    pending.append(search.next(ended, pending))
    assert pending[0].preferences != pending[1].preferences
