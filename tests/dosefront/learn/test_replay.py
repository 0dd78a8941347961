"""Replay, and what is learned from it: targets worked by hand, without Ray."""

import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner.training_data import TrainingData
from ray.rllib.policy.sample_batch import MultiAgentBatch, SampleBatch

from dosefront.learn.column_replay import ColumnReplay, ColumnReplayConfig
from dosefront.learn.column_runner import ColumnEnvRunner
from dosefront.learn.conditioned_dqn import ActionValueNetwork, ConditionedDQNLearner
from dosefront.learn.conditioned_sac import ConditionedSACLearner, SoftNetwork
from dosefront.learn.door import ScalarizedVectorEnv
from dosefront.learn.fragment import Fragment
from dosefront.learn.replay import Replay, transitions
from posology.dosing import CourseVectorEnv

pytestmark = pytest.mark.integration

GAMMA, RATE = 0.9, 0.25


class Door(ScalarizedVectorEnv):
    """Named as a class, as RLlib wants environments that are not registered with Ray."""

    def __init__(self, context: dict[str, Any]) -> None:
        env = CourseVectorEnv(
            context["num_envs"], patients=50, decisions="due", continuous=context["continuous"]
        )
        super().__init__(
            env, objectives=("efficacy", "toxicity"), weights=(0.5, 0.5), least=(0.0, 0.0)
        )


NETWORKS = {
    "DQN": (ActionValueNetwork, ConditionedDQNLearner),
    "SAC": (SoftNetwork, ConditionedSACLearner),
}


def made(
    kind: str, *, batch: int = 16, least: tuple[float, ...] = (0.0, 0.0)
) -> tuple[ColumnEnvRunner, Any]:
    """A runner on eight patients, and a learner."""
    network, learner = NETWORKS[kind]
    config = (
        ColumnReplayConfig()
        .environment(Door, env_config={"continuous": kind == "SAC"})
        .env_runners(
            num_env_runners=0,
            num_envs_per_env_runner=8,
            rollout_fragment_length=6,
            gym_env_vectorize_mode="vector_entry_point",
        )
        .learners(num_learners=0)
        .replaying(
            network=network,
            learner=learner,
            capacity=200,
            batch=batch,
            learning_starts=60,
            training_intensity=2.0,
            target_rate=RATE,
            least=least,
        )
        .training(lr=1e-2, gamma=GAMMA, grad_clip=10.0)
        .rl_module(
            model_config={
                "hidden": [6],
                "channels": 2,
                "masks": 25 if kind == "DQN" else 0,
                "exploration": 0.1,
                "exploration_steps": 100,
            }
        )
        .debugging(seed=1, log_level="ERROR")
    )
    runner = ColumnEnvRunner(config=config)
    built = config.build_learner(env=runner.env)
    built.build()
    return runner, built


def minibatch_of(fragment: Fragment) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(rows) for name, rows in transitions(fragment).items()}


def fragment_of(first: int, *, steps: int) -> Fragment:
    """Two environments whose observation, action and reward all are a running number."""
    numbers = first + np.arange(2 * steps).reshape(steps, 2).T
    observations = np.full((2, steps + 1, 1), -1.0, np.float32)
    observations[:, :-1, 0] = numbers
    ends = numbers % 7 == 3
    decided = numbers % 5 != 4
    return Fragment(
        observations=observations,
        actions=numbers,
        rewards=numbers[..., None].astype(np.float32),
        mixes=np.ones((2, steps, 1), np.float32),
        terminated=ends,
        truncated=ends & False,
        decided=decided,
        occasions=numbers,
    )


def test_transitions_are_decisions_in_the_order_of_time() -> None:
    found = transitions(fragment_of(0, steps=6))
    expected = [number for number in range(12) if number % 5 != 4]
    for name in ("observations", "actions", "rewards"):
        assert found[name].ravel().tolist() == expected
    assert found["terminated"].tolist() == [number % 7 == 3 for number in expected]


def test_each_decision_is_followed_by_the_next_observation_of_its_environment() -> None:
    found = transitions(fragment_of(0, steps=6))
    # The other environment stands between; the last observations are -1.
    expected = [number + 2.0 if number < 10 else -1.0 for number in found["actions"]]
    assert found["followers"].ravel().tolist() == expected


def test_the_follower_of_a_courses_end_is_its_last_observation() -> None:
    runner, _ = made("DQN")
    fragment = runner.sample(num_timesteps=8 * 12)
    ends = fragment.terminated | fragment.truncated
    found = transitions(fragment)
    is_end = np.swapaxes(ends, 0, 1)[fragment.decided.T]
    assert is_end.any()
    last = np.swapaxes(fragment.observations[:, 1:], 0, 1)[np.swapaxes(ends, 0, 1)]
    np.testing.assert_array_equal(found["followers"][is_end], last)


