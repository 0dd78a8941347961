"""One trial's training, a slice at a time."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float
from ray.tune.registry import register_env

from dosefront.errors import DosefrontError
from dosefront.evaluate import TRAIN, NetworkPolicy, chosen_objectives, cohort_options, roll_out
from dosefront.front import EpsilonConstraint, expected_utility, lattice, normalise
from dosefront.learn.algorithms import Seen, algorithm_config
from dosefront.learn.checkpoint import read_checkpoint, write_checkpoint
from dosefront.learn.column_ppo import ColumnPPO
from dosefront.learn.door import ScalarizedVectorEnv, make_scalarized
from dosefront.learn.interrupted import algorithm_state, set_algorithm_state
from dosefront.learn.multipliers import Multipliers
from dosefront.learn.policy_layers import network_policy
from dosefront.learn.runners import ask_runners
from dosefront.learn.warm_start import begin_from, for_its_preference
from dosefront.records import TrialSpec

log = logging.getLogger(__name__)

DOOR = "dosefront-scalarized"
"""Name under which RLlib knows the scalarizing door."""
CHECKED, CHECK_EVERY = 512, 4
"""Training patients on whom the greedy policy is held against its limits, and how often, in
iterations."""
CANDIDATES = 11
"""Preferences at which a start is tried."""


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
    """Trains a trial's policy; a context manager, since RLlib holds resources.

    Args:
        spec: the trial.
        start: the policy to begin from. One that serves every preference begins at the one that
            fares best with training patients, by what the trial is after.

    Raises:
        UsageError: the start is a policy of another kind.
    """

    def __init__(self, spec: TrialSpec, *, start: NetworkPolicy | None = None) -> None:
        torch.set_num_threads(1)
        register_env(DOOR, make_scalarized)
        self.spec = spec
        self._options = cohort_options(spec.environment_options, spec.cohorts, TRAIN)
        context = {
            "environment": spec.environment,
            "options": {**self._options, "twins": spec.settings.get("twins", 1)},
            "objectives": spec.objectives,
            "scalarize": spec.scalarization,
            "weights": spec.preferences[0],
            "least": _least_weights(spec),
            "discount": spec.discount,
            "history": spec.settings.get("history", 1),
        }
        self._look(context)
        config = algorithm_config(spec, environment=DOOR, context=context, seen=self._seen)
        if self._telescopes:
            config = config.training(gamma=1.0)  # the utility is discounted within
        self._algorithm = config.build_algo()
        self._seconds = 0.0
        self.steps = 0
        self._check_door()
        if start is not None:
            begin_from(self._nearest(start), self._algorithm, self.current_policy())
        self._limits = (
            _Limits(self, self._algorithm)
            if isinstance(self.scalarization, EpsilonConstraint)
            else None
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
            if self._limits is not None:
                self._limits.keep()
        self._seconds += time.perf_counter() - start
        vectors, scalars = self.recent_returns()
        return Progress(
            steps=self.steps,
            seconds=self._seconds,
            return_vector=tuple(float(x) for x in vectors.mean(axis=0)),
            scalar_return=float(scalars.mean()),
        )

    def recent_returns(
        self,
    ) -> tuple[Float[np.ndarray, "courses objectives"], Float[np.ndarray, " courses"]]:
        """Return vectors of recent training courses and their utilities; NaN before the first."""
        found = [each for each in self._ask_doors(_returns) if len(each[0])]
        if not found:
            return np.full((1, len(self.spec.objectives)), np.nan), np.full(1, np.nan)
        vectors, scalars = zip(*found, strict=True)
        return np.concatenate(vectors), np.concatenate(scalars)

    def policy(self) -> NetworkPolicy:
        """The greedy policy as it stands; under limits, the best that keeps them.

        Raises:
            ValueError: the training diverged, so its weights are not finite.
        """
        if self._limits is not None:
            return self._limits.best()
        return self.current_policy()

    def current_policy(self) -> NetworkPolicy:
        """The greedy policy as it stands."""
        provenance = {**self.spec.to_mapping(), "steps_taken": self.steps}
        return network_policy(self._algorithm, view=self.view, provenance=provenance)

    def on_training_patients(
        self, policy: NetworkPolicy, patients: int
    ) -> Float[np.ndarray, "patients objectives"]:
        """Returns of a policy on the first patients it has learned from, on the box's scale."""
        results = roll_out(
            policy,
            environment=self.spec.environment,
            options=self._options,
            objectives=self.spec.objectives,
            patients=min(patients, self._options["patients"]),
            discount=self.spec.discount,
        )
        return normalise(results.returns, self.objectives)

    def close(self) -> None:
        """Release what RLlib holds."""
        self._algorithm.stop()

    def save(self, folder: Path) -> None:
        """Write into a folder all that the training would go on with.

        What an earlier call wrote there stays until the new state is there as a whole.

        Raises:
            StorageError: it cannot be written.
        """
        state = {
            "algorithm": algorithm_state(self._algorithm),
            "limits": None if self._limits is None else self._limits.state(),
            "steps": self.steps,
            "seconds": self._seconds,
        }
        write_checkpoint(folder, state, trial=self.spec)

    def restore(self, folder: Path) -> None:
        """Go on where the training was that was saved there; to be called before any training.

        On columns it goes on bit for bit, as if it had not been interrupted, unless an environment
        cannot be pickled: then its courses begin anew, and a warning is logged. RLlib's own
        algorithms always begin new courses. The file is unpickled: restore only what you saved.

        Raises:
            CheckpointError: nothing was saved there, it is damaged, or of another trial or other
                versions.
        """
        state = read_checkpoint(folder, trial=self.spec)
        refusals = set_algorithm_state(self._algorithm, state["algorithm"])
        if refusals:
            log.warning(
                "%s goes on from step %d with new courses of %s, and not bit for bit: %s",
                *(self.spec.label, state["steps"], self.spec.environment, refusals[0]),
            )
        if self._limits is not None:
            self._limits.set_state(state["limits"])
        self.steps, self._seconds = state["steps"], state["seconds"]

    def _nearest(self, start: NetworkPolicy) -> NetworkPolicy:
        """The start as this training takes it: for one preference, unless it serves all too."""
        if self.view.preference is not None or start.view.preference is None:
            return start
        own = self.spec.preferences[0]
        candidates = [start.at(each) for each in (own, *lattice(len(own), CANDIDATES).tolist())]
        utilities = [
            expected_utility(
                self.scalarization, self.on_training_patients(each, CHECKED), np.array(own)
            )
            for each in candidates
        ]
        return for_its_preference(candidates[int(np.argmax(utilities))])

    def _look(self, context: dict[str, Any]) -> None:
        """Learn from one environment what all are like."""
        door = make_scalarized({**context, "num_envs": 1, "options": {**self._options, "twins": 1}})
        self.view, self.scalarization = door.view, door.scalarization
        self.objectives, _ = chosen_objectives(door.metadata, self.spec.objectives)
        masks = int(door.single_action_space.n) if door.view.masks else 0  # type: ignore[attr-defined]  # Discrete
        self._seen = Seen(len(self.objectives), masks, context["least"])
        self._telescopes = door.view.accrued
        door.close()

    def _check_door(self) -> None:
        """Reused processes have trained another trial's weights before, and said nothing."""
        for weights in self._ask_doors(_weights):
            if weights != self.spec.preferences[0]:
                raise DosefrontError(
                    f"trial {self.spec.label} was given an environment that weighs {weights}. "
                    "This is a defect of dosefront: please report it."
                )

    def _ask_doors(self, question: Any) -> list[Any]:
        return ask_runners(self._algorithm, lambda runner: question(runner.env.unwrapped))


