"""A training that is interrupted and goes on, in the same process, another one, or with others."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import ray

from dosefront.evaluate import NetworkPolicy, policy_bytes
from dosefront.experiment.settings import ALGORITHM_SETTINGS, name_of
from dosefront.learn import Training
from dosefront.records import TrialSpec

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("local_ray")]

TOYS = Path(__file__).parents[1] / "dosefront" / "environments"
SMALL = {"environments": 16, "twins": 4, "fragment": 16, "minibatch": 128, "network": (16, 16)}
SMALL |= {"learning_starts": 64, "batch": 32, "replay": 500, "training_intensity": 2.0}
LIMIT = {"name": "epsilon-constraint", "maximise": "efficacy", "limits": {"toxicity": 1.0}}
OURS = {"decisions": "due"}
COUNTED = {
    "time_limit": 7,
    "rewards": (
        {"name": "gain", "reference": 0, "ideal": 21},
        {"name": "loss", "reference": -21, "ideal": 0},
    ),
}
TREASURE = {
    "time_limit": 20,
    "rewards": (
        {"name": "gain", "reference": 0, "ideal": 24},
        {"name": "loss", "reference": -20, "ideal": 0},
    ),
}


def trial(
    algorithm: str,
    environment: str = "posology/DocetaxelCisplatin-v0",
    *,
    steps: int = 1200,
    limit: bool = False,
    **settings: object,
) -> TrialSpec:
    (kind,) = (each for each in ALGORITHM_SETTINGS if name_of(each) == algorithm)
    small = {name: SMALL[name] for name in SMALL.keys() & kind.model_fields.keys()}
    made = kind(name=algorithm, **{**small, **settings})
    is_ours = environment.startswith("posology")
    return TrialSpec(
        environment=environment,
        environment_options=OURS if is_ours else TREASURE if "treasure" in environment else COUNTED,
        objectives=("efficacy", "toxicity") if is_ours else ("gain", "loss"),
        algorithm=algorithm,
        scalarization=LIMIT if limit else {"name": "linear"},
        preferences=((1.0, 0.0) if limit else (0.8, 0.2),),
        seed=1,
        steps=steps,
        settings=made.model_dump(mode="json", exclude={"name", "steps"}),
        cohorts={"seed": 1, "train": 64, "select": 10, "held_out": 10},
        discount=0.95,
    )


def train(training: Training, *, until: int) -> None:
    while training.steps < until:
        training.advance(seconds=1e-3)


def finished(training: Training) -> tuple[NetworkPolicy, np.ndarray]:
    """The policy, and recent return vectors beside their utilities, of a training at its end."""
    while not training.is_finished:
        training.advance(seconds=1e-3)
    vectors, utilities = training.recent_returns()
    return training.policy(), np.column_stack([vectors, utilities])


def assert_equal(
    found: tuple[NetworkPolicy, np.ndarray], expected: tuple[NetworkPolicy, np.ndarray]
) -> None:
    assert policy_bytes(found[0]) == policy_bytes(expected[0])  # every bit of every weight
    np.testing.assert_array_equal(found[1], expected[1])


CASES = {
    "PPO": trial("PPO"),
    "PPO on a clinic": trial("PPO", "posology/Clinic-v0", history=2),
    "PPO under a limit": trial("VectorPPO", limit=True),
    "ConditionedPPO on numbers": trial("ConditionedPPO", "posology/FOLFOXIRIContinuous-v0"),
    "ConditionedDQN": trial("ConditionedDQN"),
    "ConditionedSAC": trial("ConditionedSAC", "posology/DocetaxelCisplatinContinuous-v0"),
    "a stranger's": trial("PPO", "toy_environments:Remade"),
    "MO-Gymnasium's": trial("ConditionedDQN", "mo:deep-sea-treasure-v0"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_interrupted_training_ends_as_one_that_was_not(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = CASES[case]
    if spec.environment.startswith("mo:"):
        pytest.importorskip("mo_gymnasium")
    monkeypatch.syspath_prepend(TOYS)
    with Training(spec) as training:
        expected = finished(training)
    with Training(spec) as training:
        train(training, until=600)
        training.save(tmp_path)
        steps, seconds = training.steps, training.advance(seconds=0.0).seconds
    with Training(spec) as training:
        training.restore(tmp_path)
        assert training.steps == steps < spec.steps
        assert training.advance(seconds=0.0).seconds == pytest.approx(seconds, abs=0.01)
        assert_equal(finished(training), expected)


def test_another_process_goes_on_alike(tmp_path: Path) -> None:
    spec = CASES["ConditionedDQN"]
    with Training(spec) as training:
        train(training, until=600)
        training.save(tmp_path)
        expected = finished(training)

    @ray.remote(max_calls=1)
    def goes_on() -> tuple[int, NetworkPolicy, np.ndarray]:
        with Training(spec) as training:
            training.restore(tmp_path)
            while not training.is_finished:
                training.advance(seconds=1.0)
            vectors, utilities = training.recent_returns()
            policy = training.policy()
            return os.getpid(), policy, np.column_stack([vectors, utilities])

    process, *found = ray.get(goes_on.remote())
    assert process != os.getpid()
    assert_equal(tuple(found), expected)


def test_remote_runners_go_on_alike(tmp_path: Path) -> None:
    spec = trial("PPO", steps=900, runners=1)
    with Training(spec) as training:
        train(training, until=400)
        training.save(tmp_path)
        expected = finished(training)
    with Training(spec) as training:
        training.restore(tmp_path)
        assert_equal(finished(training), expected)


def test_what_cannot_be_pickled_begins_new_episodes_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.syspath_prepend(TOYS)
    spec = trial("PPO", "toy_environments:Unpicklable")
    starts = []
    with Training(spec) as training:
        train(training, until=1)
        starts.append(first_numbers(training))
        train(training, until=600)
        training.save(tmp_path)
        steps, recent = training.steps, training.recent_returns()
    with Training(spec) as training, caplog.at_level(logging.WARNING, "dosefront.learn.training"):
        training.restore(tmp_path)
        np.testing.assert_array_equal(training.recent_returns()[0], recent[0])
        train(training, until=steps + 1)
        starts.append(first_numbers(training))
        assert finished(training)[0].provenance["steps_taken"] >= spec.steps
    (message,) = warned(caplog)
    assert f"goes on from step {steps} with new courses" in message
    assert "TypeError: cannot pickle '_thread.lock'" in message
    assert not set(starts[0]) & set(starts[1])  # no episode of the beginning again


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What dosefront logged."""
    return [each.getMessage() for each in caplog.records if each.name.startswith("dosefront")]


