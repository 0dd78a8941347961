"""A trial's training: repeatable, leaving nothing to the next one, exporting what it learned."""

from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch

from dosefront.errors import UsageError
from dosefront.evaluate import NetworkPolicy, policy_bytes, read_policy
from dosefront.experiment.settings import ALGORITHM_SETTINGS, name_of
from dosefront.front import expected_utility, lattice
from dosefront.learn import ALGORITHMS, Training
from dosefront.records import TrialSpec

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("local_ray")]

DISCRETE = "posology/DocetaxelCisplatin-v0"
CONTINUOUS = "posology/DocetaxelCisplatinContinuous-v0"
SMALL = {"environments": 16, "twins": 4, "fragment": 16, "minibatch": 128, "network": (16, 16)}
SMALL |= {"learning_starts": 64, "batch": 32, "replay": 2000}
LIMIT = {"name": "epsilon-constraint", "maximise": "efficacy", "limits": {"toxicity": 1.0}}


def trial(
    algorithm: str,
    *,
    weights: tuple[float, float] = (0.8, 0.2),
    seed: int = 1,
    environment: str = DISCRETE,
    scalarization: dict[str, object] | None = None,
    discount: float = 1.0,
    **further: object,
) -> TrialSpec:
    (kind,) = (each for each in ALGORITHM_SETTINGS if name_of(each) == algorithm)
    small = {name: SMALL[name] for name in SMALL.keys() & kind.model_fields.keys()}
    settings = kind(name=algorithm, **{**small, **further})
    return TrialSpec(
        environment=environment,
        environment_options={"decisions": "due"},
        objectives=("efficacy", "toxicity"),
        algorithm=algorithm,
        scalarization=scalarization or {"name": "linear"},
        preferences=(weights,),
        seed=seed,
        steps=600,
        settings=settings.model_dump(mode="json", exclude={"name", "steps"}),
        cohorts={"seed": 1, "train": 64, "select": 10, "held_out": 10},
        discount=discount,
    )


def trained(spec: TrialSpec) -> tuple[list[np.ndarray], Training]:
    with Training(spec) as training:
        while not training.is_finished:
            training.advance(seconds=0.2)
        return list(training.policy().weights), training


def shown_in(training: Training, rows: int) -> np.ndarray:
    """Observations as a door might show them: the masks at the end are nought or one."""
    (size,) = training._ask_doors(lambda door: door.single_observation_space.shape[0])
    generator = np.random.default_rng(0)
    observations = generator.standard_normal((rows, size)).astype(np.float32)
    if training.view.masks:
        observations[:, -25:] = generator.random((rows, 25)) < 0.4
        observations[:, -25] = 1.0  # to give nothing is always open
    if training.view.preference is not None:
        end = size - 25 * training.view.masks
        observations[:, end - 2 : end] = generator.dirichlet(np.ones(2), rows)
    return observations


