"""Export: the policy of a point on a front as a folder that posology runs alone."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dosefront.environments import make_vector_env
from dosefront.errors import CheckpointError, StorageError, UsageError
from dosefront.evaluate import Archive, NetworkPolicy
from dosefront.front import Objective
from dosefront.records import FrontPoint, FrontSummary, RunFolder, TrialRecord
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
    archive = Archive.read(folder)
    chosen = archive.point(point)
    record, checkpoint = archive.record(chosen), archive.checkpoint(chosen)
    network = archive.policy(chosen)
    env = make_vector_env(
        record.spec.environment, num_envs=1, options=record.spec.environment_options
    )
    try:
        archive.check_version(str(env.metadata["version"]))
        policy = _policy(chosen, record, summary=archive.summary, network=network, env=env)
        policy.wrap(env)
    except ValueError as error:
        raise CheckpointError(
            f"{checkpoint} is not the policy of {chosen.id}: {error} Copy the trial's own back, or "
            "delete its line from the ledger and resume the run."
        ) from error
    finally:
        env.close()
    return policy


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
