"""A trial as Ray Tune runs it: train, judge on both cohorts, hand everything to the driver."""

import faulthandler
import logging
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import ray
from pyarrow import fs
from ray import tune

from dosefront.errors import CheckpointError, DosefrontError
from dosefront.evaluate import (
    HELD_OUT,
    SELECT,
    NetworkPolicy,
    PatientResults,
    cohort_options,
    policy_bytes,
    roll_out,
)
from dosefront.records import TrialSpec
from dosefront.trial.judgement import judge

if TYPE_CHECKING:
    from dosefront.learn import Training

log = logging.getLogger(__name__)

SLICE_SECONDS = 1.0
"""Least training time between reports."""


class TrialTrainable(tune.Trainable):  # type: ignore[misc]  # Ray carries no types
    """Trains one trial; the process is kept and takes the next one (Tune's actor reuse).

    Starting a process and importing torch and RLlib costs several seconds, more than a short
    trial's training. Nothing of a trial outlives it: `reset_config` closes one training and builds
    the next, which checks that its environment weighs what its trial says.

    What the trial itself refuses, such as a training that diverges, would come again: it is
    reported, and the process goes on with the next trial. Anything else is raised, so that Tune
    begins again from the last checkpoint in a new process.
    """

    @classmethod
    def default_resource_request(cls, config: dict[str, Any]) -> tune.PlacementGroupFactory:
        """What the trial takes of the cluster."""
        return tune.PlacementGroupFactory(config["bundles"])

    def setup(self, config: dict[str, Any]) -> None:
        """Build the training; ``config`` is a `configuration`."""
        self._begin(config)

    def _begin(self, config: dict[str, Any]) -> None:
        self._start = time.perf_counter()
        self._training: "Training | None" = None
        self._spec = TrialSpec.from_mapping(config["trial"])
        self._comparators = ray.get(config["comparators"])
        self._slice_seconds = max(SLICE_SECONDS, config["report_every"])
        self._council, self._is_stopped = config["council"], False
        self._hang_after = config["hang_after"]
        self._trace = _trace_file(Path(config["hang_trace"]))
        self._fault: str | None = None
        self._policy: "NetworkPolicy | None" = None
        self._judged: list[tuple[PatientResults, PatientResults]] = []
        try:
            with self._watched():
                self._build(config)
        except DosefrontError:
            self._fault = traceback.format_exc()

    def _build(self, config: dict[str, Any]) -> None:
        from dosefront.learn import Training  # takes seconds, and the driver never needs it

        start = config["start"] and ray.get(config["start"])
        self._training = Training(self._spec, start=start)
        for place in config["checkpoints"]:
            try:
                with _opened(place) as folder:
                    self._training.restore(folder)
                return
            except (CheckpointError, OSError) as fault:
                log.warning("%s begins without its checkpoint: %s", self._spec.label, fault)
                self._training.close()
                self._training = Training(self._spec, start=start)

    def step(self) -> dict[str, Any]:
        """Train a slice; after the last one, judge the policy at one preference.

        No step is long, since a sweep that is asked to stop waits for the step under way.
        """
        if self._training is None:
            return self._ended({"error": self._fault, "steps": 0})
        try:
            with self._watched():
                return self._trained(self._training)
        except DosefrontError as fault:
            return self._ended({**_told(fault), "steps": self._training.steps})

    def _trained(self, training: "Training") -> dict[str, Any]:
        is_trained = training.is_finished or self._is_stopped
        progress = training.advance(seconds=0.0 if is_trained else self._slice_seconds)
        report = {
            "trial": self._spec.trial_id,
            "steps": progress.steps,
            "seconds": progress.seconds,
            "scalar_return": progress.scalar_return,
            "return_vector": progress.return_vector,
        }
        if not is_trained:
            self._is_stopped = self._council is not None and ray.get(
                self._council.stops.remote(
                    self._spec.to_mapping(), progress.steps, progress.return_vector
                )
            )
            return {**report, "done": False}
        try:
            policy = self._policy = self._policy or training.policy()
        except ValueError as fault:  # weights that are not finite would come again
            return self._ended({**report, "error": str(fault)})
        preferences = self._spec.preferences
        asked = policy.at(preferences[len(self._judged)])
        self._judged.append((self._on(SELECT, asked), self._on(HELD_OUT, asked)))
        if len(self._judged) < len(preferences):
            return {**report, "done": False}
        select, held_out = zip(*self._judged, strict=True)
        judgement = judge(
            policy_bytes(policy.at(preferences[0])),
            self._spec,
            select=select,
            held_out=held_out,
            comparators=self._comparators,
        )
        return self._ended({**report, "judgement": judgement})

    def _on(self, split: str, policy: NetworkPolicy) -> PatientResults:
        options = cohort_options(self._spec.environment_options, self._spec.cohorts, split)
        return roll_out(
            policy,
            environment=self._spec.environment,
            options=options,
            objectives=self._spec.objectives,
            patients=options["patients"],
            discount=self._spec.discount,
        )

    def _ended(self, report: dict[str, Any]) -> dict[str, Any]:
        seconds = time.perf_counter() - self._start
        return {**report, "trial": self._spec.trial_id, "wall_seconds": seconds, "done": True}

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """End the process when the block takes too long, and leave word where it stood.

        The watch needs no turn of Python's, so code that never gives one up is ended too.
        """
        faulthandler.dump_traceback_later(self._hang_after, exit=True, file=self._trace)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

    def save(self, checkpoint_dir: str | None = None) -> Any:
        """Keep a checkpoint where the sweep keeps them; one that finds no room leaves nothing."""
        with self._watched(), tempfile.TemporaryDirectory() as folder:
            try:
                return super().save(checkpoint_dir or folder)
            except OSError:
                self._forget_half()
                raise

    def _forget_half(self) -> None:
        """Delete what was written of a checkpoint, so that the ledger finds room."""
        storage = self._storage
        with suppress(OSError):
            storage.storage_filesystem.delete_dir(storage.checkpoint_fs_path)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write the training's whole state."""
        if self._training is not None:
            self._training.save(Path(checkpoint_dir))

    def load_checkpoint(self, checkpoint: str) -> None:
        """Go on from a state that `save_checkpoint` wrote, on this machine or another."""
        if self._training is not None:
            with self._watched():
                self._training.restore(Path(checkpoint))

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next trial."""
        self.cleanup()
        self._begin(new_config)
        return True

    def cleanup(self) -> None:
        """Close the training."""
        if self._training is not None:
            self._training.close()
            self._training = None
        if self._trace is not sys.stderr:
            self._trace.close()
            Path(self._trace.name).unlink(missing_ok=True)


def configuration(
    spec: TrialSpec,
    *,
    start: Any,
    comparators: Any,
    council: Any,
    checkpoints: Sequence[str],
    bundles: Sequence[Mapping[str, float]],
    report_every: float,
    hang_trace: Path,
    hang_after: float,
) -> dict[str, Any]:
    """What a `TrialTrainable` is told.

    Args:
        spec: the trial.
        start: Ray's reference to the policy that it begins from; None for none.
        comparators: Ray's reference to how conventional care fares.
        council: the actor that says which trials stop early; None where none does.
        checkpoints: places of checkpoints to go on from, the first that is whole counts.
        bundles: what it takes: its own processors, and one for each process that samples for it.
        report_every: seconds of training between reports, if that is more than a slice.
        hang_trace: where to leave word of a hang, if this machine sees the folder.
        hang_after: seconds without a report that are taken for a hang.
    """
    return {
        "trial": spec.to_mapping(),
        "start": start,
        "comparators": comparators,
        "council": council,
        "checkpoints": list(checkpoints),
        "bundles": [dict(each) for each in bundles],
        "report_every": report_every,
        "hang_trace": str(hang_trace),
        "hang_after": hang_after,
    }


def _trace_file(path: Path) -> TextIO:
    """A file for the word of a hang; where the run's folder is not seen, this process's log."""
    try:
        path.parent.mkdir(exist_ok=True)
        return path.open("w", encoding="utf-8")
    except OSError:
        return sys.stderr


@contextmanager
def _opened(place: str) -> Iterator[Path]:
    """A checkpoint as a local folder."""
    if "://" not in place:
        yield Path(place)
        return
    files, path = fs.FileSystem.from_uri(place)
    with tune.Checkpoint(path, filesystem=files).as_directory() as folder:
        yield Path(folder)


def _told(fault: DosefrontError) -> dict[str, Any]:
    """What the driver is told of a fault: of a divergence also the batch."""
    from dosefront.learn import DivergedError

    if isinstance(fault, DivergedError):
        return {"error": str(fault), "batch": fault.batch}
    return {"error": traceback.format_exc()}
