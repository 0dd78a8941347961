"""What a policy achieves on one cohort."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dosefront.front import Estimate


@dataclass(frozen=True)
class Outcome:
    """Value vector and endpoints of a policy on one cohort."""

    patients: int
    """Size of the cohort."""
    value_vector: tuple[Estimate, ...]
    """Mean return per objective, maximised, in the experiment's order of objectives."""
    endpoints: Mapping[str, Estimate]
    """Clinical endpoints by name, each in its own unit."""

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "Outcome":
        """The outcome that `to_mapping` wrote."""
        return cls(
            patients=mapping["patients"],
            value_vector=tuple(Estimate(**each) for each in mapping["value_vector"]),
            endpoints={name: Estimate(**each) for name, each in mapping["endpoints"].items()},
        )