def test_the_last_transitions_are_kept_and_the_first_overwritten() -> None:
    replay, numbers = Replay(10), []
    for first, steps in ((0, 3), (6, 2), (10, 4), (18, 1)):
        replay.add(fragment_of(first, steps=steps))
        numbers += [n for n in range(first, first + 2 * steps) if n % 5 != 4]
        drawn = replay.draw(2000, np.random.default_rng(0))
        assert replay.size == min(10, len(numbers))
        assert sorted(set(drawn["actions"].tolist())) == numbers[-10:]


def test_a_fragment_larger_than_the_replay_leaves_its_last_transitions() -> None:
    replay = Replay(4)
    replay.add(fragment_of(0, steps=9))
    drawn = replay.draw(500, np.random.default_rng(0))
    assert set(drawn["actions"].tolist()) == {13, 15, 16, 17}
    np.testing.assert_array_equal(drawn["rewards"][:, 0], drawn["actions"])


@pytest.mark.parametrize("steps", [3, 9])
def test_a_pickled_replay_holds_the_same_and_goes_on_alike(steps: int) -> None:
    replay = Replay(10)
    replay.add(fragment_of(0, steps=steps))
    again = pickle.loads(pickle.dumps(replay))
    for first in (20, 30, 40):
        drawn, found = (each.draw(50, np.random.default_rng(0)) for each in (replay, again))
        for name, column in drawn.items():
            np.testing.assert_array_equal(column, found[name])
        for each in (replay, again):
            each.add(fragment_of(first, steps=2))


def test_the_room_that_a_replay_has_not_filled_is_not_pickled() -> None:
    replay, large = Replay(10), Replay(10**6)
    for each in (replay, large):
        each.add(fragment_of(0, steps=3))
    assert len(pickle.dumps(large)) < len(pickle.dumps(replay)) + 16


def test_transitions_are_replayed_as_often_as_was_asked() -> None:
    algorithm = SimpleNamespace(
        config=SimpleNamespace(batch=16, learning_starts=60, training_intensity=2.5),
        _replay=Replay(1000),
        _generator=np.random.default_rng(0),
        _owed=0.0,
    )
    sampled, replayed = 0, 0
    for first in range(0, 1000, 10):
        lesson = ColumnReplay.lesson(algorithm, fragment_of(first, steps=5))
        if algorithm._replay.size >= 60:
            sampled += 8
        replayed += 0 if lesson is None else len(lesson["rewards"])
    assert sampled == 8 * (100 - 7)
    assert sampled * 2.5 - 16 < replayed <= sampled * 2.5


def forward(network: torch.nn.Module, inputs: Any) -> np.ndarray:
    """What a perceptron of one hidden layer of rectifiers gives, by numpy."""
    first, second = (layer for layer in network if isinstance(layer, torch.nn.Linear))
    weights = [part.detach().double().numpy() for part in (first.weight, first.bias)]
    hidden = np.maximum(inputs @ weights[0].T + weights[1], 0.0)
    return hidden @ second.weight.detach().double().numpy().T + second.bias.detach().numpy()


def test_what_follows_is_chosen_by_the_network_and_valued_by_its_target() -> None:
    runner, learner = made("DQN")
    network = learner.network
    with torch.no_grad():  # else both are equal, and which one chooses would not matter
        for parameter in network.target.parameters():
            parameter += 0.3 * torch.randn(
                parameter.shape, generator=torch.Generator().manual_seed(2)
            )
    minibatch = minibatch_of(runner.sample(num_timesteps=8 * 12))
    rows = len(minibatch["rewards"])
    assert minibatch["terminated"].any()
    own = learner.drawn_preferences(rows)
    found = learner._targets(minibatch, own).numpy()

    followers = minibatch["followers"].double().numpy()
    chose_closed = 0
    for row in range(rows):
        features, masks = followers[row, :-27], followers[row, -25:]
        inputs = np.concatenate([features, own[row].numpy()])
        weighed = own[row].double().numpy() @ forward(network.action_values, inputs).reshape(2, 25)
        chose_closed += masks[weighed.argmax()] == 0.0
        weighed[masks == 0.0] = -np.inf
        expected = forward(network.target, inputs).reshape(2, 25)[:, weighed.argmax()]
        goes_on = 0.0 if minibatch["terminated"][row] else GAMMA
        vector = minibatch["rewards"][row].numpy() + goes_on * expected
        np.testing.assert_allclose(found[row], vector, rtol=1e-4, atol=1e-5)
    assert chose_closed > 0  # the masks made a difference


def test_an_update_moves_the_target_a_little_towards_the_network() -> None:
    runner, learner = made("DQN")
    network = learner.network
    before = [parameter.clone() for parameter in network.target.parameters()]
    learner.learn(minibatch_of(runner.sample(num_timesteps=8 * 6)))
    moved = 0.0
    for old, target, parameter in zip(
        before, network.target.parameters(), network.action_values.parameters(), strict=True
    ):
        torch.testing.assert_close(target, old + RATE * (parameter - old))
        moved += float((parameter - old).detach().abs().sum())
    assert moved > 0.0


