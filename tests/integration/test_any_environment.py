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


def test_several_actions_at_once_are_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "dosefront" / "environments")
    path = tmp_path / "several.yaml"
    path.write_text(
        """
name: several
environment:
  id: toy_environments:SeveralActions
  options: {horizon: 4}
  time_limit: 4
  rewards:
    - {name: gain, reference: 0, ideal: 60}
    - {name: loss, reference: -60, ideal: 0}
objectives: [gain, loss]
cohorts: {train: 100, select: 1, held_out: 3}
weights: [[1, 0], [0, 1]]
algorithms: [{name: PPO, steps: 12000, twins: 1, environments: 32, fragment: 8, minibatch: 64}]
""",
        encoding="utf-8",
    )
    # Four steps of up to 2 and 10 to 13.
    for trial, best in zip(load_experiment(path).trials(), (4 * 15, 4 * 10), strict=True):
        with Training(trial) as training:
            while not training.is_finished:
                training.advance(seconds=5.0)
            values = training.on_training_patients(training.policy(), 3)
        np.testing.assert_allclose(values, np.tile([best / 60, 1 - best / 60], (3, 1)))