def first_numbers(training: Training) -> list[int]:
    """Where the toys in a training started their episodes."""
    (door,) = training._ask_doors(lambda door: door)
    return [env.unwrapped.start for env in door.env.envs][::4]  # twins start alike


@pytest.mark.parametrize(
    "spec",
    [trial("DQN"), trial("PPO", sampler="rllib")],
    ids=["DQN", "PPO"],
)
def test_rllibs_own_go_on_from_their_step_with_their_weights(
    spec: TrialSpec, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Training(spec) as training:
        train(training, until=600)
        training.save(tmp_path)
        steps, weights = training.steps, training.policy().weights
        replay = training._algorithm.local_replay_buffer
        kept = replay and replay.get_num_timesteps()
    with Training(spec) as training:
        training.restore(tmp_path)
        assert training.steps == steps
        for one, other in zip(training.policy().weights, weights, strict=True):
            np.testing.assert_array_equal(one, other)
        replay = training._algorithm.local_replay_buffer
        assert (replay and replay.get_num_timesteps()) == kept
        train(training, until=steps + 1)
        assert steps < training.steps <= steps + 2 * 16 * 16
        policy = training.policy()
    assert any((one != other).any() for one, other in zip(policy.weights, weights, strict=True))
    assert not warned(caplog)  # they promise no more
