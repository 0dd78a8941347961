"""A trial as Ray Tune runs it: train, judge on both cohorts, hand everything to the driver."""

import time
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ray import tune

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

if TYPE_CHECKING:
    from dosefront.learn import Training

SLICE_SECONDS = 1.0
"""Training time between reports."""


class TrialTrainable(tune.Trainable):  # type: ignore[misc]  # Ray carries no types
    """Trains one trial; the process is kept and takes the next one (Tune's actor reuse).

    Starting a process and importing torch and RLlib costs several seconds, more than a short
    trial's training. Nothing of a trial outlives it: `reset_config` closes one training and builds
    the next, which checks that its environment weighs what its trial says.

    A fault of the trial is reported, not raised, so that the sweep goes on with the process.
    """

    def setup(self, config: dict[str, Any], starts: Mapping[str, NetworkPolicy]) -> None:
        """Build the training of ``config["trial"]``; ``starts`` holds policies by their path."""
        self._starts = starts
        self._begin(config)

    def _begin(self, config: dict[str, Any]) -> None:
        from dosefront.learn import Training  # takes seconds, and the driver never needs it

        self._start = time.perf_counter()
        self._training: "Training | None" = None
        self._spec = TrialSpec.from_mapping(config["trial"])
        self._fault: str | None = None
        try:
            start = self._spec.settings.get("start")
            self._training = Training(self._spec, start=start and self._starts[start])
        except Exception:
            self._fault = traceback.format_exc()

    def step(self) -> dict[str, Any]:
        """Train a slice; after the last one, judge the policy."""
        if self._training is None:
            return self._ended({"error": self._fault, "steps": 0})
        try:
            progress = self._training.advance(seconds=SLICE_SECONDS)
            report = {
                "trial": self._spec.trial_id,
                "steps": progress.steps,
                "seconds": progress.seconds,
                "scalar_return": progress.scalar_return,
                "return_vector": progress.return_vector,
            }
            if not self._training.is_finished:
                return {**report, "done": False}
            return self._ended({**report, **self._judged(self._training.policy())})
        except Exception as fault:
            return self._ended({**_told(fault), "steps": self._training.steps})

    def _judged(self, policy: NetworkPolicy) -> dict[str, Any]:
        asked = [policy.at(weights) for weights in self._spec.preferences]
        select, held_out = (
            [self._on(split, each) for each in asked] for split in (SELECT, HELD_OUT)
        )
        return {"policy": policy_bytes(asked[0]), "select": select, "held_out": held_out}

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


def _told(fault: Exception) -> dict[str, Any]:
    """What the driver is told of a fault: of a divergence also the batch."""
    from dosefront.learn import DivergedError

    if isinstance(fault, DivergedError):
        return {"error": str(fault), "batch": fault.batch}
    return {"error": traceback.format_exc()}
