"""Columns: sampling, advantages, the loss, and their path through RLlib's learner, without Ray."""

import io
import math
import pickle
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from hypothesis import given
from hypothesis import strategies as st
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns
from ray.rllib.core.learner.training_data import TrainingData
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.policy.sample_batch import MultiAgentBatch, SampleBatch

from dosefront.learn.advantages import generalised_advantages
from dosefront.learn.column_ppo import ColumnPPO, ColumnPPOConfig
from dosefront.learn.column_runner import ColumnEnvRunner
from dosefront.learn.divergence import DivergedError
from dosefront.learn.door import ScalarizedVectorEnv
from dosefront.learn.fragment import Fragment, joined
from dosefront.learn.multipliers import Multipliers
from dosefront.learn.surrogate import clipped_surrogate
from dosefront.learn.twins import beyond_twins

pytestmark = pytest.mark.integration

ACTIONS = 3
OBJECTIVES = tuple(
    {"name": name, "unit": "1", "sense": "maximise", "reference": 0.0, "ideal": ideal}
    for name, ideal in (("gain", 1.0), ("thrift", 4.0))
)


class Walks(VectorEnv):
    """Courses of 3 + slot steps that pay (action, -slot); observes slot, step and course."""

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP, "objectives": OBJECTIVES}  # noqa: RUF012  Gymnasium's attribute

    twins = 2

    def __init__(self, num_envs: int = 4) -> None:
        self.num_envs = num_envs
        self.single_observation_space = gymnasium.spaces.Box(-99.0, 99.0, (3,), np.float32)
        self.single_action_space = gymnasium.spaces.Discrete(ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.steps = np.zeros(self.num_envs)
        self.courses = np.zeros(self.num_envs)
        self.ended = np.zeros(self.num_envs, bool)
        return self._seen(), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        slots = np.arange(self.num_envs)
        self.courses[self.ended] += 1
        self.steps = np.where(self.ended, 0, self.steps + 1)
        rewards = np.stack([actions, -slots], axis=1) * (1.0 - self.ended[:, None])
        self.ended = self.steps == 3 + slots
        even = slots % 2 == 0
        return self._seen(), rewards, self.ended & even, self.ended & ~even, {}

    def _seen(self) -> Any:
        slots = np.arange(self.num_envs)
        return np.stack([slots, self.steps, self.courses], axis=1).astype(np.float32)


class Door(ScalarizedVectorEnv):
    """Named as a class, as RLlib wants environments that are not registered with Ray."""

    def __init__(self, context: dict[str, Any]) -> None:
        super().__init__(
            Walks(context["num_envs"]), objectives=("gain", "thrift"), weights=(0.5, 0.5)
        )


def config(seed: int = 1, *, channels: int = 1) -> ColumnPPOConfig:
    return (
        ColumnPPOConfig()
        .environment(Door)
        .env_runners(
            num_env_runners=0,
            num_envs_per_env_runner=4,
            rollout_fragment_length=20,
            gym_env_vectorize_mode="vector_entry_point",
        )
        .learners(num_learners=0)
        .training(
            train_batch_size_per_learner=80,
            minibatch_size=32,
            num_epochs=2,
            gamma=0.9,
            lambda_=0.8,
            clip_param=0.2,
            entropy_coeff=0.01,
            vf_loss_coeff=0.5,
            grad_clip=0.5,
            lr=1e-3,
        )
        .rl_module(model_config={"hidden": [8, 8], "channels": channels, "masks": 0})
        .debugging(seed=seed, log_level="ERROR")
    )


def learner_of(settings: ColumnPPOConfig, runner: ColumnEnvRunner) -> Any:
    learner = settings.build_learner(env=runner.env)
    learner.build()
    return learner


def training_data(fragment: Fragment) -> TrainingData:
    columns = SampleBatch(fragment._asdict())
    return TrainingData(batch=MultiAgentBatch({DEFAULT_MODULE_ID: columns}, env_steps=80))


def random_fragment(
    generator: np.random.Generator, *, envs: int, steps: int, channels: int = 1
) -> Fragment:
    """Courses that end at random, each followed by a resetting step, as NEXT_STEP has it."""
    terminated, truncated, decided = (np.zeros((envs, steps), bool) for _ in range(3))
    for env in range(envs):
        fresh = generator.random() < 0.3
        for step in range(steps):
            decided[env, step] = not fresh
            ends = not fresh and generator.random() < 0.3
            terminated[env, step] = ends and generator.random() < 0.5
            truncated[env, step] = ends and not terminated[env, step]
            fresh = ends
    return Fragment(
        observations=generator.normal(size=(envs, steps + 1, 3)).astype(np.float32),
        actions=generator.integers(0, ACTIONS, (envs, steps)),
        rewards=(generator.normal(size=(envs, steps, channels)) * decided[..., None]).astype(
            np.float32
        ),
        mixes=generator.dirichlet(np.ones(channels), (envs, steps)).astype(np.float32),
        terminated=terminated,
        truncated=truncated,
        decided=decided,
        occasions=np.arange(envs * steps).reshape(envs, steps),
    )


def textbook_advantage(
    fragment: Fragment, values: Any, env: int, step: int, *, discount: float, gae_lambda: float
) -> float:
    """Sum over k of (discount * lambda)^k d_{t+k}, to the end of the course or of the fragment.

    Of the rewards' sum over the channels, which is the reward where there is one alone.
    """
    total, factor = 0.0, 1.0
    for later in range(step, fragment.rewards.shape[1]):
        bootstrap = 0.0 if fragment.terminated[env, later] else values[env, later + 1]
        error = fragment.rewards[env, later].sum() + discount * bootstrap - values[env, later]
        total += factor * error
        factor *= discount * gae_lambda
        if fragment.terminated[env, later] or fragment.truncated[env, later]:
            break
    return total


@given(
    seed=st.integers(0, 2**32 - 1),
    discount=st.floats(0.0, 1.0),
    gae_lambda=st.floats(0.0, 1.0),
)
def test_advantages_are_the_textbook_sum_within_each_course(
    seed: int, discount: float, gae_lambda: float
) -> None:
    generator = np.random.default_rng(seed)
    fragment = random_fragment(generator, envs=3, steps=12)
    values = generator.normal(size=(3, 13))
    found = generalised_advantages(
        fragment, values[..., None], discount=discount, gae_lambda=gae_lambda
    )
    for env, step in zip(*np.nonzero(fragment.decided), strict=True):
        expected = textbook_advantage(
            fragment, values, env, step, discount=discount, gae_lambda=gae_lambda
        )
        assert found[env, step, 0] == pytest.approx(expected, abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1))
