"""Intervals over held-out patients, from the files that a run keeps of each policy."""

import dataclasses
import logging

import numpy as np
import pytest

from dosefront.errors import FrontError
from dosefront.front import hypervolume, nondominated
from dosefront.records import RunFolder, returns_of, seed_fronts, values_of, with_intervals


@pytest.fixture
def folder(tmp_path, front_summary, objectives):
    """A run whose patients' mean returns are those of the made sweep."""
    made = RunFolder(tmp_path / "run")
    made.create()
    patients = np.random.default_rng(1).normal(size=(400, 2))
    patients -= patients.mean(axis=0)
    for point, means in zip(
        front_summary.points, values_of(front_summary.points, objectives), strict=True
    ):
        own = np.random.default_rng(int(point.id, 16)).normal(size=(400, 2))
        returns = means + 5.0 * patients + own - own.mean(axis=0)
        made.trial(point.trial).mkdir()
        np.savez_compressed(made.held_out(point.trial, None), returns=returns)
    return made


def bootstrap(returns, seed):
    """Value vectors of resampled patients, drawn one resample after the other."""
    rng = np.random.default_rng(seed)
    patients = returns.shape[1]
    return [returns[:, rng.integers(patients, size=patients)].mean(axis=1) for _ in range(1000)]


def test_probabilities_agree_with_drawing_patients_one_resample_at_a_time(folder, front_summary):
    returns = returns_of(front_summary.points, folder)
    expected = np.mean([nondominated(values) for values in bootstrap(returns, 9)], axis=0)
    points = with_intervals(front_summary, folder).points
    found = [point.probability_nondominated for point in points]
    assert any(0.1 < share < 0.9 for share in found)
    assert found == pytest.approx(expected, abs=0.06)


def test_hypervolumes_have_the_spread_of_resampled_patients(folder, front_summary, objectives):
    summary = with_intervals(front_summary, folder)
    whole = [point for point in summary.points if point.on_front]
    groups = {
        (each.algorithm, each.seed): (each.low, each.high) for each in summary.hypervolume_per_seed
    }
    fronts = {"all": whole, **seed_fronts(summary.points, objectives)}
    for group, front in fronts.items():
        low, high = groups.get(group, (summary.hypervolume_low, summary.hypervolume_high))
        resampled = bootstrap(returns_of(front, folder), 9)
        expected = 3.92 * np.std([hypervolume(values, objectives) for values in resampled])
        assert high - low == pytest.approx(expected, rel=0.12)
        assert low < hypervolume(values_of(front, objectives), objectives) < high


def test_a_missing_file_leaves_the_front_without_and_is_named(folder, front_summary, caplog):
    missing = folder.held_out(front_summary.points[3].trial, None)
    missing.unlink()
    with caplog.at_level(logging.WARNING):
        assert with_intervals(front_summary, folder) == front_summary
    assert str(missing) in caplog.text


def test_cohorts_of_two_sizes_are_refused(folder, front_summary):
    path = folder.held_out(front_summary.points[0].trial, None)
    np.savez(path, returns=np.zeros((10, 2)))
    with pytest.raises(FrontError, match="different cohorts"):
        returns_of(front_summary.points, folder)


def test_a_policy_judged_at_many_preferences_has_a_file_for_each(folder, front_summary):
    point = dataclasses.replace(front_summary.points[0], id=f"{front_summary.points[0].trial}-1")
    np.savez(folder.held_out(point.trial, 1), returns=np.ones((400, 2)))
    assert (returns_of([point], folder) == 1.0).all()
