"""What can be evaluated: anything that turns observations into actions."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32


@runtime_checkable
class Policy(Protocol):
    """A deterministic policy over a batch of observations."""

    def actions(
        self, observations: Float32[np.ndarray, "patients features"]
    ) -> np.ndarray[Any, np.dtype[Any]]:
        """One action a patient, in the environment's single action space."""
        ...
