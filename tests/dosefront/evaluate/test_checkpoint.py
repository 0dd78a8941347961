"""The file of a policy, and files that are none."""

import io
from pathlib import Path

import numpy as np
import pytest

from dosefront.errors import CheckpointError
from dosefront.evaluate import ActionForm, NetworkPolicy, View, policy_bytes, read_policy


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


def test_a_policy_survives_its_file(
    policy: NetworkPolicy, observations: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "policy.npz"
    path.write_bytes(policy_bytes(policy))
    restored = read_policy(path)
    assert restored.provenance == {"algorithm": "PPO"}
    assert (restored.actions(observations) == policy.actions(observations)).all()


def test_the_same_policy_has_the_same_bytes(policy: NetworkPolicy) -> None:
    assert policy_bytes(policy) == policy_bytes(policy)


def test_a_missing_checkpoint_says_how_to_get_it_back(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint at .*resume the run"):
        read_policy(tmp_path / "policy.npz")


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_a_truncated_checkpoint_is_no_policy(
    policy: NetworkPolicy, tmp_path: Path, keep: int
) -> None:
    path = tmp_path / "policy.npz"
    path.write_bytes(policy_bytes(policy)[:keep])
    with pytest.raises(CheckpointError, match="is no policy"):
        read_policy(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_checkpoint_that_is_not_finite_is_refused(
    policy: NetworkPolicy, tmp_path: Path, bad: float
) -> None:
    path = tmp_path / "policy.npz"
    with np.load(io.BytesIO(policy_bytes(policy))) as stored:
        weight = stored["weight1"].copy()
        weight[2, 3] = bad
        np.savez(path, **{**stored, "weight1": weight})
    with pytest.raises(CheckpointError, match=r"policy\.npz: a policy's weights must be finite"):
        read_policy(path)


def test_a_file_that_would_execute_code_is_no_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.npz"
    np.savez(path, note=np.array({"activation": print}, dtype=object))
    with pytest.raises(CheckpointError, match="is no policy"):
        read_policy(path)


def test_how_a_policy_sees_and_acts_survives_its_file(tmp_path: Path) -> None:
    policy = NetworkPolicy(
        [np.eye(4, dtype=np.float32)],
        [np.zeros(4, np.float32)],
        "relu",
        {},
        form=ActionForm("Box", low=(0.0, 1.0), high=(1.0, 3.0), is_squashed=True),
        view=View(accrued=True, discount=0.9, preference=(0.25, 0.75), masks=False),
        reading="values",
    )
    path = tmp_path / "policy.npz"
    path.write_bytes(policy_bytes(policy))
    restored = read_policy(path)
    assert (restored.form, restored.view, restored.reading) == (
        policy.form,
        policy.view,
        policy.reading,
    )
