"""What the ledger remembers: how a trial ended, and how a comparator fares."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dosefront.front import Estimate
from dosefront.records.outcome import Outcome
from dosefront.records.trial import TrialSpec


@dataclass(frozen=True)
class TrialRecord:
    """How one trial ended."""

    spec: TrialSpec
    status: Literal["finished", "failed"]
    checkpoint: str | None
    """Path relative to the run folder."""
    select: Outcome | None
    """On the cohort that decides membership of the front."""
    held_out: Outcome | None
    """On the cohort whose numbers are published."""
    paired: Mapping[str, tuple[Estimate, ...]]
    """Per comparator: held-out difference on the same patients, per objective, maximised."""
    steps: int
    """Environment steps that were taken."""
    wall_seconds: float
    error: str | None
    provenance: Mapping[str, Any]
    """Versions, commit, machine, environment: JSON values."""

    def __post_init__(self) -> None:
        if self.status not in ("finished", "failed"):
            raise ValueError(f'status must be finished or failed; got "{self.status}"')
        if self.status == "finished" and (self.select is None or self.held_out is None):
            raise ValueError("a finished trial needs its select and held-out outcomes")

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
        paired = {
            name: tuple(Estimate(**each) for each in differences)
            for name, differences in fields.pop("paired").items()
        }
        select, held_out = (
            None if stored is None else Outcome.from_mapping(stored)
            for stored in (fields.pop("select"), fields.pop("held_out"))
        )
        return cls(spec=spec, select=select, held_out=held_out, paired=paired, **fields)


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
