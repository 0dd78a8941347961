"""What the ledger remembers: that a trial began, how it ended, and how a comparator fares."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dosefront.front import Estimate
from dosefront.records.outcome import Outcome
from dosefront.records.trial import TrialSpec


@dataclass(frozen=True)
class JudgedPolicy:
    """What a trial's policy achieves at one preference."""

    weights: tuple[float, ...]
    """The preference."""
    select: Outcome
    """On the cohort that decides membership of the front."""
    held_out: Outcome
    """On the cohort whose numbers are published."""
    paired: Mapping[str, tuple[Estimate, ...]]
    """Per comparator: held-out difference on the same patients, per objective, maximised."""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "JudgedPolicy":
        """The policy's results as JSON holds them."""
        return cls(
            weights=tuple(mapping["weights"]),
            select=Outcome.from_mapping(mapping["select"]),
            held_out=Outcome.from_mapping(mapping["held_out"]),
            paired={
                name: tuple(Estimate(**each) for each in differences)
                for name, differences in mapping["paired"].items()
            },
        )


@dataclass(frozen=True)
class TrialRecord:
    """How one trial ended."""

    spec: TrialSpec
    status: Literal["finished", "failed"]
    checkpoint: str | None
    """Path relative to the run folder."""
    judged: tuple[JudgedPolicy, ...]
    """One for each of the spec's preferences, in their order; none where the trial failed."""
    steps: int
    """Environment steps that were taken."""
    wall_seconds: float
    error: str | None
    provenance: Mapping[str, Any]
    """Versions, commit, machine, environment: JSON values."""

    def __post_init__(self) -> None:
        if self.status not in ("finished", "failed"):
            raise ValueError(f'status must be finished or failed; got "{self.status}"')
        expected = len(self.spec.preferences) if self.status == "finished" else 0
        if len(self.judged) != expected:
            raise ValueError(
                f"a {self.status} trial is judged at {expected} preferences; got {len(self.judged)}"
            )

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them, and the trial's id."""
        return {"trial_id": self.spec.trial_id, **asdict(self)}

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "TrialRecord":
        """The record that `to_mapping` wrote."""
        fields = dict(mapping)
        trial_id = fields.pop("trial_id")
        spec = TrialSpec.from_mapping(fields.pop("spec"))
        if spec.trial_id != trial_id:
            raise ValueError(f"the content of trial {trial_id} hashes to {spec.trial_id}")
        judged = tuple(JudgedPolicy.from_mapping(each) for each in fields.pop("judged"))
        return cls(spec=spec, judged=judged, **fields)


@dataclass(frozen=True)
class BegunRecord:
    """A trial was asked for: if no record of its end follows, a resumed sweep begins with it."""

    spec: TrialSpec

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return {"spec": self.spec.to_mapping()}

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "BegunRecord":
        """The record that `to_mapping` wrote."""
        return cls(TrialSpec.from_mapping(mapping["spec"]))


@dataclass(frozen=True)
class ComparatorRecord:
    """How conventional care fares on the same cohorts."""

    name: str
    title: str
    """What readers see."""
    select: Outcome
    held_out: Outcome
    provenance: Mapping[str, Any]

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "ComparatorRecord":
        """The record that `to_mapping` wrote."""
        outcomes = {name: Outcome.from_mapping(mapping[name]) for name in ("select", "held_out")}
        return cls(**{**mapping, **outcomes})
