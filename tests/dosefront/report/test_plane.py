"""The plane and the staircase of what a front attains."""

from dataclasses import replace

import numpy as np
import pytest

from dosefront.front import Objective
from dosefront.records import AlgorithmHypervolume, FrontSummary, SeedHypervolume
from dosefront.report import hypervolume_sentence
from dosefront.report.plane import attained_corners, box, plane_of, points_of


def test_the_plane_holds_every_interval(front_summary: FrontSummary) -> None:
    plane = plane_of(front_summary)
    for point in points_of(front_summary):
        left, bottom, right, top = box(point)
        assert plane.left < left <= right < plane.right
        assert plane.bottom < bottom <= top < plane.top


def test_the_staircase_turns_at_each_policy_of_the_front(front_summary: FrontSummary) -> None:
    plane = plane_of(front_summary)
    corners = attained_corners(front_summary.points, plane)
    # (toxicity, efficacy) of the front, the most toxic first, between which the stairs fall
    expected = [
        (plane.right, 44.3),
        (6.4, 44.3),
        (6.4, 41.0),
        (4.2, 41.0),
        (4.2, 33.4),
        (2.3, 33.4),
        (2.3, 21.2),
        (1.1, 21.2),
        (1.1, -8.1),
        (0.35, -8.1),
        (0.35, -9.6),
        (0.31, -9.6),
        (0.31, plane.bottom),
    ]
    np.testing.assert_allclose(corners, expected)


def test_a_policy_that_falls_behind_on_other_patients_is_under_the_staircase(
    front_summary: FrontSummary,
) -> None:
    plane = plane_of(front_summary)
    points = [replace(point, on_front=True) for point in front_summary.points]
    np.testing.assert_array_equal(
        attained_corners(points, plane), attained_corners(front_summary.points, plane)
    )


@pytest.mark.parametrize("sense", ["maximise", "minimise"])
def test_the_staircase_starts_at_the_worst_side(front_summary: FrontSummary, sense: str) -> None:
    reference, ideal = (0.0, 12.0) if sense == "maximise" else (12.0, 0.0)
    across = Objective("life", "months", sense, reference=reference, ideal=ideal)
    summary = replace(front_summary, objectives=(front_summary.objectives[0], across))
    plane = plane_of(summary)
    corners = attained_corners(summary.points, plane)
    assert corners[0, 0] == (plane.left if sense == "maximise" else plane.right)


def test_what_an_algorithm_reaches_with_a_seed_comes_before_all_together(
    front_summary: FrontSummary,
) -> None:
    summary = replace(
        front_summary,
        hypervolume=0.7,
        hypervolume_low=0.65,
        hypervolume_high=0.75,
        hypervolume_per_seed=tuple(SeedHypervolume("PPO", seed, 0.5) for seed in (1, 2)),
        hypervolume_by_algorithm=(AlgorithmHypervolume("PPO", 2, 0.5, 0.4, 0.6),),
        comparators_hypervolume=0.3,
    )
    assert hypervolume_sentence(summary) == (
        "hypervolume as a share of the reference box: PPO 0.500 [0.400, 0.600] (2 seeds); "
        "conventional care 0.300; all policies together 0.700 [0.650, 0.750]"
    )


def test_one_seed_has_the_interval_over_patients_and_says_so(front_summary: FrontSummary) -> None:
    summary = replace(
        front_summary,
        hypervolume_per_seed=(SeedHypervolume("PPO", 1, 0.5, 0.45, 0.56),),
        hypervolume_by_algorithm=(AlgorithmHypervolume("PPO", 1, 0.5, None, None),),
        comparators=(),
    )
    assert hypervolume_sentence(summary) == (
        "hypervolume as a share of the reference box: "
        "PPO 0.500 [0.450, 0.560] (1 seed, interval over patients)"
    )
    waiting = replace(summary, hypervolume_per_seed=(SeedHypervolume("PPO", 1, 0.5),))
    assert hypervolume_sentence(waiting).endswith("PPO 0.500 (1 seed)")
