"""What is learned and judged on environments that are not ours."""

from pathlib import Path

import numpy as np
import pytest

from dosefront.evaluate import HELD_OUT, cohort_options, evaluate_comparators, roll_out
from dosefront.experiment import load_experiment
from dosefront.learn import Training

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("local_ray")]

EXAMPLE = Path(__file__).parents[2] / "tune_configs" / "deep-sea-treasure.yaml"


SHORT = {
    "PPO": "algorithms.0.steps=20000",
    "DQN": "algorithms=[{name: DQN, steps: 10000, exploration_steps: 5000, target_interval: 500}]",
}


@pytest.mark.parametrize("algorithm", SHORT)
def test_who_only_counts_time_takes_the_nearest_treasure(algorithm: str) -> None:
    pytest.importorskip("mo_gymnasium")
    (trial,) = load_experiment(EXAMPLE, ("weights=[[0, 1]]", SHORT[algorithm])).trials()
    with Training(trial) as training:
        while not training.is_finished:
            training.advance(seconds=5.0)
        policy = training.policy()
    options = cohort_options(trial.environment_options, trial.cohorts, HELD_OUT)
    results = roll_out(
        policy,
        environment=trial.environment,
        options=options,
        objectives=trial.objectives,
        patients=options["patients"],
    )
    assert results.returns == pytest.approx(np.tile([0.7, -1.0], (10, 1)))
    assert results.endpoints == {}


def test_an_environment_without_comparators_has_none() -> None:
    pytest.importorskip("mo_gymnasium")
    (trial, *_) = load_experiment(EXAMPLE).trials()
    found = evaluate_comparators(
        trial.environment,
        trial.environment_options,
        objectives=trial.objectives,
        cohorts=trial.cohorts,
    )
    assert found == ()
