"""Chemotherapy of Ahn and Park (2011): spare normal cells while the drug kills the tumour's.

The dynamics, reward and ending are those of AhnChemo in DTRGym. Known answer: full dose for 20
days and none afterwards earns 400.66 in its sum of rewards, more than any other number of days.
"""

from __future__ import annotations

from typing import Any, Unpack

import gymnasium as gym
import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from posology.classics.batch import BatchEnv, CohortOptions, Objectives, SingleEnv, Transition
from posology.classics.batch import metadata as metadata_of
from posology.classics.cell_populations import NAMES, PUBLISHED, advance_cells
from posology.classics.dose_actions import DoseActions
from posology.classics.policies import Comparator, ConstantAction
from posology.patients import standard_uniforms

# As in DTRGym's public code (verified).
START = np.array([0.9, 0.2, 0.005, 0.0])
"""Normal, tumour and immune cells and the drug at the start."""
STEP_DAYS = 0.25
STEPS = 600
FATAL_SHARE = 0.7
"""A patient with less than this share of the first normal cells dies."""
DEATH = -100.0
"""Replaces the reward of the step of death."""

OBJECTIVES: Objectives = (
    {
        "name": "normal cells",
        "unit": "relative cells, sum over quarters of a day",
        "sense": "maximise",
        "reference": 420.0,
        "ideal": 670.0,
        "description": "Normal cells relative to the start, before each step; -100 for death.",
    },
    {
        "name": "tumour cells",
        "unit": "relative cells, sum over quarters of a day",
        "sense": "minimise",
        "reference": 800.0,
        "ideal": 0.0,
        "description": "Tumour cells relative to the start, before each step.",
    },
    {
        "name": "drug",
        "unit": "full doses, sum over quarters of a day",
        "sense": "minimise",
        "reference": 600.0,
        "ideal": 0.0,
        "description": "Dose of each step relative to the largest.",
    },
)


class AhnChemoVectorEnv(BatchEnv):
    """An infusion rate from 0 to 1 every six hours for 150 days.

    The sum of the three objectives is DTRGym's reward. Seen: tumour cells, immune cells and drug;
    normal cells are hidden.

    Args:
        num_envs: patients stepped together.
        continuous: the dose itself as the action, instead of one of ``levels``.
        levels: how many equidistant doses from 0 to 1 discrete actions choose from.
        spread: each patient's parameters are uniform within this share of the published ones,
            half of it on either side; 0 and 0.1 are DTRGym's settings 1 and 2.
        cohort: see :class:`CohortOptions`.
    """

    metadata = metadata_of(OBJECTIVES)

    def __init__(
        self,
        num_envs: int = 1,
        *,
        continuous: bool = False,
        levels: int = 5,
        spread: float = 0.0,
        **cohort: Unpack[CohortOptions],
    ) -> None:
        if not 0.0 <= spread < 2.0:
            raise ValueError(f"spread must be from 0 to below 2, or rates vanish; got {spread:g}.")
        self.dose_actions = DoseActions(continuous, levels)
        super().__init__(
            num_envs,
            observation_space=gym.spaces.Box(0.0, 5.0, (3,), np.float32),
            action_space=self.dose_actions.space,
            **cohort,
        )
        u = standard_uniforms(self.cohort_key, np.arange(self.cohort_size), count=len(NAMES))
        self._cohort_parameters = PUBLISHED[:, None] * (1.0 + spread * (u - 0.5))
        self.parameters = np.tile(PUBLISHED[:, None], (1, num_envs))
        self.cells = np.tile(START[:, None], (1, num_envs))

    def _begin(self, slots: Int[np.ndarray, " some"]) -> None:
        self.parameters[:, slots] = self._cohort_parameters[:, self.patient[slots]]
        self.cells[:, slots] = START[:, None]

    def _advance(self, actions: Shaped[np.ndarray, "patients ..."]) -> Transition:
        doses = self.dose_actions.doses(actions)
        before = self.cells[:2] / START[:2, None]
        self.cells = np.maximum(
            advance_cells(self.cells, self.parameters, doses, days=STEP_DAYS), 0.0
        )
        rewards = np.stack([before[0], -before[1], -doses], axis=1)
        died = self._died()
        rewards[died] = DEATH, 0.0, 0.0
        return Transition(rewards, died, self.steps >= STEPS)

    def _died(self) -> Bool[np.ndarray, " patients"]:
        return self.cells[0] < FATAL_SHARE * START[0]

    def _observe(self) -> Float[np.ndarray, "patients features"]:
        return self.cells[1:].T

    def _endpoints(self) -> dict[str, Shaped[np.ndarray, " patients"]]:
        return {
            "died": self._died(),
            "days": self.steps * STEP_DAYS,
            "normal cells": self.cells[0].copy(),
            "tumour cells": self.cells[1].copy(),
        }

    def comparators(self) -> tuple[Comparator, ...]:
        """Constant doses, as DTRGym's baselines."""
        return tuple(
            Comparator(
                f"constant-{dose:g}",
                f"Constant dose {dose:g}",
                ConstantAction((dose,)),
                {"continuous": True},
            )
            for dose in (0.0, 0.25, 0.5, 0.75, 1.0)
        )


class AhnChemoEnv(SingleEnv):
    """One patient of :class:`AhnChemoVectorEnv`."""

    metadata = AhnChemoVectorEnv.metadata

    def __init__(self, **options: Any) -> None:
        super().__init__(AhnChemoVectorEnv(1, **options))