def test_advantages_of_vectors_are_those_of_each_channel_alone(seed: int) -> None:
    generator = np.random.default_rng(seed)
    fragment = random_fragment(generator, envs=3, steps=9, channels=3)
    values = generator.normal(size=(3, 10, 3))
    found = generalised_advantages(fragment, values, discount=0.9, gae_lambda=0.8)
    for channel in range(3):
        alone = fragment._replace(rewards=fragment.rewards[..., [channel]])
        expected = generalised_advantages(
            alone, values[..., [channel]], discount=0.9, gae_lambda=0.8
        )
        np.testing.assert_allclose(found[..., [channel]], expected, atol=1e-12)


def test_what_follows_a_course_does_not_change_its_advantages() -> None:
    generator = np.random.default_rng(5)
    fragment = random_fragment(generator, envs=2, steps=6)
    ends = np.zeros((2, 6), bool)
    ends[:, 2] = True
    cut = fragment._replace(terminated=ends, truncated=ends & False)
    values = generator.normal(size=(2, 7, 1))
    other = values.copy()
    other[:, 3:] += 100.0
    first = generalised_advantages(cut, values, discount=0.9, gae_lambda=0.9)
    second = generalised_advantages(cut, other, discount=0.9, gae_lambda=0.9)
    np.testing.assert_array_equal(first[:, :3], second[:, :3])


def test_with_lambda_one_and_no_value_the_advantage_is_the_return_to_go() -> None:
    ends = np.array([[False, False, True]])
    fragment = Fragment(
        observations=np.zeros((1, 4, 1), np.float32),
        actions=np.zeros((1, 3), int),
        rewards=np.array([[[1.0], [2.0], [4.0]]], np.float32),
        mixes=np.ones((1, 3, 1), np.float32),
        terminated=ends,
        truncated=ends & False,
        decided=np.ones((1, 3), bool),
        occasions=np.array([[0, 1, 2]]),
    )
    found = generalised_advantages(fragment, np.zeros((1, 4, 1)), discount=1.0, gae_lambda=1.0)
    np.testing.assert_array_equal(found[..., 0], [[7.0, 6.0, 4.0]])


