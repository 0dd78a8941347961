"""A trained network as a policy: numpy alone, the same bits in any batch."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from dosefront.errors import CheckpointError

ROWS = 256
"""Observations are worked in zero-padded blocks of this many, since a matrix product's last bits
depend on its shape."""

_ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
}


@dataclass(frozen=True)
class NetworkPolicy:
    """A fully connected network whose largest output names the discrete action."""

    weights: Sequence[Float32[np.ndarray, "_outputs _inputs"]]
    biases: Sequence[Float32[np.ndarray, " _outputs"]]
    activation: str
    """Between layers: tanh or relu."""
    provenance: Mapping[str, Any]
    """What it was trained on; JSON values."""

    def __post_init__(self) -> None:
        for index, layer in enumerate([*self.weights, *self.biases]):
            if not np.isfinite(layer).all():
                raise CheckpointError(
                    f"a policy's weights must be finite; array {index} holds NaN or infinity. "
                    "The training diverged: lower its learning rate and run the trial again."
                )

    def actions(
        self, observations: Float32[np.ndarray, "patients features"]
    ) -> Int[np.ndarray, " patients"]:
        """The action with the largest output for each patient."""
        padded = np.zeros((-(-len(observations) // ROWS) * ROWS, observations.shape[1]), np.float32)
        padded[: len(observations)] = observations
        blocks = [self._outputs(block) for block in padded.reshape(-1, ROWS, padded.shape[1])]
        return np.concatenate(blocks)[: len(observations)].argmax(axis=1)

    def _outputs(
        self, x: Float32[np.ndarray, "rows features"]
    ) -> Float32[np.ndarray, "rows actions"]:
        activation = _ACTIVATIONS[self.activation]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = activation(x @ weight.T + bias)
        return x @ self.weights[-1].T + self.biases[-1]

    def to_bytes(self) -> bytes:
        """The policy as a `.npz` file: arrays and JSON, nothing that is executed when read."""
        buffer = io.BytesIO()
        arrays = {f"weight{i}": layer for i, layer in enumerate(self.weights)}
        arrays |= {f"bias{i}": layer for i, layer in enumerate(self.biases)}
        note = {"activation": self.activation, "provenance": self.provenance}
        # numpy types its keywords as if one of them could be allow_pickle.
        np.savez(buffer, note=np.array(json.dumps(note, sort_keys=True)), **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()


def read_policy(path: Path) -> NetworkPolicy:
    """The policy in a checkpoint file.

    Raises:
        CheckpointError: missing, truncated, not a policy, or holding NaN.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            note = json.loads(str(archive["note"]))
            layers = sum(name.startswith("weight") for name in archive.files)
            weights = [archive[f"weight{i}"] for i in range(layers)]
            biases = [archive[f"bias{i}"] for i in range(layers)]
            activation, provenance = note["activation"], note["provenance"]
    except FileNotFoundError as error:
        raise CheckpointError(
            f"no checkpoint at {path}. Copy it back, or delete the trial's line from the ledger "
            "and resume the run to train it again."
        ) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"{path} is no policy: {error}. It may be truncated; delete it and the trial's line "
            "from the ledger, and resume the run to train it again."
        ) from error
    try:
        return NetworkPolicy(weights, biases, activation, provenance)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