def greedy(training: Training, observations: np.ndarray) -> np.ndarray:
    """What the algorithm's own module would do without exploring, as the environment takes it."""
    algorithm = training._algorithm
    # A runner beside remote ones is never given the weights.
    is_remote = algorithm.env_runner_group.num_remote_workers() > 0
    learner = algorithm.learner_group._learner.module["default_policy"].unwrapped()
    module = learner if is_remote else algorithm.get_module()
    with torch.no_grad():
        output = module.forward_inference({"obs": torch.from_numpy(observations)})
    if "actions" in output:  # RLlib's DQN and ours choose by themselves
        return output["actions"].numpy()
    scores = output["action_dist_inputs"].numpy()
    space = module.action_space
    if isinstance(space, gymnasium.spaces.Discrete):
        return scores.argmax(axis=1)
    means = scores[:, : scores.shape[1] // 2]
    unit = np.tanh(means) if "SAC" in training.spec.algorithm else np.clip(means, -1.0, 1.0)
    return space.low + (unit + 1.0) * 0.5 * (space.high - space.low)


PAIRS = [
    (name_of(kind), {"Discrete": DISCRETE, "Box": CONTINUOUS}[actions])
    for kind in ALGORITHM_SETTINGS
    for actions in kind.actions
    if actions != "MultiDiscrete"  # which no environment of ours has
]
CASES = [(*pair, {}) for pair in PAIRS] + [
    (algorithm, environment, {"standardise": True})
    for algorithm, environment in PAIRS
    if algorithm in {"PPO", "VectorPPO", "ConditionedPPO"}
]


@pytest.mark.parametrize(("algorithm", "environment", "further"), CASES)
def test_the_exported_policy_acts_as_the_trained_network(
    algorithm: str, environment: str, further: dict[str, object], tmp_path: Path
) -> None:
    with Training(trial(algorithm, environment=environment, **further)) as training:
        untrained = training.policy()
        while not training.is_finished:
            training.advance(seconds=0.5)
        policy = training.policy()
        observations = shown_in(training, 300)
        expected = greedy(training, observations)
    assert training.steps >= 600
    assert any((a != b).any() for a, b in zip(untrained.weights, policy.weights, strict=True))
    found = np.concatenate([acts(policy, row) for row in observations])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert len(np.unique(expected, axis=0)) > 1
    (tmp_path / "policy.npz").write_bytes(policy_bytes(policy))
    again = np.concatenate(
        [acts(read_policy(tmp_path / "policy.npz"), row) for row in observations]
    )
    np.testing.assert_array_equal(again, found)


def acts(policy: NetworkPolicy, observation: np.ndarray) -> np.ndarray:
    """The policy's action at one observation, asked for the preference that it shows."""
    if policy.view.preference is not None:
        end = len(observation) - 25 * policy.view.masks
        policy = policy.at(tuple(observation[end - 2 : end].tolist()))
    return policy.actions(observation[None])


def test_every_algorithm_has_its_settings_and_none_is_left_out() -> None:
    assert set(ALGORITHMS) == {name_of(kind) for kind in ALGORITHM_SETTINGS}
    assert {name for name, _ in PAIRS} == set(ALGORITHMS)


def test_three_drugs_and_three_objectives_are_learned_like_two() -> None:
    names = ("efficacy", "toxicity", "twist")
    spec = replace(
        trial("PPO"),
        environment="posology/FOLFIRINOX-v0",
        environment_options={"decisions": "due", "objectives": names},
        objectives=names,
        preferences=((0.6, 0.2, 0.2),),
        steps=1500,
    )
    with Training(spec) as training:
        while not training.is_finished:
            progress = training.advance(seconds=5.0)
        assert len(progress.return_vector) == 3
        assert np.isfinite(progress.return_vector).all()
        assert len(training.policy().biases[-1]) == 5**3


@pytest.mark.parametrize("algorithm", ["PPO", "ConditionedPPO", "ConditionedDQN"])
def test_a_process_that_trained_before_trains_the_next_trial_as_a_fresh_one_does(
    algorithm: str,
) -> None:
    fresh, _ = trained(trial(algorithm, weights=(0.2, 0.8)))
    trained(trial(algorithm, weights=(1.0, 0.0), seed=5))
    reused, training = trained(trial(algorithm, weights=(0.2, 0.8)))
    assert training.steps >= 600
    assert all((a == b).all() for a, b in zip(fresh, reused, strict=True))


@pytest.mark.parametrize("scalarization", [{"name": "linear"}, LIMIT], ids=["weights", "limit"])
def test_a_training_begins_as_a_conditioned_policy_where_that_serves_it_best(
    scalarization: dict[str, object],
) -> None:
    with Training(trial("ConditionedPPO")) as training:
        training.advance(seconds=0.5)
        start = training.policy()
    weights = (1.0, 0.0) if scalarization is LIMIT else (0.8, 0.2)
    spec = trial("VectorPPO", weights=weights, scalarization=scalarization)
    with Training(spec, start=start) as training:
        own = training.on_training_patients(training.current_policy(), 64)
        asked = [start.at(each) for each in (weights, *lattice(2, 11).tolist())]
        values = [training.on_training_patients(each, 64) for each in asked]
        best = max(expected_utility(training.scalarization, x, np.array(weights)) for x in values)
        # A bias that holds the preference differs from it in the last bit: an argmax may turn.
        utility = expected_utility(training.scalarization, own, np.array(weights))
        assert utility == pytest.approx(best, abs=1e-3)
        assert training.policy().view.preference is None
        training.advance(seconds=0.5)


def test_a_conditioned_training_begins_as_a_conditioned_policy_though_it_is_shown_a_scale() -> None:
    spec = replace(trial("ConditionedPPO"), preferences=((1.0, 0.0), (0.5, 0.5)))
    with Training(spec) as training:
        training.advance(seconds=0.5)
        start = training.policy()
    with Training(spec, start=start) as training:
        begun = training.policy()
    for own, given in zip(
        (*begun.weights, *begun.biases), (*start.weights, *start.biases), strict=True
    ):
        np.testing.assert_allclose(own, given, rtol=1e-5, atol=1e-6)


def test_a_start_of_another_kind_is_refused() -> None:
    with Training(trial("PPO")) as training:
        start = training.policy()
    wider = trial("PPO")
    wider = replace(wider, settings={**wider.settings, "history": 2})
    with pytest.raises(UsageError, match=r"2 observations; got .* 1 observations"):
        Training(wider, start=start)
    with pytest.raises(UsageError, match="a preference"):
        Training(trial("ConditionedPPO"), start=start)


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


def test_the_return_that_rllib_reports_of_its_own_episodes_is_the_weighed_vector() -> None:
    spec = trial("PPO")
    with Training(replace(spec, settings={**spec.settings, "sampler": "rllib"})) as training:
        reported = np.nan
        while np.isnan(reported):
            metrics = training._algorithm.train()["env_runners"]
            reported = metrics.get("episode_return_mean", np.nan)
        vectors, scalars = training.recent_returns()
        assert metrics["num_episodes_lifetime"] == len(vectors)
    weighed = (vectors / (0.25, 12.0)) @ (0.8, 0.2)
    assert reported == pytest.approx(weighed.mean(), rel=1e-5)
    assert reported == pytest.approx(scalars.mean(), rel=1e-5)


def test_a_utility_of_whole_courses_is_discounted_within_and_shown() -> None:
    spec = trial("PPO", scalarization={"name": "chebyshev", "rho": 0.01}, discount=0.95)
    with Training(spec) as training:
        training.advance(seconds=0.5)
        policy = training.policy()
        assert training._algorithm.config.gamma == 1.0
    assert (policy.view.accrued, policy.view.discount) == (True, 0.95)
    env = gymnasium.make_vec(DISCRETE, vectorization_mode="vector_entry_point")
    (features,) = env.single_observation_space.shape
    env.close()
    # Two objectives so far, and the discount reached; the masks are no input.
    assert policy.weights[0].shape[1] == features + 3


def test_under_limits_the_best_policy_is_kept_and_limits_weigh() -> None:
    spec = trial("VectorPPO", weights=(1.0, 0.0), scalarization=LIMIT)
    with Training(replace(spec, steps=3000)) as training:
        while not training.is_finished:
            training.advance(seconds=1.0)
        multipliers = training._algorithm.multipliers
        policy = training.policy()
        limits = training._limits
        judged = training.scalarization.utility(
            training.on_training_patients(policy, 512).mean(axis=0, keepdims=True),
            np.array([1.0, 0.0]),
        )
        # The policy that is kept has the utility it was kept for, and no later one a higher.
        assert judged[0] == pytest.approx(limits._best_utility)
        now = training.on_training_patients(training.current_policy(), 512)
        assert (
            training.scalarization.utility(now.mean(axis=0, keepdims=True), np.array([1.0, 0.0]))[0]
            <= judged[0] + 1e-12
        )
    # A policy that has not learned yet is more toxic than one event a course.
    assert multipliers.values[0] == 0.0 < multipliers.values[1]