@pytest.mark.parametrize(
    ("ratio", "advantage", "expected"),
    [
        (1.0, 2.0, 2.0),
        (1.5, 2.0, 1.2 * 2.0),  # no reward for going beyond the clip
        (0.5, 2.0, 0.5 * 2.0),
        (0.5, -2.0, 0.8 * -2.0),
        (1.5, -2.0, 1.5 * -2.0),  # but the full price of having gone the wrong way
    ],
)
def test_the_surrogate_is_clipped_as_in_equation_7(
    ratio: float, advantage: float, expected: float
) -> None:
    found = clipped_surrogate(torch.tensor([math.log(ratio)]), torch.tensor([advantage]), clip=0.2)
    assert found.item() == pytest.approx(expected, rel=1e-6)


def test_steps_that_reset_a_course_are_no_decisions() -> None:
    runner = ColumnEnvRunner(config=config())
    fragment = runner.sample()
    ended = fragment.terminated | fragment.truncated
    assert ended.any()
    np.testing.assert_array_equal(fragment.decided[:, 1:], ~ended[:, :-1])
    assert fragment.decided[:, 0].all()
    assert (fragment.rewards[~fragment.decided] == 0.0).all()


def test_a_fragment_begins_where_the_last_one_stopped() -> None:
    runner = ColumnEnvRunner(config=config())
    first, second = runner.sample(), runner.sample()
    np.testing.assert_array_equal(first.observations[:, -1], second.observations[:, 0])
    ended = first.terminated[:, -1] | first.truncated[:, -1]
    np.testing.assert_array_equal(second.decided[:, 0], ~ended)


def test_rewards_of_each_course_sum_to_the_doors_scalar_returns() -> None:
    runner = ColumnEnvRunner(config=config())
    fragments = [runner.sample() for _ in range(3)]
    rewards = np.concatenate([fragment.rewards for fragment in fragments], axis=1)
    ended = np.concatenate([f.terminated | f.truncated for f in fragments], axis=1)
    sums = []
    for env in range(len(rewards)):
        stops = np.flatnonzero(ended[env]) + 1
        sums += [float(part.sum()) for part in np.split(rewards[env], stops)[: len(stops)]]
    door = runner.env.unwrapped
    assert len(sums) > 20
    np.testing.assert_allclose(sorted(sums), sorted(door.scalar_returns), rtol=1e-6)
    assert all((fragment.mixes == 1.0).all() for fragment in fragments)


def test_with_a_channel_for_each_objective_rewards_are_vectors_mixed_by_the_preference() -> None:
    scalar, vector = (
        ColumnEnvRunner(config=config(channels=channels)).sample() for channels in (1, 2)
    )
    np.testing.assert_array_equal(vector.actions, scalar.actions)  # drawn from the same seed
    slots = np.broadcast_to(np.arange(4)[:, None], vector.actions.shape)
    # Gain is the action; thrift is minus the slot, in a box of 4.
    expected = np.stack([vector.actions, -slots / 4.0], axis=-1) * vector.decided[..., None]
    np.testing.assert_allclose(vector.rewards, expected)
    np.testing.assert_array_equal(vector.mixes, np.full((4, 20, 2), 0.5))
    mixed = (vector.rewards * vector.mixes).sum(axis=-1)
    np.testing.assert_allclose(mixed, scalar.rewards[..., 0], atol=1e-6)


