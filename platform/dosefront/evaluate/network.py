"""A trained network as a policy: numpy alone, the same bits in any batch."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Shaped

from dosefront.errors import CheckpointError
from dosefront.evaluate.situation import View

ROWS = 256
"""Observations are worked in zero-padded blocks of this many, since a matrix product's last bits
depend on its shape."""

_ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
}


@dataclass(frozen=True)
class ActionForm:
    """What a network's outputs say to do."""

    kind: str
    """Discrete: the largest output names the action. MultiDiscrete: so does that of each group.
    Box: the outputs are the action, 0 in the middle of its range and 1 at its upper end."""
    sizes: tuple[int, ...] = ()
    """Outputs of each group."""
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    is_squashed: bool = False
    """Whether the hyperbolic tangent brings the outputs into the box, else they are clipped."""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "ActionForm":
        """The form whose fields JSON holds."""
        sequences = {name: tuple(mapping[name]) for name in ("sizes", "low", "high")}
        return cls(**{**mapping, **sequences})

    def actions(
        self, outputs: Float32[np.ndarray, "rows outputs"]
    ) -> Shaped[np.ndarray, "rows ..."]:
        """One action a row."""
        if self.kind == "Discrete":
            return outputs.argmax(axis=1)
        if self.kind == "MultiDiscrete":
            groups = np.split(outputs, np.cumsum(self.sizes)[:-1], axis=1)
            return np.stack([group.argmax(axis=1) for group in groups], axis=1)
        low, high = np.array(self.low, np.float32), np.array(self.high, np.float32)
        unit = np.tanh(outputs) if self.is_squashed else np.clip(outputs, -1.0, 1.0)
        return low + (unit[:, : len(self.low)] + 1.0) * 0.5 * (high - low)


DISCRETE, PLAIN = ActionForm("Discrete"), View()


@dataclass(frozen=True)
class NetworkPolicy:
    """A fully connected network that acts greedily."""

    weights: Sequence[Float32[np.ndarray, "_outputs _inputs"]]
    biases: Sequence[Float32[np.ndarray, " _outputs"]]
    activation: str
    """Between layers: tanh or relu."""
    provenance: Mapping[str, Any]
    """What it was trained on; JSON values."""
    form: ActionForm = DISCRETE
    view: View = PLAIN
    """What it is shown beside the environment's observation."""
    reading: str = "outputs"
    """What the last layer gives. "values": the value of each action under each objective, objective
    by objective, to be weighed by the preference; "outputs": what the form reads."""

    def __post_init__(self) -> None:
        for index, layer in enumerate([*self.weights, *self.biases]):
            if not np.isfinite(layer).all():
                raise CheckpointError(
                    f"a policy's weights must be finite; array {index} holds NaN or infinity. "
                    "The training diverged: lower its learning rate and run the trial again."
                )

    def at(self, weights: Sequence[float]) -> "NetworkPolicy":
        """The policy for a preference; itself where it serves one only."""
        if self.view.preference is None:
            return self
        return replace(self, view=replace(self.view, preference=tuple(weights)))

    def actions(
        self, observations: Float32[np.ndarray, "patients features"]
    ) -> Shaped[np.ndarray, "patients ..."]:
        """The greedy action for each patient; the observations hold what the view adds."""
        padded = np.zeros((-(-len(observations) // ROWS) * ROWS, observations.shape[1]), np.float32)
        padded[: len(observations)] = observations
        inputs = self.weights[0].shape[1]
        blocks = padded[:, :inputs].reshape(-1, ROWS, inputs)
        outputs = np.concatenate([self._outputs(block) for block in blocks])[: len(observations)]
        if self.reading == "values":
            preference = np.array(self.view.preference, np.float32)
            values = outputs.reshape(len(outputs), len(preference), -1)
            outputs = (values * preference[:, None]).sum(axis=1)
        if self.view.masks:
            masks = observations[:, -outputs.shape[1] :]
            outputs = np.where(masks > 0.0, outputs, -np.inf).astype(np.float32)
        return self.form.actions(outputs)

    def _outputs(
        self, x: Float32[np.ndarray, "rows features"]
    ) -> Float32[np.ndarray, "rows outputs"]:
        activation = _ACTIVATIONS[self.activation]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = activation(x @ weight.T + bias)
        return x @ self.weights[-1].T + self.biases[-1]

    def to_bytes(self) -> bytes:
        """The policy as a `.npz` file: arrays and JSON, nothing that is executed when read."""
        buffer = io.BytesIO()
        arrays = {f"weight{i}": layer for i, layer in enumerate(self.weights)}
        arrays |= {f"bias{i}": layer for i, layer in enumerate(self.biases)}
        note = {
            "activation": self.activation,
            "provenance": self.provenance,
            "form": asdict(self.form),
            "view": asdict(self.view),
            "reading": self.reading,
        }
        # numpy types its keywords as if one of them could be allow_pickle.
        np.savez(buffer, note=np.array(json.dumps(note, sort_keys=True)), **arrays)  # type: ignore[arg-type]  # see above
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
            fields = {
                **note,
                "weights": [archive[f"weight{i}"] for i in range(layers)],
                "biases": [archive[f"bias{i}"] for i in range(layers)],
                "form": ActionForm.from_mapping(note["form"]),
                "view": View.from_mapping(note["view"]),
            }
    except FileNotFoundError as error:
        raise CheckpointError(
            f"no checkpoint at {path}. Copy it back, or delete the trial's line from the ledger "
            "and resume the run to train it again."
        ) from error
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"{path} is no policy: {error}. It may be truncated; delete it and the trial's line "
            "from the ledger, and resume the run to train it again."
        ) from error
    try:
        return NetworkPolicy(**fields)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
