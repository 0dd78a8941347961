"""Export: the policy of a point on a front as a folder that posology runs alone."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dosefront.environments import make_vector_env
from dosefront.errors import CheckpointError, LedgerError, StorageError, UsageError
from dosefront.evaluate import NetworkPolicy, read_policy
from dosefront.front import Objective
from dosefront.records import (
    FrontPoint,
    FrontSummary,
    Ledger,
    RunFolder,
    TrialRecord,
    read_front,
)
from dosefront.suggestion import suggestion
from posology.policies import Objective as Improved
from posology.policies import TrainedEnvironment, TrainedPolicy, save_policy


def export_point(folder: RunFolder, point: str, out: Path | None = None) -> tuple[str, Path]:
    """Write the policy of a point as a folder, whole or not at all; returns its id and folder.

    Args:
        folder: of the run.
        point: id of the point as the front shows it, or the start of one id alone.
        out: folder to write, `policies/ID` in the run's if left out.

    Raises:
        UsageError: no run, no such point, a failed trial, another version of the environment, or a
            folder that is not empty.
        LedgerError: the record of the trial cannot be read.
        CheckpointError: the checkpoint is missing, damaged or of another environment.
        StorageError: the folder cannot be written.
    """
    policy = trained_policy(folder, point)
    path = folder.path / "policies" / policy.name if out is None else out
    try:
        save_policy(policy, path)
    except ValueError as error:
        raise UsageError(f"cannot export to {path}: {error}") from error
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}. Nothing was exported: free space or "
            "make the folder writable, or choose another folder with --out."
        ) from error
    return policy.name, path


def trained_policy(folder: RunFolder, point: str) -> TrainedPolicy:
    """The policy of a point, with all that its folder holds; raises as `export_point` does."""
    if not folder.ledger.exists():
        raise UsageError(
            f"{folder.path} holds no run: it has no {folder.ledger.name}. Give the folder that "
            "`dosefront sweep` named."
        )
    contents = Ledger(folder.ledger).read()
    records = {record.spec.trial_id: record for record in contents.trials}
    _refuse_failed(folder, point, contents.trials)
    summary = read_front(folder.front_json)
    chosen = _chosen(folder, point, summary.points)
    record = records.get(chosen.trial)
    if record is None or record.checkpoint is None:
        raise LedgerError(
            f"{folder.ledger} holds no finished trial {chosen.trial}, which {folder.front_json} "
            f"shows. Write both again: dosefront resume {folder.path}."
        )
    checkpoint = folder.path / record.checkpoint
    network = read_policy(checkpoint).at(chosen.weights)
    _check_trial(checkpoint, network, record)
    env = make_vector_env(
        record.spec.environment, num_envs=1, options=record.spec.environment_options
    )
    try:
        _check_version(str(env.metadata["version"]), summary)
        policy = _policy(chosen, record, summary=summary, network=network, env=env)
        policy.wrap(env)
    except ValueError as error:
        raise CheckpointError(
            f"{checkpoint} is not the policy of {chosen.id}: {error} Copy the trial's own back, or "
            "delete its line from the ledger and resume the run."
        ) from error
    finally:
        env.close()
    return policy


def _refuse_failed(folder: RunFolder, point: str, trials: Sequence[TrialRecord]) -> None:
    for record in trials:
        if record.status == "failed" and record.spec.trial_id == point.partition("-")[0]:
            reason = (record.error or "no message").strip().splitlines()[-1]
            raise UsageError(
                f"trial {record.spec.trial_id} ({record.spec.label}) failed and has no policy: "
                f"{reason}. Run it again with `dosefront resume {folder.path}`, or choose a point "
                f"of `dosefront front {folder.path}`."
            )


def _chosen(folder: RunFolder, asked: str, points: Sequence[FrontPoint]) -> FrontPoint:
    """The point of that id, or the only one whose id starts so."""
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
        f'{folder.path} has no point "{asked}". {suggestion(asked, by_id)} '
        f"`dosefront front {folder.path}` shows them."
    )


def _check_trial(checkpoint: Path, network: NetworkPolicy, record: TrialRecord) -> None:
    """Refuse the checkpoint of another trial."""
    spec = json.loads(json.dumps(record.spec.to_mapping()))  # as the checkpoint's note holds it
    other = [name for name in spec if network.provenance.get(name, spec[name]) != spec[name]]
    if other:
        raise CheckpointError(
            f"{checkpoint} is not the policy of trial {record.spec.trial_id}: it was trained with "
            f"another {', '.join(other)}. Copy the trial's own back, or delete its line from the "
            "ledger and resume the run."
        )


def _check_version(found: str, summary: FrontSummary) -> None:
    if found != summary.environment_version:
        raise UsageError(
            f"the run was made on version {summary.environment_version} of {summary.environment}; "
            f"installed is version {found}. Export with the version that the run was made with, or "
            "resume the run to train on this one."
        )


def _policy(
    point: FrontPoint,
    record: TrialRecord,
    *,
    summary: FrontSummary,
    network: NetworkPolicy,
    env: Any,
) -> TrainedPolicy:
    spec = record.spec
    return TrainedPolicy(
        name=point.id,
        label=f"{spec.algorithm} {point.preference} s{spec.seed}",
        weights=point.weights,
        network=replace(network, provenance=_provenance(record, summary)),
        environment=TrainedEnvironment.of(
            env, id=spec.environment, options=spec.environment_options, cohorts=spec.cohorts
        ),
        objectives=tuple(Improved(**asdict(each)) for each in summary.objectives),
        held_out={
            "patients": summary.held_out_patients,
            "discount": spec.discount,
            "value_vector": _named(point, summary.objectives),
            "endpoints": {name: asdict(each) for name, each in point.endpoints.items()},
        },
    )


def _provenance(record: TrialRecord, summary: FrontSummary) -> dict[str, Any]:
    """Where the policy comes from: run, trial, and what the ledger holds."""
    return {
        "run": summary.run,
        "trial_id": record.spec.trial_id,
        "spec": record.spec.to_mapping(),
        "steps": record.steps,
        "wall_seconds": record.wall_seconds,
        **record.provenance,
    }


def _named(point: FrontPoint, objectives: Sequence[Objective]) -> list[dict[str, Any]]:
    """The value vector with the name of its objective beside each figure."""
    pairs = zip(objectives, point.value_vector, strict=True)
    return [{"objective": objective.name, **asdict(figure)} for objective, figure in pairs]
