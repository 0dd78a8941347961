"""Trainings on fronts that are known: each gives the exact optimum of its scalarization."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np

from dosefront.experiment import ExperimentSpec
from dosefront.front import Estimate, Objective, hypervolume, normalise, scalarization
from dosefront.records import JudgedPolicy, Outcome, TrialRecord, TrialSpec
from dosefront.search import Search, search_for


def unit_box(count: int) -> tuple[Objective, ...]:
    """Objectives between 0 and 1, the second in events that are fewer the better."""
    return tuple(
        Objective(name, "", *(("minimise", 10.0, 0.0) if name == "y" else ("maximise", 0.0, 1.0)))
        for name in "xyz"[:count]
    )


class KnownFront(gymnasium.Env[np.ndarray, int]):
    """Describes itself, and is never stepped."""

    action_space = gymnasium.spaces.Discrete(3)
    observation_space = gymnasium.spaces.Box(0.0, 1.0, (1,))

    def __init__(self, *, objectives: int = 2) -> None:
        self.metadata = {
            "render_modes": [],
            "version": "1",
            "objectives": [each.to_mapping() for each in unit_box(objectives)],
        }

    def reset(self, *, seed=None, options=None):
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), np.zeros(len(self.metadata["objectives"])), False, False, {}


gymnasium.register("search/KnownFront-v0", KnownFront, max_episode_steps=5)


def experiment(objectives: int = 2, **sections: Any) -> ExperimentSpec:
    """An experiment on a known front."""
    return ExperimentSpec.model_validate(
        {
            "name": "known",
            "environment": {
                "id": "search/KnownFront-v0",
                "options": {"objectives": objectives},
            },
            "objectives": [*"xyz"[:objectives]],
            "algorithms": [{"name": "PPO", "steps": 1000}],
            **sections,
        }
    )


def vectors(values: np.ndarray) -> np.ndarray:
    """Maximised value vectors of points on the box's scale."""
    scale, shift = np.ones(values.shape[1]), np.zeros(values.shape[1])
    scale[1], shift[1] = 10.0, -10.0
    return values * scale + shift


@dataclass
class Simulation:
    """Trains on a known front, on the box's scale."""

    front: np.ndarray
    fails: Callable[[TrialSpec], bool] = field(default=lambda spec: False)

    def train(self, spec: TrialSpec) -> TrialRecord:
        """How the trial ends."""
        failed = self.fails(spec)
        return TrialRecord(
            spec=spec,
            status="failed" if failed else "finished",
            checkpoint=None if failed else f"trials/{spec.trial_id}/policy.npz",
            judged=() if failed else tuple(self._judged(spec, each) for each in spec.preferences),
            steps=spec.steps,
            wall_seconds=1.0,
            error="diverged" if failed else None,
            provenance={},
        )

    def _judged(self, spec: TrialSpec, weights: tuple[float, ...]) -> JudgedPolicy:
        asked = scalarization(spec.scalarization, unit_box(self.front.shape[1]))
        best = self.front[int(np.argmax(asked.utility(self.front, np.array(weights))))]
        values = vectors(best[None])[0].tolist()
        outcome = Outcome(500, tuple(Estimate(each, each, each) for each in values), {})
        return JudgedPolicy(weights, outcome, outcome, {})

    def run(
        self, search: Search | ExperimentSpec, *, most: int = 100, at_once: int = 1
    ) -> list[TrialRecord]:
        """The ledger after so many trials, or when the search is over."""
        if isinstance(search, ExperimentSpec):
            search = search_for(search)
        ended: list[TrialRecord] = []
        pending: list[TrialSpec] = []
        while len(ended) < most:
            while len(pending) < at_once and (spec := search.next(ended, pending)):
                pending.append(spec)
            if not pending:
                break
            ended.append(self.train(pending.pop(0)))
        return ended

    def share(self, ended: Sequence[TrialRecord]) -> float:
        """Hypervolume of the trials, as a share of the box."""
        values = [
            [each.value for each in policy.held_out.value_vector]
            for record in ended
            for policy in record.judged
        ]
        return hypervolume(np.array(values), unit_box(self.front.shape[1]))


def points(ended: Sequence[TrialRecord]) -> list[tuple[float, ...]]:
    """Where each finished trial ended, on the box's scale."""
    objectives = unit_box(len(ended[0].spec.objectives))
    values = [
        [estimate.value for estimate in policy.select.value_vector]
        for record in ended
        for policy in record.judged
    ]
    return [tuple(each) for each in normalise(np.array(values), objectives).tolist()]


DENSE = np.linspace(0.0, 1.0, 4001)
FRONTS = {
    "convex": np.column_stack([np.sin(DENSE * np.pi / 2), np.cos(DENSE * np.pi / 2)]),
    "concave": 1.0 - np.column_stack([np.cos(DENSE * np.pi / 2), np.sin(DENSE * np.pi / 2)]),
    "s-shaped": np.column_stack([DENSE, 1.0 - 3.0 * DENSE**2 + 2.0 * DENSE**3]),
}
"""Quarter circles bent outwards and inwards, and a dose-response."""
AREAS = {"convex": np.pi / 4, "concave": 1.0 - np.pi / 4, "s-shaped": 0.5}
"""Hypervolume of each whole front."""