def test_the_losses_are_of_vectors_and_of_their_weighed_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner, learner = made("DQN")
    minibatch = minibatch_of(runner.sample(num_timesteps=8 * 6))
    rows = len(minibatch["rewards"])
    preferences, targets = torch.rand(rows, 2), torch.randn(rows, 2)
    monkeypatch.setattr(learner, "drawn_preferences", lambda *_: preferences)
    monkeypatch.setattr(learner, "_targets", lambda *_: targets)
    losses: list[torch.Tensor] = []
    monkeypatch.setattr(learner, "descend", losses.append)
    learner.learn(minibatch)
    observations = minibatch["observations"].double().numpy()
    inputs = np.concatenate([observations[:, :-27], preferences.numpy()], axis=1)
    values = forward(learner.network.action_values, inputs).reshape(rows, 2, 25)
    errors = values[np.arange(rows), :, minibatch["actions"]] - targets.numpy()
    weighed = (errors * preferences.numpy()).sum(axis=1)
    expected = (errors**2).sum(axis=1).mean() + (weighed**2).mean()
    assert losses[0].item() == pytest.approx(expected, rel=1e-4)


def test_exploration_fades_and_takes_open_actions_only() -> None:
    runner, learner = made("DQN")
    network = learner.network
    observations = minibatch_of(runner.sample(num_timesteps=8 * 6))["observations"][:4]
    rows = observations.repeat(1000, 1)
    masks = rows[:, -25:]
    greedy = network._forward({"obs": rows})["actions"]
    shares = {}
    for steps in (0, 50, 1000):
        drawn = network.explore(rows, torch.Generator().manual_seed(1), steps=steps)
        assert (masks.gather(1, drawn[:, None]) > 0.0).all()
        shares[steps] = float((drawn != greedy).double().mean())
    # One open action of several is the greedy one: random draws differ from it with 1 - 1 / open.
    differs = float((1.0 - 1.0 / masks.sum(dim=1)).mean())
    for steps, share in {0: 1.0, 50: 0.55, 1000: 0.1}.items():
        assert shares[steps] == pytest.approx(share * differs, abs=0.03)


def test_replayed_preferences_are_uniform_above_the_least_weights() -> None:
    least = np.array([0.5, 0.1, 0.0])
    _, learner = made("DQN", least=tuple(least))
    drawn = (learner.drawn_preferences(20_000).numpy() - least) / 0.4
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0, rtol=1e-5)
    # Uniform on the simplex: variance 1/18, and P(largest < 1/2) = 1/4.
    np.testing.assert_allclose(drawn.var(axis=0), 1.0 / 18.0, rtol=0.03)
    assert np.mean(drawn.max(axis=1) < 0.5) == pytest.approx(0.25, abs=0.015)


def test_the_soft_target_is_that_of_the_critic_that_values_what_follows_less() -> None:
    runner, learner = made("SAC")
    network = learner.network
    minibatch = minibatch_of(runner.sample(num_timesteps=8 * 12))
    rows = len(minibatch["rewards"])
    assert minibatch["terminated"].any()
    preferences = learner.drawn_preferences(rows)
    state = learner._generator.get_state()
    found = learner._targets(minibatch, preferences).numpy()
    learner._generator.set_state(state)
    followers = torch.cat([minibatch["followers"][:, :-2], preferences], dim=1)
    with torch.no_grad():
        actions, logs = network.drawn(followers, learner._generator)
        inputs = torch.cat([followers, actions], dim=1)
        valued = [critic(inputs).numpy() for critic in network.targets]
    temperature = np.exp(-2.0)
    chosen = set()
    for row in range(rows):
        worths = [each[row] @ preferences[row].numpy() for each in valued]
        less = int(np.argmin(worths))
        chosen.add(less)
        following = valued[less][row] - temperature * logs[row].item()
        goes_on = 0.0 if minibatch["terminated"][row] else GAMMA
        expected = minibatch["rewards"][row].numpy() + goes_on * following
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=1e-5)
    assert chosen == {0, 1}


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_replayed_batch_is_learned_in_minibatches(kind: str) -> None:
    runner, learner = made(kind)
    replay = Replay(200)
    replay.add(runner.sample(num_timesteps=8 * 12))
    columns = dict(replay.draw(3 * 16, np.random.default_rng(0)))
    parts = list(learner.minibatches(columns))
    assert [len(part["rewards"]) for part in parts] == [16, 16, 16]
    np.testing.assert_array_equal(
        np.concatenate([part["rewards"] for part in parts]), columns["rewards"]
    )
    before = [parameter.clone() for parameter in learner.network.parameters()]
    batch = MultiAgentBatch({DEFAULT_MODULE_ID: SampleBatch(columns)}, env_steps=48)
    learner.update(training_data=TrainingData(batch=batch), timesteps={})
    changed = [
        bool((old != new).any())
        for old, new in zip(before, learner.network.parameters(), strict=True)
    ]
    assert all(changed)
