"""LQR2: two conflicting quadratic costs, whose Pareto front is one Riccati solution a weight.

    s' = s + a,  objective i: - sum over t of 0.9**t (s' Q_i s + a' R_i a),  s0 = (10, 10)

Extremes (-272.0208, -130.6136) and its mirror, centre (-158.8403, -158.8403). Hypervolume over
(-310, -310): 29860.695 for a perfect sweep of 1001 weights, 29865.607 for the front itself.
"""

from __future__ import annotations

from typing import Any, Unpack

import gymnasium as gym
import numpy as np
from jaxtyping import Float, Int, Shaped

from posology.classics.batch import BatchEnv, CohortOptions, Objectives, SingleEnv, Transition
from posology.classics.batch import metadata as metadata_of
from posology.classics.policies import Comparator
from posology.classics.riccati import (
    ACTION_COSTS,
    DISCOUNT,
    START,
    STATE_COSTS,
    LinearFeedback,
    optimal_gains,
    weight_sweep,
)

LARGEST_ACTION = 20.0
"""On either axis; no optimal action is larger than 10."""

OBJECTIVES: Objectives = tuple(
    {
        "name": name,
        "unit": "cost",
        "sense": "minimise",
        "reference": 310.0,
        "ideal": 130.0,
        "description": f"Cost: 0.9 of the {name} and of the other's action, 0.1 of the rest.",
    }
    for name in ("first coordinate", "second coordinate")
)


class LQR2VectorEnv(BatchEnv):
    """Two integrators; the action moves both. Every course starts at (10, 10); the discount is 0.9.

    Args:
        num_envs: courses stepped together.
        horizon: steps after which a course is cut (truncated); what is missing is below 1e-7.
        discounted: pay ``0.9**t`` times the reward, so that sums of rewards are the exact returns.
        cohort: see :class:`CohortOptions`; every patient is the same.
    """

    metadata = metadata_of(OBJECTIVES)

    def __init__(
        self,
        num_envs: int = 1,
        *,
        horizon: int = 200,
        discounted: bool = False,
        **cohort: Unpack[CohortOptions],
    ) -> None:
        if horizon < 1:
            raise ValueError(f"a course needs at least one step; got horizon={horizon}.")
        super().__init__(
            num_envs,
            observation_space=gym.spaces.Box(-np.inf, np.inf, (2,), np.float32),
            action_space=gym.spaces.Box(-LARGEST_ACTION, LARGEST_ACTION, (2,), np.float32),
            **cohort,
        )
        self.horizon = horizon
        self.discounted = discounted
        self.state = np.tile(START, (num_envs, 1))

    def _begin(self, slots: Int[np.ndarray, " some"]) -> None:
        self.state[slots] = START

    def _advance(self, actions: Shaped[np.ndarray, "patients ..."]) -> Transition:
        costs = np.stack(
            [
                np.einsum("ni,ij,nj->n", self.state, state_cost, self.state)
                + np.einsum("ni,ij,nj->n", actions, action_cost, actions)
                for state_cost, action_cost in zip(STATE_COSTS, ACTION_COSTS, strict=True)
            ],
            axis=1,
        )
        if self.discounted:
            costs *= DISCOUNT ** (self.steps[:, None] - 1)
        self.state = self.state + actions
        never = np.zeros(self.num_envs, np.bool_)
        return Transition(-costs, never, self.steps >= self.horizon)

    def _observe(self) -> Float[np.ndarray, "patients features"]:
        return self.state

    def _endpoints(self) -> dict[str, Shaped[np.ndarray, " patients"]]:
        return {"distance": np.linalg.norm(self.state, axis=1)}

    def comparators(self) -> tuple[Comparator, ...]:
        """The exact optima of five weights on the first coordinate."""
        weights = weight_sweep(5)
        return tuple(
            Comparator(f"exact-{w[0]:g}", f"Exact, weight {w[0]:g}", LinearFeedback(gain))
            for w, gain in zip(weights, optimal_gains(weights), strict=True)
        )


class LQR2Env(SingleEnv):
    """One course of :class:`LQR2VectorEnv`."""

    metadata = LQR2VectorEnv.metadata

    def __init__(self, **options: Any) -> None:
        super().__init__(LQR2VectorEnv(1, **options))
