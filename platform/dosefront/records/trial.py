"""What defines one trial, and the name that follows from it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
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
    """Its name in the YAML."""
    scalarization: Mapping[str, Any]
    """The scalarization's name and its arguments, limits in clinical units."""
    preferences: tuple[tuple[float, ...], ...]
    """The weight vectors that its policy is judged at: one weight per objective, summing to 1. A
    policy that is conditioned on a preference is trained for all and may be judged at many."""
    seed: int
    steps: int
    """Environment steps to train for, over all parallel patients."""
    settings: Mapping[str, Any]
    """The algorithm's settings: network, learning rate, ..."""
    cohorts: Mapping[str, int]
    """Seed of the cohorts and the sizes of train, select and held-out."""
    discount: float = 1.0
    """Of the returns that are judged."""

    @cached_property
    def trial_id(self) -> str:
        """Ten hexadecimal digits of the content's SHA-256: equal specs have equal names."""
        content = json.dumps(
            self.to_mapping(), sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(content.encode()).hexdigest()[:10]

    def point_id(self, number: int) -> str:
        """Name of its policy at one of the preferences."""
        return self.trial_id if len(self.preferences) == 1 else f"{self.trial_id}-{number}"

    @property
    def label(self) -> str:
        """A short name for people, such as `PPO w=(0.25, 0.75) s1`."""
        if len(self.preferences) == 1:
            return f"{self.algorithm} {self.preference_label(self.preferences[0])} s{self.seed}"
        return f"{self.algorithm} {len(self.preferences)} preferences s{self.seed}"

    def preference_label(self, weights: tuple[float, ...]) -> str:
        """What a policy was asked for, such as `w=(0.25, 0.75)` or `toxicity limit 4`."""
        name = self.scalarization["name"]
        bounds = self.scalarization.get("limits", self.scalarization.get("thresholds"))
        if bounds:
            kind = "limit" if "limits" in self.scalarization else "threshold"
            return ", ".join(f"{each} {kind} {bound:g}" for each, bound in bounds.items())
        prefix = "" if name == "linear" else f"{name} "
        return f"{prefix}w=({', '.join(f'{weight:g}' for weight in weights)})"

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "TrialSpec":
        """The spec that `to_mapping` wrote."""
        preferences = tuple(tuple(weights) for weights in mapping["preferences"])
        objectives = tuple(mapping["objectives"])
        return cls(**{**mapping, "objectives": objectives, "preferences": preferences})
