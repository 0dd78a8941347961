"""A training that is saved in its middle goes on where it was."""

from pathlib import Path

import numpy as np
import pytest

from dosefront.errors import CheckpointError
from dosefront.experiment import load_experiment
from dosefront.learn import Training
from dosefront.records import TrialSpec

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("local_ray")]

EXPERIMENT = """\
name: saved
environment: {id: posology/DocetaxelCisplatin-v0, options: {decisions: due}}
objectives: [efficacy, toxicity]
cohorts: {seed: 7, train: 64, select: 32, held_out: 64}
weights: [[0.3, 0.7]]
algorithms: [ALGORITHM]
"""
SMALL = "network: [16], environments: 16"
ALGORITHMS = {
    "PPO": f"{{name: PPO, steps: 4000, {SMALL}, fragment: 16, minibatch: 64}}",
    "DQN": f"{{name: DQN, steps: 1000, {SMALL}, learning_starts: 50, batch: 32}}",
    "ConditionedDQN": f"{{name: ConditionedDQN, steps: 2000, {SMALL}}}",
}


def trial(folder: Path, algorithm: str) -> TrialSpec:
    path = folder / "saved.yaml"
    path.write_text(EXPERIMENT.replace("ALGORITHM", ALGORITHMS[algorithm]))
    return load_experiment(path).trials()[0]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_restored_training_has_the_policy_and_the_steps_of_the_saved(
    algorithm: str, tmp_path: Path
) -> None:
    spec = trial(tmp_path, algorithm)
    with Training(spec) as training:
        while training.steps < spec.steps / 2:
            training.advance(seconds=0.05)
        training.save(tmp_path)
        saved, steps = training.policy(), training.steps
    with Training(spec) as training:
        training.restore(tmp_path)
        assert training.steps == steps
        for ours, theirs in zip(training.policy().weights, saved.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert training.advance(seconds=0.01).steps > steps


def test_half_a_checkpoint_and_that_of_another_trial_are_refused(tmp_path: Path) -> None:
    spec, other = trial(tmp_path, "PPO"), trial(tmp_path, "DQN")
    with Training(spec) as training:
        training.save(tmp_path)
        with pytest.raises(CheckpointError, match="train the trial from its beginning"):
            training.restore(tmp_path / "algorithm")
    with Training(other) as training, pytest.raises(CheckpointError):
        training.restore(tmp_path)
