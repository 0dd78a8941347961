"""Features on one scale, against numpy's mean and standard deviation of all rows at once."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dosefront.learn.standardisation import Standardisation, scale_of_preferences


def rows(seed: int, count: int) -> torch.Tensor:
    """Three features of very different ranges."""
    drawn = np.random.default_rng(seed).standard_normal((count, 3))
    return torch.from_numpy((drawn * [0.02, 1.0, 50.0] + [1.1, 0.0, -300.0]).astype(np.float32))


@given(seed=st.integers(0, 1000), cuts=st.lists(st.integers(2, 60), min_size=1, max_size=5))
def test_rows_in_pieces_count_as_if_they_had_come_at_once(seed: int, cuts: list[int]) -> None:
    seen = rows(seed, sum(cuts))
    standardisation = Standardisation(3)
    for piece in seen.split(cuts):
        standardisation.follow(piece)
    everything = seen.double().numpy()
    np.testing.assert_allclose(standardisation.mean, everything.mean(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(standardisation.deviation, everything.std(axis=0), rtol=1e-3)


def test_standardised_features_have_mean_nought_and_deviation_one() -> None:
    seen = rows(1, 500)
    standardisation = Standardisation(3)
    assert torch.equal(standardisation(seen), seen)  # nothing is known of them yet
    standardisation.follow(seen)
    shown = standardisation(seen).numpy()
    np.testing.assert_allclose(shown.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(shown.std(axis=0), 1.0, rtol=1e-3)


def test_a_feature_that_never_varies_is_only_centred() -> None:
    standardisation = Standardisation(2)
    standardisation.follow(torch.tensor([[7.0, 1.0], [7.0, 3.0]]))
    np.testing.assert_allclose(standardisation(torch.tensor([[7.5, 4.0]])), [[0.5, 2.0]])


def test_the_folded_layer_does_with_raw_features_what_the_layer_does_with_standardised_ones() -> (
    None
):
    standardisation, layer, seen = Standardisation(3), nn.Linear(3, 4), rows(2, 100)
    standardisation.follow(seen)
    weight, bias = standardisation.folded(layer.weight, layer.bias)
    torch.testing.assert_close(
        nn.functional.linear(seen, weight, bias),
        layer(standardisation(seen)),
        rtol=1e-4,
        atol=1e-4,
    )
    for found, own in zip(standardisation.unfolded(weight, bias), layer.parameters(), strict=True):
        torch.testing.assert_close(found, own, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("least", [(0.0, 0.0), (0.5, 0.1, 0.0)])
def test_drawn_preferences_are_shown_with_mean_nought_and_deviation_one(
    least: tuple[float, ...],
) -> None:
    uniform = np.random.default_rng(3).dirichlet(np.ones(len(least)), 100_000)
    drawn = np.array(least) + (1.0 - sum(least)) * uniform
    standardisation = Standardisation(1 + len(least))
    standardisation.preset(*scale_of_preferences(least))
    seen = torch.from_numpy(np.insert(drawn, 0, 7.0, axis=1).astype(np.float32))
    shown = standardisation(seen).numpy()
    np.testing.assert_allclose(shown[:, 0], 7.0)
    np.testing.assert_allclose(shown[:, 1:].mean(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(shown[:, 1:].std(axis=0), 1.0, rtol=0.02)


def test_the_only_preference_there_is_is_shown_as_nought() -> None:
    standardisation = Standardisation(2)
    standardisation.preset(*scale_of_preferences((0.7, 0.3)))
    np.testing.assert_allclose(standardisation(torch.tensor([[0.7, 0.3]])), 0.0, atol=1e-6)
