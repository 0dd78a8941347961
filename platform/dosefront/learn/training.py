"""One trial's training, a slice at a time."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import torch
from ray.tune.registry import register_env

from dosefront.errors import DosefrontError
from dosefront.evaluate import TRAIN, NetworkPolicy, cohort_options
from dosefront.learn.algorithms import ACTIVATION, algorithm_config
from dosefront.learn.door import ScalarizedVectorEnv, make_scalarized
from dosefront.learn.policy_layers import policy_layers
from dosefront.records import TrialSpec

DOOR = "dosefront-scalarized"
"""Name under which RLlib knows the scalarizing door."""


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    steps: int
    seconds: float
    return_vector: tuple[float, ...]
    """Mean undiscounted return of recent training courses, maximised; NaN before the first."""
    scalar_return: float
    """Mean of their scalarized returns."""


class Training:
    """Trains a trial's policy; a context manager, since RLlib holds resources."""

    def __init__(self, spec: TrialSpec) -> None:
        torch.set_num_threads(1)
        register_env(DOOR, make_scalarized)
        self.spec = spec
        context = {
            "environment": spec.environment,
            "options": {
                **cohort_options(spec.environment_options, spec.cohorts, TRAIN),
                "twins": spec.settings.get("twins", 1),
            },
            "objectives": spec.objectives,
            "weights": spec.weights,
        }
        config = algorithm_config(spec, environment=DOOR, context=context)
        self._algorithm = config.build_algo()
        self._seconds = 0.0
        self.steps = 0
        if self._door.weights != spec.weights:
            raise DosefrontError(
                f"trial {spec.label} was given an environment that weighs {self._door.weights}. "
                "This is a defect of dosefront: please report it."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_finished(self) -> bool:
        """Whether the trial's steps are taken."""
        return self.steps >= self.spec.steps

    def advance(self, *, seconds: float) -> Progress:
        """Train for about ``seconds``, or to the end when that comes first."""
        start = time.perf_counter()
        while not self.is_finished and time.perf_counter() - start < seconds:
            result = self._algorithm.train()
            self.steps = int(result["num_env_steps_sampled_lifetime"])
        self._seconds += time.perf_counter() - start
        door = self._door
        vectors = list(door.return_vectors) or [np.full(len(self.spec.objectives), np.nan)]
        return Progress(
            steps=self.steps,
            seconds=self._seconds,
            return_vector=tuple(float(x) for x in np.mean(vectors, axis=0)),
            scalar_return=float(np.mean(list(door.scalar_returns) or [np.nan])),
        )

    def policy(self) -> NetworkPolicy:
        """The greedy policy as it stands.

        Raises:
            CheckpointError: the training diverged, so its weights are not finite.
        """
        weights, biases = policy_layers(self._algorithm)
        return NetworkPolicy(
            weights, biases, ACTIVATION, {**self.spec.to_mapping(), "steps_taken": self.steps}
        )

    def close(self) -> None:
        """Release what RLlib holds."""
        self._algorithm.stop()

    @property
    def _door(self) -> ScalarizedVectorEnv:
        door: ScalarizedVectorEnv = self._algorithm.env_runner_group.local_env_runner.env.unwrapped
        return door
