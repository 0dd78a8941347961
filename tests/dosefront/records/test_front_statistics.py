"""Figures of a front per seed, by algorithm, attained and over time, of three seeds."""

import dataclasses

import numpy as np
import pytest

from dosefront.front import hypervolume, interquartile_mean_interval, nondominated
from dosefront.records import front_among, seed_fronts, summarise, values_of


@pytest.fixture(scope="module")
def records(trial_records):
    """The made sweep with seeds 1, 2 and 3, each a little better than the one before."""

    def shifted(estimate, shift):
        return dataclasses.replace(
            estimate, **{name: getattr(estimate, name) + shift for name in ("value", "low", "high")}
        )

    def repeated(record, seed):
        (judged,) = record.judged
        outcomes = {}
        for cohort in ("select", "held_out"):
            outcome = getattr(judged, cohort)
            vector = tuple(shifted(each, 0.1 * (seed - 1)) for each in outcome.value_vector)
            outcomes[cohort] = dataclasses.replace(outcome, value_vector=vector)
        spec = dataclasses.replace(record.spec, seed=seed)
        return dataclasses.replace(
            record, spec=spec, judged=(dataclasses.replace(judged, **outcomes),)
        )

    return [repeated(record, seed) for seed in (1, 2, 3) for record in trial_records]


@pytest.fixture(scope="module")
def summary(records, objectives):
    return summarise(
        "seeds",
        objectives=objectives,
        environment="posology/DocetaxelCisplatin-v0",
        environment_version="1",
        trials=records,
        comparators=[],
    )


def maximised(records, cohort):
    outcomes = [getattr(record.judged[0], cohort) for record in records]
    return np.array([[each.value for each in outcome.value_vector] for outcome in outcomes])


def front_hypervolume(records, objectives):
    """The long way round: from the records, not from the points."""
    members = nondominated(maximised(records, "select"))
    return hypervolume(maximised(records, "held_out")[members], objectives)


def test_each_algorithm_and_seed_has_the_hypervolume_of_its_own_front(summary, records, objectives):
    found = {(each.algorithm, each.seed): each.value for each in summary.hypervolume_per_seed}
    assert list(found) == [(name, seed) for name in ("DQN", "PPO") for seed in (1, 2, 3)]
    for (algorithm, seed), value in found.items():
        own = [r for r in records if (r.spec.algorithm, r.spec.seed) == (algorithm, seed)]
        assert value == pytest.approx(front_hypervolume(own, objectives))


def test_an_algorithm_is_told_by_the_interquartile_mean_of_its_seeds(summary):
    for each in summary.hypervolume_by_algorithm:
        values = [
            own.value for own in summary.hypervolume_per_seed if own.algorithm == each.algorithm
        ]
        expected = interquartile_mean_interval(np.array(values))
        assert each.seeds == 3
        assert each.interquartile_mean == expected.value == pytest.approx(np.mean(values))
        assert (each.low, each.high) == (expected.low, expected.high)


def test_one_seed_has_no_interval_over_seeds(front_summary):
    for each in front_summary.hypervolume_by_algorithm:
        assert (each.seeds, each.low, each.high) == (1, None, None)
    assert front_summary.attainment == ()


def test_a_better_seed_attains_at_10_percent_and_the_worst_at_90(summary, objectives):
    """Seed 3 is better than the others everywhere and seed 1 worse: the surfaces are theirs."""
    surfaces = {(each.algorithm, each.level): each.vertices for each in summary.attainment}
    assert sorted(surfaces) == [(name, level) for name in ("DQN", "PPO") for level in (10, 50, 90)]
    fronts = seed_fronts(summary.points, objectives)
    for (algorithm, level), vertices in surfaces.items():
        seed = {10: 3, 50: 2, 90: 1}[level]
        expected = sorted(
            tuple(each.value for each in point.value_vector) for point in fronts[algorithm, seed]
        )
        assert np.allclose(vertices, expected)


def test_three_objectives_have_no_attainment_surface(trial_records, objectives):
    third = dataclasses.replace(objectives[1], name="cost")

    def widened(record):
        spec = dataclasses.replace(
            record.spec,
            objectives=("efficacy", "toxicity", "cost"),
            preferences=tuple((*weights, 0.0) for weights in record.spec.preferences),
        )
        (judged,) = record.judged
        outcomes = {
            cohort: dataclasses.replace(
                getattr(judged, cohort),
                value_vector=(
                    *getattr(judged, cohort).value_vector,
                    getattr(judged, cohort).value_vector[1],
                ),
            )
            for cohort in ("select", "held_out")
        }
        return dataclasses.replace(
            record, spec=spec, judged=(dataclasses.replace(judged, **outcomes),)
        )

    records = [widened(record) for record in trial_records]
    summary = summarise(
        "three",
        objectives=(*objectives, third),
        environment="posology/DocetaxelCisplatin-v0",
        environment_version="1",
        trials=records,
        comparators=[],
    )
    assert summary.attainment == ()
    assert summary.hypervolume == pytest.approx(
        front_hypervolume(records, (*objectives, third)), abs=1e-12
    )
    assert [len(front) for front in seed_fronts(summary.points, summary.objectives).values()]


def test_the_history_agrees_with_the_front_of_each_beginning_of_the_ledger(
    records, failed_record, objectives
):
    order = np.random.default_rng(1).permutation(len(records))
    trials = [*(records[number] for number in order[:20]), failed_record, records[order[20]]]
    summary = summarise(
        "seeds",
        objectives=objectives,
        environment="posology/DocetaxelCisplatin-v0",
        environment_version="1",
        trials=trials,
        comparators=[],
    )
    for each in summary.history:
        begun = trials[: each.trials_ended]
        finished = [record for record in begun if record.status == "finished"]
        assert each.steps == sum(record.steps for record in begun)
        assert each.hypervolume == pytest.approx(front_hypervolume(finished, objectives))
    assert summary.history[-1].trials_ended == len(trials)
    assert summary.history[-1].hypervolume == pytest.approx(summary.hypervolume)


def test_the_front_among_some_points_is_chosen_on_select(summary, objectives):
    points = summary.points[:7]
    flattered = dataclasses.replace(points[0], select_vector=(99.0, 0.0))
    assert front_among((flattered, *points[1:]), objectives) == (flattered,)
    assert values_of([points[0]], objectives).tolist() == [[-8.1, -0.35]]
