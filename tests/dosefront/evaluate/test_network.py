"""A network policy: its forward pass, its file, and files that are none."""

import io
from pathlib import Path

import numpy as np
import pytest

from dosefront.errors import CheckpointError
from dosefront.evaluate import NetworkPolicy, read_policy


@pytest.fixture
def policy() -> NetworkPolicy:
    rng = np.random.default_rng(0)
    shapes = [(8, 5), (8, 8), (4, 8)]
    weights = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    biases = [rng.standard_normal(shape[0]).astype(np.float32) for shape in shapes]
    return NetworkPolicy(weights, biases, "tanh", {"algorithm": "PPO"})


@pytest.fixture
def observations() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((700, 5)).astype(np.float32)


def test_the_action_is_the_largest_output_of_the_network(
    policy: NetworkPolicy, observations: np.ndarray
) -> None:
    x = observations.astype(np.float64)
    for weight, bias in zip(policy.weights[:-1], policy.biases[:-1], strict=True):
        x = np.tanh(x @ weight.T + bias)
    outputs = x @ policy.weights[-1].T + policy.biases[-1]
    assert (policy.actions(observations) == outputs.argmax(axis=1)).all()


def test_actions_do_not_depend_on_the_batch(
    policy: NetworkPolicy, observations: np.ndarray
) -> None:
    whole = policy._outputs(np.vstack([observations[:256]]))
    for size in (1, 7, 255):
        padded = np.zeros((256, 5), np.float32)
        padded[:size] = observations[:size]
        assert (policy._outputs(padded)[:size] == whole[:size]).all()
    assert (policy.actions(observations[:9]) == policy.actions(observations)[:9]).all()


def test_a_policy_survives_its_file(
    policy: NetworkPolicy, observations: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "policy.npz"
    path.write_bytes(policy.to_bytes())
    restored = read_policy(path)
    assert restored.provenance == {"algorithm": "PPO"}
    assert (restored.actions(observations) == policy.actions(observations)).all()


def test_the_same_policy_has_the_same_bytes(policy: NetworkPolicy) -> None:
    assert policy.to_bytes() == policy.to_bytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_in_memory_and_in_a_file(
    policy: NetworkPolicy, tmp_path: Path, bad: float
) -> None:
    path = tmp_path / "policy.npz"
    weights = [weight.copy() for weight in policy.weights]
    content = policy.to_bytes()
    weights[1][2, 3] = bad
    with pytest.raises(CheckpointError, match="array 1 holds NaN or infinity"):
        NetworkPolicy(weights, policy.biases, "tanh", {})
    with np.load(io.BytesIO(content)) as stored:
        np.savez(path, **{**stored, "weight1": weights[1]})
    with pytest.raises(CheckpointError, match=r"policy\.npz: a policy's weights must be finite"):
        read_policy(path)


def test_a_missing_checkpoint_says_how_to_get_it_back(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint at .*resume the run"):
        read_policy(tmp_path / "policy.npz")


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_a_truncated_checkpoint_is_no_policy(
    policy: NetworkPolicy, tmp_path: Path, keep: int
) -> None:
    path = tmp_path / "policy.npz"
    path.write_bytes(policy.to_bytes()[:keep])
    with pytest.raises(CheckpointError, match="is no policy"):
        read_policy(path)


def test_a_file_that_would_execute_code_is_no_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.npz"
    np.savez(path, note=np.array({"activation": print}, dtype=object))
    with pytest.raises(CheckpointError, match="is no policy"):
        read_policy(path)
