"""What defines one trial, and the name that follows from it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TrialSpec:
    """All that decides what a trial learns; mappings hold JSON values only."""

    environment: str
    """Gymnasium id."""
    environment_options: Mapping[str, Any]
    """Keyword arguments of the environment's constructor."""
    objectives: tuple[str, ...]
    algorithm: str
    """PPO or DQN."""
    weights: tuple[float, ...]
    """The preference: one weight per objective, summing to 1."""
    seed: int
    steps: int
    """Environment steps to train for, over all parallel patients."""
    settings: Mapping[str, Any]
    """The algorithm's settings: network, learning rate, ..."""
    cohorts: Mapping[str, int]
    """Seed of the cohorts and the sizes of train, select and held-out."""

    @property
    def trial_id(self) -> str:
        """Ten hexadecimal digits of the content's SHA-256: equal specs have equal names."""
        content = json.dumps(
            self.to_mapping(), sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(content.encode()).hexdigest()[:10]

    @property
    def label(self) -> str:
        """A short name for people, such as `PPO w=(0.25, 0.75) s1`."""
        weights = ", ".join(f"{weight:g}" for weight in self.weights)
        return f"{self.algorithm} w=({weights}) s{self.seed}"

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "TrialSpec":
        """The spec that `to_mapping` wrote."""
        sequences = {name: tuple(mapping[name]) for name in ("objectives", "weights")}
        return cls(**{**mapping, **sequences})
