"""Fronts that are known exactly, learned. Budgets and other seeds: `benchmarks/truth.py`."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.truth, pytest.mark.usefixtures("local_ray")]


@pytest.fixture(scope="module")
def truth() -> Iterator[ModuleType]:
    """The problems and their answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
        yield importlib.import_module("truth")


def test_the_exact_hypervolumes_are_the_published_ones(truth: ModuleType) -> None:
    for front, known in ((truth.CONVEX, 360.400946), (truth.CONCAVE, 1101.384430)):
        assert truth.hypervolume(truth.discounted(front), truth.REFERENCE) == pytest.approx(known)


def test_one_training_holds_the_whole_convex_front(truth: ModuleType) -> None:
    experiment, reach = truth.PROBLEMS["treasure, one training, 101 preferences"]
    reached = reach(truth.trials_of(experiment, 1))
    assert reached.share == pytest.approx(1.0)
    assert reached.note == "10 of 10 points"


def test_chebyshev_reaches_a_point_that_no_weighted_sum_reaches(truth: ModuleType) -> None:
    experiment, _ = truth.PROBLEMS["concave treasure, Chebyshev, 21 weights"]
    (trial,) = truth.trials_of({**experiment, "weights": [[0.4, 0.6]]}, 1)
    values = truth.value_vectors(trial)
    assert values[0] == pytest.approx(truth.discounted(truth.CONCAVE)[7], abs=1e-3)


def test_a_limit_holds_for_the_greedy_policy_on_held_out_patients(truth: ModuleType) -> None:
    experiment, reach = truth.PROBLEMS["toxicity limit 4"]
    assert reach(truth.trials_of(experiment, 1)).share <= 1.05


def test_preferences_of_one_training_trade_one_objective_for_the_other(truth: ModuleType) -> None:
    experiment = {
        **truth.limits(4.0),
        "scalarizations": [{"name": "linear"}],
        "weights": {"lattice": 11},
        "algorithms": [{"name": "ConditionedPPO", "steps": 300_000}],
    }
    (trial,) = truth.trials_of(experiment, 1)
    values = truth.value_vectors(trial)
    distinct = np.unique(values.round(4), axis=0)
    kept = [
        not any((other >= point).all() and (other > point).any() for other in distinct)
        for point in distinct
    ]
    assert sum(kept) >= 8
    ranks = np.argsort(np.argsort(values[:, 0]))
    assert np.corrcoef(ranks, np.arange(len(values)))[0, 1] >= 0.95  # weights on efficacy rise
