"""A trial's training: repeatable, leaving nothing to the next one, exporting what it learned."""

import numpy as np
import pytest
import torch

from dosefront.experiment import DQNSettings, PPOSettings
from dosefront.learn import Training
from dosefront.records import TrialSpec

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("local_ray")]

SMALL = {
    "PPO": PPOSettings(name="PPO", environments=16, fragment=16, minibatch=128, network=(16, 16)),
    "DQN": DQNSettings(name="DQN", environments=8, network=(16, 16), learning_starts=64, batch=32),
}


def trial(algorithm: str, *, weights: tuple[float, float] = (0.8, 0.2), seed: int = 1) -> TrialSpec:
    return TrialSpec(
        environment="posology/DocetaxelCisplatin-v0",
        environment_options={"decisions": "due"},
        objectives=("efficacy", "toxicity"),
        algorithm=algorithm,
        scalarization={"name": "linear"},
        preferences=(weights,),
        seed=seed,
        steps=600,
        settings=SMALL[algorithm].model_dump(mode="json", exclude={"name", "steps"}),
        cohorts={"seed": 1, "train": 64, "select": 10, "held_out": 10},
    )


def trained(spec: TrialSpec) -> tuple[list[np.ndarray], Training]:
    with Training(spec) as training:
        while not training.is_finished:
            training.advance(seconds=0.2)
        return list(training.policy().weights), training


@pytest.mark.parametrize("algorithm", ["PPO", "DQN"])
def test_the_exported_policy_acts_as_the_trained_network(algorithm: str) -> None:
    with Training(trial(algorithm)) as training:
        training.advance(seconds=0.2)
        seen = training._door.single_observation_space.shape[0]
        observations = np.random.default_rng(0).standard_normal((50, seen)).astype(np.float32)
        module = training._algorithm.get_module()
        output = module.forward_inference({"obs": torch.from_numpy(observations)})
        scores = output.get("action_dist_inputs", output.get("actions"))
        scores = scores.detach().numpy()
        greedy = scores.argmax(axis=1) if scores.ndim == 2 else scores
        assert (training.policy().actions(observations) == greedy).all()


def test_three_drugs_and_three_objectives_are_learned_like_two() -> None:
    names = ("efficacy", "toxicity", "twist")
    spec = TrialSpec.from_mapping(
        {
            **trial("PPO").to_mapping(),
            "environment": "posology/FOLFIRINOX-v0",
            "environment_options": {"decisions": "due", "objectives": names},
            "objectives": names,
            "weights": (0.6, 0.2, 0.2),
            "steps": 1500,
        }
    )
    with Training(spec) as training:
        while not training.is_finished:
            progress = training.advance(seconds=5.0)
        assert len(progress.return_vector) == 3
        assert np.isfinite(progress.return_vector).all()
        assert len(training.policy().biases[-1]) == 5**3


def test_a_process_that_trained_before_trains_the_next_trial_as_a_fresh_one_does() -> None:
    fresh, _ = trained(trial("PPO", weights=(0.2, 0.8)))
    trained(trial("PPO", weights=(1.0, 0.0), seed=5))
    reused, training = trained(trial("PPO", weights=(0.2, 0.8)))
    assert training.steps >= 600
    assert all((a == b).all() for a, b in zip(fresh, reused, strict=True))


def test_another_preference_is_another_training() -> None:
    first, _ = trained(trial("PPO", weights=(0.2, 0.8)))
    second, _ = trained(trial("PPO", weights=(1.0, 0.0)))
    assert any((a != b).any() for a, b in zip(first, second, strict=True))


def test_progress_reports_return_vectors_that_weigh_to_the_scalar_return() -> None:
    with Training(trial("PPO")) as training:
        progress = training.advance(seconds=1.0)
        # The box is 0.25 of efficacy and 12 events wide.
        weighed = 0.8 / 0.25 * progress.return_vector[0] + 0.2 / 12.0 * progress.return_vector[1]
        assert progress.scalar_return == pytest.approx(weighed, rel=1e-6)
        assert progress.steps == training.steps
        assert progress.return_vector[1] < 0.0
