"""Action heads against torch's own distributions."""

import gymnasium
import numpy as np
import pytest
import torch
from torch import distributions

from dosefront.learn.action_heads import (
    Categorical,
    Gaussian,
    MultiCategorical,
    action_head,
    opened,
    squashed_log_probability,
)

pytestmark = pytest.mark.integration

ROWS = 7
BOX = gymnasium.spaces.Box(np.array([0.0, 10.0], np.float32), np.array([1.0, 30.0], np.float32))


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_logits_give_the_log_probability_and_entropy_of_torchs_categorical() -> None:
    head, logits, actions = Categorical(3), random(ROWS, 3), torch.arange(ROWS) % 3
    reference = distributions.Categorical(logits=logits)
    torch.testing.assert_close(head.log_probability(logits, actions), reference.log_prob(actions))
    torch.testing.assert_close(head.entropy(logits), reference.entropy())


def test_actions_are_drawn_as_often_as_the_softmax_says() -> None:
    rows, logits = 200_000, torch.tensor([0.0, 1.0, -1.0])
    actions = Categorical(3).draw(logits.expand(rows, 3), generator())
    shares = np.bincount(actions.numpy(), minlength=3) / rows
    expected = np.exp([0.0, 1.0, -1.0]) / np.exp([0.0, 1.0, -1.0]).sum()
    np.testing.assert_allclose(shares, expected, atol=4.0 * (0.25 / rows) ** 0.5)


def test_groups_are_independent_categoricals() -> None:
    head, logits = MultiCategorical((2, 3)), random(ROWS, 5)
    actions = torch.stack([torch.arange(ROWS) % 2, torch.arange(ROWS) % 3], dim=1)
    first, second = (distributions.Categorical(logits=x) for x in logits.split([2, 3], dim=1))
    expected = first.log_prob(actions[:, 0]) + second.log_prob(actions[:, 1])
    torch.testing.assert_close(head.log_probability(logits, actions), expected)
    torch.testing.assert_close(head.entropy(logits), first.entropy() + second.entropy())


def test_each_group_draws_from_its_own_logits() -> None:
    logits = torch.tensor([[0.0, 50.0, 0.0, 0.0, 50.0]]).expand(100, 5)
    drawn = MultiCategorical((2, 3)).draw(logits, generator())
    assert (drawn == torch.tensor([1, 2])).all()


def test_means_and_deviations_give_torchs_normal() -> None:
    head, outputs, actions = Gaussian(BOX), random(ROWS, 4), random(ROWS, 2)
    reference = distributions.Normal(outputs[:, :2], outputs[:, 2:].exp())
    expected = reference.log_prob(actions).sum(dim=1)
    torch.testing.assert_close(head.log_probability(outputs, actions), expected)
    torch.testing.assert_close(head.entropy(outputs), reference.entropy().sum(dim=1))


def test_numbers_are_drawn_with_their_mean_and_deviation() -> None:
    rows = 100_000
    outputs = torch.tensor([0.3, -2.0, np.log(0.5), np.log(2.0)]).expand(rows, 4)
    drawn = Gaussian(BOX).draw(outputs.float(), generator()).numpy()
    deviations = np.array([0.5, 2.0])
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - [0.3, -2.0]), 5 * deviations / 316)
    np.testing.assert_allclose(drawn.std(axis=0), deviations, rtol=0.02)


def test_what_is_drawn_is_given_within_the_box() -> None:
    drawn = np.array([[-1.0, 1.0], [0.0, 0.5], [-7.0, 7.0]], np.float32)
    expected = [[0.0, 30.0], [0.5, 25.0], [0.0, 30.0]]
    np.testing.assert_allclose(Gaussian(BOX).given(drawn), expected)


@pytest.mark.parametrize(
    ("space", "outputs"),
    [
        (gymnasium.spaces.Discrete(4), [[0.0, 3.0, 1.0, 2.0]]),
        (gymnasium.spaces.MultiDiscrete([2, 3]), [[0.0, 3.0, 1.0, 2.0, 0.0]]),
        (BOX, [[0.4, -0.2, -9.0, -9.0]]),
    ],
)
def test_a_greedy_policy_gives_the_likeliest_action(
    space: gymnasium.Space, outputs: list[list[float]]
) -> None:
    head = action_head(space)
    greedy = head.form.actions(np.array(outputs, np.float32))
    drawn = head.draw(torch.tensor(outputs).expand(2000, -1), generator())
    logs = head.log_probability(torch.tensor(outputs).expand(2000, -1), drawn)
    likeliest = head.given(drawn.numpy())[[int(logs.argmax())]]
    np.testing.assert_allclose(greedy, likeliest, atol=1e-3)
    assert space.contains(greedy[0].astype(space.dtype))


def test_the_squashed_density_is_that_of_torchs_transformed_distribution() -> None:
    outputs = random(ROWS, 4)
    reference = distributions.TransformedDistribution(
        distributions.Normal(outputs[:, :2].double(), outputs[:, 2:].double().exp()),
        [distributions.TanhTransform(cache_size=1)],
    )
    with torch.random.fork_rng():
        torch.manual_seed(2)
        squashed = reference.sample()
    drawn = torch.atanh(squashed)
    found = squashed_log_probability(outputs.double(), drawn)
    torch.testing.assert_close(found, reference.log_prob(squashed).sum(dim=1))


def test_far_out_the_squashed_density_stays_finite() -> None:
    # tanh(20) is 1 in single precision, where 1 - tanh^2 would be 0; it is 4 exp(-40).
    found = squashed_log_probability(torch.tensor([[20.0, 0.0]]), torch.tensor([[20.0]]))
    expected = -0.5 * np.log(2.0 * np.pi) - (np.log(4.0) - 40.0)
    assert found.item() == pytest.approx(expected, rel=1e-6)


def test_a_closed_action_is_never_drawn_and_the_others_share_its_probability() -> None:
    head, logits = Categorical(4), torch.tensor([[0.0, 9.0, 1.0, -1.0]])
    masks = torch.tensor([[1.0, 0.0, 1.0, 1.0]])
    outputs = opened(logits, masks)
    drawn = head.draw(outputs.expand(100_000, 4), generator())
    assert set(drawn.tolist()) == {0, 2, 3}
    rest = distributions.Categorical(logits=logits[:, [0, 2, 3]])
    for place, action in enumerate((0, 2, 3)):
        found = head.log_probability(outputs, torch.tensor([action]))
        torch.testing.assert_close(found, rest.log_prob(torch.tensor([place])))
    torch.testing.assert_close(head.entropy(outputs), rest.entropy())


@pytest.mark.parametrize(
    ("space", "told"),
    [
        (gymnasium.spaces.Box(-np.inf, np.inf, (2,)), "needs bounds"),
        (gymnasium.spaces.MultiBinary(3), "must be Discrete, MultiDiscrete or Box"),
    ],
)
def test_actions_without_a_head_are_refused(space: gymnasium.Space, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        action_head(space)
