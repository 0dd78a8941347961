"""The policies that a run left, to be judged again or taken elsewhere."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dosefront.errors import CheckpointError, LedgerError, UsageError
from dosefront.evaluate.checkpoint import read_policy
from dosefront.records import (
    ComparatorRecord,
    FrontPoint,
    FrontSummary,
    JudgedPolicy,
    Ledger,
    RunFolder,
    TrialRecord,
    read_front,
)
from dosefront.suggestion import suggestion
from posology.policies import NetworkPolicy


@dataclass(frozen=True)
class Archive:
    """The front of a run with the records and checkpoints that belong to its points."""

    folder: RunFolder
    summary: FrontSummary
    trials: Mapping[str, TrialRecord]
    """By id; failed ones too."""
    comparators: Mapping[str, ComparatorRecord]
    """By name."""

    @classmethod
    def read(cls, folder: RunFolder) -> "Archive":
        """The archive of a run.

        Raises:
            UsageError: the folder holds no run.
            FrontError: its front cannot be read.
            LedgerError: its ledger cannot be read.
        """
        if not folder.ledger.exists():
            raise UsageError(
                f"{folder.path} holds no run: it has no {folder.ledger.name}. Give the folder that "
                "`dosefront sweep` named."
            )
        contents = Ledger(folder.ledger).read()
        return cls(
            folder=folder,
            summary=read_front(folder.front_json),
            trials={record.spec.trial_id: record for record in contents.trials},
            comparators={record.name: record for record in contents.comparators},
        )

    def point(self, asked: str) -> FrontPoint:
        """The point of that id, or the only one whose id starts so.

        Raises:
            UsageError: there is none, there are many, or the trial failed.
        """
        self._refuse_failed(asked)
        return _named(self.folder.path, asked, self.summary.points)

    def record(self, point: FrontPoint) -> TrialRecord:
        """The record of the trial that a point belongs to."""
        record = self.trials.get(point.trial)
        if record is None or record.checkpoint is None:
            raise LedgerError(
                f"{self.folder.ledger} holds no finished trial {point.trial}, which "
                f"{self.folder.front_json} shows. Write both again: dosefront resume "
                f"{self.folder.path}."
            )
        return record

    def judged(self, point: FrontPoint) -> JudgedPolicy:
        """What the run found of a point, on the select cohort too."""
        record = self.record(point)
        ids = [record.spec.point_id(number) for number in range(len(record.judged))]
        return record.judged[ids.index(point.id)]

    def checkpoint(self, point: FrontPoint) -> Path:
        """Where the policy of a point is stored."""
        return self.folder.path / str(self.record(point).checkpoint)

    def policy(self, point: FrontPoint) -> NetworkPolicy:
        """The policy of a point, at its preference.

        Raises:
            CheckpointError: its file is missing, damaged or another trial's.
        """
        checkpoint, record = self.checkpoint(point), self.record(point)
        network = read_policy(checkpoint).at(point.weights)
        spec = json.loads(json.dumps(record.spec.to_mapping()))  # as the checkpoint's note holds it
        other = [name for name in spec if network.provenance.get(name, spec[name]) != spec[name]]
        if other:
            raise CheckpointError(
                f"{checkpoint} is not the policy of trial {record.spec.trial_id}: it was trained "
                f"with another {', '.join(other)}. Copy the trial's own back, or delete its line "
                "from the ledger and resume the run."
            )
        return network

    def check_version(self, installed: str) -> None:
        """Refuse an environment of another version than the run's."""
        if installed != self.summary.environment_version:
            raise UsageError(
                f"the run was made on version {self.summary.environment_version} of "
                f"{self.summary.environment}; installed is version {installed}. Use the version "
                "that the run was made with, or resume the run to train on this one."
            )

    def _refuse_failed(self, asked: str) -> None:
        record = self.trials.get(asked.partition("-")[0])
        if record is not None and record.status == "failed":
            reason = (record.error or "no message").strip().splitlines()[-1]
            raise UsageError(
                f"trial {record.spec.trial_id} ({record.spec.label}) failed and has no policy: "
                f"{reason}. Run it again with `dosefront resume {self.folder.path}`, or choose a "
                f"point of `dosefront front {self.folder.path}`."
            )


def _named(run: Path, asked: str, points: Sequence[FrontPoint]) -> FrontPoint:
    by_id = {point.id: point for point in points}
    if asked in by_id:
        return by_id[asked]
    begun = [name for name in by_id if asked and name.startswith(asked)]
    if len(begun) == 1:
        return by_id[begun[0]]
    if begun:
        raise UsageError(
            f'"{asked}" is the start of {len(begun)} points: {", ".join(begun)}. Name one in full.'
        )
    raise UsageError(
        f'{run} has no point "{asked}". {suggestion(asked, by_id)} `dosefront front {run}` shows '
        "them."
    )