def test_an_occasion_is_a_family_a_course_and_a_place_in_it() -> None:
    runner = ColumnEnvRunner(config=config())
    fragments = [runner.sample() for _ in range(2)]
    occasions, observations, decided = (
        np.concatenate([getattr(f, name)[:, :20] for f in fragments], axis=1)
        for name in ("occasions", "observations", "decided")
    )
    slots, steps, courses = observations[decided].T
    places = list(zip(slots // Walks.twins, courses, steps, strict=True))
    numbers = occasions[decided]
    assert len(set(numbers)) == len(set(places)) == len(set(zip(numbers, places, strict=True)))


@given(seed=st.integers(0, 2**32 - 1))
def test_twins_are_compared_with_the_mean_of_the_others(seed: int) -> None:
    generator = np.random.default_rng(seed)
    advantages, occasions = generator.normal(size=(30, 2)), generator.integers(0, 12, 30)
    found = beyond_twins(advantages, occasions)
    for row in range(30):
        others = (occasions == occasions[row]) & (np.arange(30) != row)
        baseline = advantages[others].mean(axis=0) if others.any() else 0.0
        np.testing.assert_allclose(found[row], advantages[row] - baseline, atol=1e-12)


@given(luck=st.floats(-1e3, 1e3))
def test_what_all_twins_share_cancels(luck: float) -> None:
    advantages, occasions = np.array([[1.0], [4.0], [2.0], [3.0]]), np.array([7, 7, 7, 8])
    shared = np.where(occasions == 7, luck, 0.0)[:, None]
    np.testing.assert_allclose(
        beyond_twins(advantages + shared, occasions),
        beyond_twins(advantages, occasions),
        atol=1e-9,
    )


def test_only_decisions_are_counted_as_steps() -> None:
    runner = ColumnEnvRunner(config=config())
    fragment = runner.sample()
    counted = runner.metrics.peek("num_env_steps_sampled_lifetime")
    assert counted == fragment.decided.sum() < fragment.decided.size


def test_asking_for_episodes_says_what_to_use_instead() -> None:
    runner = ColumnEnvRunner(config=config())
    with pytest.raises(ValueError, match=r"dosefront\.evaluate"):
        runner.sample(num_episodes=3)


def test_the_learner_sees_each_decision_once_an_epoch() -> None:
    settings = config()
    runner = ColumnEnvRunner(config=settings)
    fragment = runner.sample()
    learner = learner_of(settings, runner)
    minibatches = [
        minibatch[Columns.OBS].numpy() for minibatch in learner.minibatches(fragment._asdict())
    ]
    decisions = fragment.observations[:, :-1][fragment.decided]
    per_epoch = len(minibatches) // 2
    for epoch in (minibatches[:per_epoch], minibatches[per_epoch:]):
        seen = np.concatenate(epoch)
        assert sorted(map(tuple, seen)) == sorted(map(tuple, decisions))


def test_the_loss_is_surrogate_critic_and_entropy(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config(channels=2)
    runner = ColumnEnvRunner(config=settings)
    learner = learner_of(settings, runner)
    module = learner.module[DEFAULT_MODULE_ID].unwrapped()
    generator = torch.Generator().manual_seed(2)
    rows = 40
    observations = torch.randn(rows, 3, generator=generator)
    actions = torch.randint(0, ACTIONS, (rows,), generator=generator)
    before = torch.randn(rows, generator=generator) * 0.5 - 1.0
    advantages = torch.randn(rows, generator=generator)
    targets = torch.randn(rows, 2, generator=generator)
    logits, values = module.policy(observations), module.value(observations).detach().numpy()
    batch = {
        Columns.OBS: observations,
        Columns.ACTIONS: actions,
        Columns.ACTION_LOGP: before,
        Postprocessing.ADVANTAGES: advantages,
        Postprocessing.VALUE_TARGETS: targets,
    }
    losses: list[torch.Tensor] = []
    monkeypatch.setattr(learner, "descend", losses.append)
    logged = learner.learn(batch)
    chances = np.exp(logits.detach().double().numpy())
    chances /= chances.sum(axis=1, keepdims=True)
    now = np.log(chances[np.arange(rows), actions])
    ratio = np.exp(now - before.numpy())
    gain = advantages.numpy()
    surrogate = np.where(
        gain > 0, np.minimum(ratio, 1.2) * gain, np.maximum(ratio, 0.8) * gain
    ).mean()
    critic = ((values - targets.numpy()) ** 2).mean()
    spread = -(chances * np.log(chances)).sum(axis=1).mean()
    (found,) = losses
    assert found.item() == pytest.approx(-surrogate + 0.5 * critic - 0.01 * spread, rel=1e-5)
    expected = {"policy_loss": -surrogate, "vf_loss": critic, "entropy": spread}
    assert {name: each.item() for name, each in logged.items()} == pytest.approx(expected, rel=1e-5)


def test_a_decisions_advantage_is_standardised_among_all_under_its_own_mix() -> None:
    settings = config(channels=2)
    learner = learner_of(settings, ColumnEnvRunner(config=settings))
    generator = np.random.default_rng(4)
    fragment = random_fragment(generator, envs=4, steps=20, channels=2)
    rows = learner._rows(fragment)
    observations = torch.from_numpy(fragment.observations)
    values = learner.network.value(observations).detach().numpy()
    channels, mixes, targets = [], [], []
    for env, step in zip(*np.nonzero(fragment.decided), strict=True):
        advantages = np.array(
            [
                textbook_advantage(
                    fragment._replace(rewards=fragment.rewards[..., [channel]]),
                    values[..., channel],
                    env,
                    step,
                    discount=0.9,
                    gae_lambda=0.8,
                )
                for channel in range(2)
            ]
        )
        channels.append(advantages)
        mixes.append(fragment.mixes[env, step])
        targets.append(advantages + values[env, step])
    under = np.array(mixes) @ np.array(channels).T  # a row a mix, a column a decision
    expected = (np.diag(under) - under.mean(axis=1)) / under.std(axis=1)
    np.testing.assert_allclose(rows[Postprocessing.ADVANTAGES], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(rows[Postprocessing.VALUE_TARGETS], targets, rtol=1e-4, atol=1e-5)


def test_features_are_standardised_by_every_decision_learned_from() -> None:
    settings = config()
    settings.rl_module(model_config={**settings.model_config, "standardise": True})
    learner = learner_of(settings, ColumnEnvRunner(config=settings))
    generator = np.random.default_rng(4)
    fragments = [random_fragment(generator, envs=4, steps=20) for _ in range(2)]
    for fragment in fragments:
        learner.update(training_data(fragment))
    decided = [each.observations[:, :-1][each.decided] for each in fragments]
    everything = np.concatenate(decided)
    found = learner.network.standardisation
    np.testing.assert_allclose(found.mean, everything.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(found.deviation, everything.std(axis=0), rtol=1e-5)
    shown = torch.from_numpy(everything)
    expected = learner.network.policy((shown - found.mean) / found.deviation)
    torch.testing.assert_close(learner.network.outputs(shown), expected)


def test_limits_replace_the_preferences_mix_by_the_multipliers() -> None:
    fragment = random_fragment(np.random.default_rng(4), envs=2, steps=5, channels=2)
    multipliers = Multipliers(np.array([1.0, 0.0]))
    multipliers.values = np.array([0.0, 3.0])
    algorithm = SimpleNamespace(multipliers=multipliers)
    mixes = ColumnPPO.lesson(algorithm, fragment)["mixes"]
    np.testing.assert_allclose(mixes, np.broadcast_to([0.25, 0.75], (2, 5, 2)))
    algorithm.multipliers = None
    assert ColumnPPO.lesson(algorithm, fragment)["mixes"] is fragment.mixes


def test_a_loss_that_is_not_finite_carries_the_columns_it_came_from() -> None:
    settings = config()
    runner = ColumnEnvRunner(config=settings)
    learner, fragment = learner_of(settings, runner), runner.sample()
    fragment.rewards[1, 3, 0] = np.nan
    with pytest.raises(DivergedError, match=r"losses are .*nan.*The batch is kept") as caught:
        learner.update(training_data=training_data(fragment))
    again = pickle.loads(pickle.dumps(caught.value))  # as it comes from a worker
    assert str(again) == str(caught.value)
    with np.load(io.BytesIO(again.batch)) as batch:
        assert batch.files == list(Fragment._fields)
        for name in batch.files:
            np.testing.assert_array_equal(batch[name], getattr(fragment, name))


def weights_after_one_iteration(seed: int) -> dict[str, Any]:
    settings = config(seed)
    runner = ColumnEnvRunner(config=settings)
    learner = learner_of(settings, runner)
    before = learner.module[DEFAULT_MODULE_ID].unwrapped()
    runner.module.load_state_dict(before.state_dict(), strict=False)
    learner.update(training_data=training_data(runner.sample()), timesteps={})
    return {name: value.numpy() for name, value in before.state_dict().items()}


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, again, other = (weights_after_one_iteration(seed) for seed in (1, 1, 2))
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
    assert any((value != other[name]).any() for name, value in first.items())


def test_joining_fragments_puts_their_environments_below_each_other() -> None:
    generator = np.random.default_rng(1)
    parts = [random_fragment(generator, envs=envs, steps=5) for envs in (2, 3)]
    whole = joined(parts)
    for column, first, second in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(column, np.concatenate([first, second]))
