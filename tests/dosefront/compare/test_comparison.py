import dataclasses
import json

import numpy as np
import pytest

from dosefront.compare import compare_fronts, parse_objective, read_sides
from dosefront.errors import FrontError
from dosefront.front import (
    hypervolume,
    interquartile_mean_difference,
    nondominated,
    normalise,
)
from dosefront.records import read_front


def compared(*texts, objectives=()):
    return compare_fronts(read_sides([str(text) for text in texts], objectives))


def test_hypervolumes_per_seed_are_those_that_front_json_tells(run):
    comparison = compared(f"{run}:PPO", f"{run}:DQN")
    summary = read_front(run / "front.json")
    for reached, told in zip(
        comparison.reached, reversed(summary.hypervolume_by_algorithm), strict=True
    ):
        assert reached.label == f"sweep:{told.algorithm}"
        assert reached.hypervolume == pytest.approx(told.interquartile_mean)
        assert (reached.over_seeds.low, reached.over_seeds.high) == (told.low, told.high)


def test_the_difference_over_seeds_is_that_of_the_seeds_hypervolumes(run):
    (difference,) = compared(f"{run}:PPO", f"{run}:DQN").differences
    seeds = read_front(run / "front.json").hypervolume_per_seed
    ours, theirs = (
        np.array([each.value for each in seeds if each.algorithm == name])
        for name in ("PPO", "DQN")
    )
    assert difference.over_seeds == interquartile_mean_difference(ours, theirs)
    assert difference.value == pytest.approx(ours.mean() - theirs.mean())


def test_the_same_patients_are_paired_and_what_they_share_cancels(run):
    (difference,) = compared(f"{run}:PPO:1", f"{run}:DQN:1").differences
    assert difference.is_paired
    assert difference.over_seeds is None
    assert difference.over_patients.value == pytest.approx(difference.value)
    ours, theirs = (each.over_patients for each in compared(f"{run}:PPO:1", f"{run}:DQN:1").reached)
    apart = np.hypot(ours.high - ours.low, theirs.high - theirs.low)
    assert difference.over_patients.high - difference.over_patients.low < 0.5 * apart


def test_the_paired_interval_agrees_with_resampling_patients(run, objectives):
    first, second = read_sides([f"{run}:PPO", f"{run}:DQN:2"])
    (difference,) = compare_fronts([first, second]).differences
    rng = np.random.default_rng(3)
    found = []
    for _ in range(500):
        drawn = rng.integers(200, size=200)
        volumes = [
            [hypervolume(each.returns[:, drawn].mean(axis=1), objectives) for each in side.fronts]
            for side in (first, second)
        ]
        found.append(np.mean(volumes[0]) - np.mean(volumes[1]))
    width = difference.over_patients.high - difference.over_patients.low
    assert width == pytest.approx(3.92 * np.std(found), rel=0.15)


def test_other_options_of_the_environment_are_told_and_not_paired(run):
    first, second = read_sides([f"{run}:PPO:1", f"{run}:DQN:1"])
    comparison = compare_fronts([first, dataclasses.replace(second, patients="others")])
    (difference,) = comparison.differences
    assert not difference.is_paired
    assert "not paired" in comparison.notes[0]
    paired = compare_fronts([first, second]).differences[0].over_patients
    assert difference.over_patients.high - difference.over_patients.low > 2.0 * (
        paired.high - paired.low
    )


def test_a_run_is_its_algorithms_together_for_each_seed(run, objectives):
    whole, ppo = read_sides([str(run), f"{run}:PPO"])
    points = read_front(run / "front.json").points
    for front in whole.fronts:
        select = np.array([each.select_vector for each in points if each.seed == front.seed])
        select[:, 1] *= -1.0
        assert len(front.values) == nondominated(select).sum()
    assert [each.seed for each in whole.fronts] == [each.seed for each in ppo.fronts] == [1, 2, 3]


def test_a_preference_gets_the_point_that_it_would_choose_on_select(run, objectives):
    sides = read_sides([f"{run}:PPO:1", f"{run}:PPO:2"])
    comparison = compare_fronts(sides)
    for preference in comparison.preferences:
        for side, utility in zip(sides, preference.utilities, strict=True):
            (front,) = side.fronts
            weighed = normalise(front.chosen_by, objectives) @ np.array(preference.weights)
            own = normalise(front.values, objectives)[np.argmax(weighed)]
            assert utility == pytest.approx(float(own @ np.array(preference.weights)))


def test_missing_patients_leave_seeds_to_tell_and_name_the_file(make_run, tmp_path):
    path = make_run(tmp_path / "lost")
    lost = next((path / "trials").glob("*/held-out.npz"))
    lost.unlink()
    comparison = compared(f"{path}:PPO", f"{path}:DQN")
    assert any(str(lost) in note for note in comparison.notes)
    assert None in [each.over_patients for each in comparison.reached]
    assert comparison.differences[0].over_patients is None
    assert comparison.differences[0].over_seeds is not None


def test_another_version_of_the_environment_is_refused_and_both_named(run, make_run, tmp_path):
    other = make_run(tmp_path / "older", seeds=(1,), version="0")
    with pytest.raises(FrontError, match=r"sweep is of .*version 1.*older of .*version 0"):
        compared(run, other)


def test_another_reference_box_is_refused_and_both_named(run, make_run, tmp_path, objectives):
    box = (objectives[0], dataclasses.replace(objectives[1], reference=9.0))
    other = make_run(tmp_path / "narrow", seeds=(1,), box=box)
    with pytest.raises(FrontError, match=r"sweep has .*from 12 to 0.*narrow has .*from 9 to 0"):
        compared(run, other)


def test_three_objectives_and_points_beyond_the_reference(tmp_path):
    names = ("response", "toxicity", "cost")
    box = [parse_objective(f"{name}:minimise:10:0") for name in names]
    inside = [dict.fromkeys(names, 5.0)]
    beyond = [{**dict.fromkeys(names, 1.0), "cost": 11.0}]
    (tmp_path / "a.json").write_text(json.dumps(inside))
    (tmp_path / "b.json").write_text(json.dumps({"points": beyond}))
    comparison = compared(tmp_path / "a.json", tmp_path / "b.json", objectives=box)
    assert [each.hypervolume for each in comparison.reached] == [0.125, 0.0]
    assert [each.points_beyond_reference for each in comparison.reached] == [0, 1]
    (difference,) = comparison.differences
    assert (difference.value, difference.over_seeds, difference.over_patients) == (
        0.125,
        None,
        None,
    )
