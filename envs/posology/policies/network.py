"""A trained network as a policy: numpy alone, the same bits in any batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Shaped

from posology.policies.situation import View

ROWS = 256
"""Observations are worked in zero-padded blocks of this many, since a matrix product's last bits
depend on its shape."""

_ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
}


def _check_known(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(
            f'{what} is one of {", ".join(known)}; got "{name}". A newer version may know it.'
        )


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

    def __post_init__(self) -> None:
        _check_known("a form of action", self.kind, ("Discrete", "MultiDiscrete", "Box"))

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
    """A fully connected network that acts greedily.

    Raises:
        ValueError: weights that are not finite, or an activation or a reading that is not known.
    """

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
        _check_known("an activation", self.activation, tuple(_ACTIVATIONS))
        _check_known("a reading", self.reading, ("outputs", "values"))
        for index, layer in enumerate([*self.weights, *self.biases]):
            if not np.isfinite(layer).all():
                raise ValueError(
                    f"a policy's weights must be finite; array {index} holds NaN or infinity. "
                    "The training diverged: lower its learning rate and train again."
                )

    @property
    def choices(self) -> int:
        """What the network gives for one observation: outputs, or actions that it values."""
        outputs = self.weights[-1].shape[0]
        return outputs // len(self.view.preference or ()) if self.reading == "values" else outputs

    @property
    def width(self) -> int:
        """Numbers of an observation that hold what the view adds: inputs, then any masks."""
        return self.weights[0].shape[1] + (self.choices if self.view.masks else 0)

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