def _least_weights(spec: TrialSpec) -> tuple[float, ...]:
    """Of each objective in any preference of a trial that serves several; empty for others.

    With these the drawn preferences fill the smallest simplex around those that are asked for.
    """
    is_conditioned = spec.algorithm.startswith("Conditioned")
    return tuple(map(min, zip(*spec.preferences, strict=True))) if is_conditioned else ()


def _returns(door: ScalarizedVectorEnv) -> tuple[np.ndarray, np.ndarray]:
    return np.array(door.return_vectors), np.array(door.scalar_returns)


def _weights(door: ScalarizedVectorEnv) -> tuple[float, ...]:
    return door.weights


class _Limits:
    """Holds a training to its limits, and keeps the best policy that met them.

    The multipliers follow what training courses return, corrected by how the greedy policy, which
    is what will be judged, differed from the exploring one when both were last compared.
    """

    CHANGES = frozenset({"_multipliers", "_iterations", "_gap", "_best", "_best_utility"})

    def __init__(self, training: Training, algorithm: ColumnPPO) -> None:
        self._training = training
        self._scalarization: Any = training.scalarization
        self._weights = np.array(training.spec.preferences[0])
        self._multipliers = Multipliers(self._weights)
        self._algorithm = algorithm
        algorithm.multipliers = self._multipliers
        self._iterations = 0
        self._gap = np.zeros(len(self._weights))
        self._best = training.current_policy()
        self._best_utility = -np.inf

    def state(self) -> dict[str, Any]:
        """All that changes in a training."""
        return {name: kept for name, kept in vars(self).items() if name in _Limits.CHANGES}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on with what another training had."""
        vars(self).update(state)
        self._algorithm.multipliers = self._multipliers

    def keep(self) -> None:
        """Compare and correct, after an iteration."""
        vectors, _ = self._training.recent_returns()
        if np.isnan(vectors).any():
            return
        exploring = normalise(vectors, self._training.objectives).mean(axis=0)
        self._iterations += 1
        if self._iterations % CHECK_EVERY == 0:
            self._gap = self._check() - exploring
        limits = np.array(self._scalarization.limits)
        breaches = np.where(np.isfinite(limits), limits - (exploring + self._gap), 0.0)
        self._multipliers.update(breaches)

    def best(self) -> NetworkPolicy:
        """The policy of the highest utility on training patients."""
        self._check()
        return self._best

    def _check(self) -> Float[np.ndarray, " objectives"]:
        """Mean of the greedy policy on training patients."""
        policy = self._training.current_policy()
        values = self._training.on_training_patients(policy, CHECKED)
        utility = expected_utility(self._scalarization, values, self._weights)
        if utility > self._best_utility:
            self._best, self._best_utility = policy, utility
        return values.mean(axis=0)
