"""An objective: its name, unit and reference box, and the one place where its sign is applied."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, TypeVar

import numpy as np

from dosefront.errors import FrontError

Quantity = TypeVar("Quantity", float, np.ndarray)


@dataclass(frozen=True)
class Objective:
    """A named quantity that a policy improves.

    Everything inside dosefront is maximised; clinical values appear in environments' metadata and
    in reports. `maximised` and `clinical` convert between the two.

    >>> toxicity = Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0)
    >>> toxicity.maximised(3.0)
    -3.0
    """

    name: str
    unit: str
    sense: Literal["maximise", "minimise"]
    reference: float
    """Worst value that still counts, in clinical units: the corner of the hypervolume."""
    ideal: float
    """Best value on the scale, in clinical units: the opposite corner."""
    description: str = ""

    def __post_init__(self) -> None:
        if self.sense not in ("maximise", "minimise"):
            raise FrontError(
                f'the sense of objective "{self.name}" must be maximise or minimise; '
                f'got "{self.sense}". Correct the environment\'s metadata.'
            )
        extent = self.maximised(self.ideal) - self.maximised(self.reference)
        if not (math.isfinite(extent) and extent > 0.0):
            raise FrontError(
                f'the ideal of objective "{self.name}" must be better than its reference '
                f"({self.sense}); got reference {self.reference:g} and ideal {self.ideal:g}. "
                "Correct the environment's metadata."
            )

    @property
    def title(self) -> str:
        """The name, with the unit if it has one.

        >>> Objective("time", "steps", "maximise", reference=-25.0, ideal=0.0).title
        'time [steps]'
        """
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def maximised(self, clinical: Quantity) -> Quantity:
        """The value on the maximised scale."""
        return self._signed(clinical)

    def clinical(self, maximised: Quantity) -> Quantity:
        """The value in clinical units."""
        return self._signed(maximised)

    def _signed(self, value: Quantity) -> Quantity:
        # Adding 0.0 turns -0.0 into 0.0, which would otherwise show in tables.
        return value + 0.0 if self.sense == "maximise" else 0.0 - value

    def to_mapping(self) -> dict[str, object]:
        """The fields, as `metadata["objectives"]` and `front.json` hold them."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> "Objective":
        """The objective that `to_mapping` wrote."""
        return cls(**mapping)  # type: ignore[arg-type]  # checked at birth
