"""The virtual trial of Zhao, Kosorok and Zeng (2009, doi:10.1002/sim.3720): one dose a month.

    W' = W + a1 max(M, M0) + b1 (D - d1)
    M' = max(0, M + [a2 max(W, W0) - b2 (D - d2)] 1(M > 0))
    death in the month with probability 1 - exp(-exp(mu0 + mu1 W' + mu2 M'))

W is *negative* wellness (toxicity), M tumour size, D the dose in [0, 1]. A tumour that has reached
zero is cured and does not return.
"""

from __future__ import annotations

from typing import Any, Unpack

import gymnasium as gym
import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from posology.classics.batch import BatchEnv, CohortOptions, Objectives, SingleEnv, Transition
from posology.classics.batch import metadata as metadata_of
from posology.classics.dose_actions import DoseActions
from posology.classics.draws import course_uniforms
from posology.classics.policies import Comparator, ConstantAction
from posology.patients import standard_uniforms

# Two public re-implementations agree on each of these: recalled-high.
A1, A2 = 0.1, 0.15
B1, B2 = 1.2, 1.2
D1, D2 = 0.5, 0.5
MU1, MU2 = 1.0, 1.0
LARGEST_START = 2.0  # W0 and M0 are uniform on [0, 2]
MU0 = -4.0
"""Two public re-implementations have -4, a third -8.5: recalled-medium, hence an option."""
MONTHS = 6
"""Length of the trial: verified."""

# Points of the published reward (verified, Zhao's thesis): -60 for death alone; else -5 or 5 for a
# change of W or M by 0.5 or more, and 15 for cure.
DEATH, CURE, CHANGE, NOTABLE = -60.0, 15.0, 5.0, 0.5

OBJECTIVES: Objectives = (
    {
        "name": "tumour",
        "unit": "points",
        "sense": "maximise",
        "reference": -30.0,
        "ideal": 90.0,
        "description": "15 a month when cured; 5 or -5 when the tumour shrinks or grows by 0.5.",
    },
    {
        "name": "wellness",
        "unit": "points",
        "sense": "maximise",
        "reference": -90.0,
        "ideal": 30.0,
        "description": "5 or -5 when toxicity falls or rises by 0.5 in a month; -60 for death.",
    },
)


class ZhaoVectorEnv(BatchEnv):
    """Six monthly doses; the sum of both objectives is the published reward.

    Seen: W, M, W0, M0 and the month. Toxicity may be negative, as in the paper.

    Args:
        num_envs: patients stepped together.
        continuous: the dose itself as the action, instead of one of ``levels``.
        levels: how many equidistant doses from 0 to 1 discrete actions choose from.
        hazard_intercept: mu0.
        cohort: see :class:`CohortOptions`.
    """

    metadata = metadata_of(OBJECTIVES)

    def __init__(
        self,
        num_envs: int = 1,
        *,
        continuous: bool = False,
        levels: int = 11,
        hazard_intercept: float = MU0,
        **cohort: Unpack[CohortOptions],
    ) -> None:
        self.dose_actions = DoseActions(continuous, levels)
        super().__init__(
            num_envs,
            observation_space=gym.spaces.Box(-10.0, 20.0, (5,), np.float32),
            action_space=self.dose_actions.space,
            **cohort,
        )
        self.hazard_intercept = hazard_intercept
        cohort_numbers = np.arange(self.cohort_size)
        self._starts = LARGEST_START * standard_uniforms(self.cohort_key, cohort_numbers, count=2)
        self.toxicity, self.tumour, self.first_toxicity, self.first_tumour = np.zeros((4, num_envs))
        self.died = np.zeros(num_envs, np.bool_)
        self._luck = np.zeros((MONTHS, num_envs))

    def _begin(self, slots: Int[np.ndarray, " some"]) -> None:
        self.toxicity[slots], self.tumour[slots] = self._starts[:, self.patient[slots]]
        self.first_toxicity[slots] = self.toxicity[slots]
        self.first_tumour[slots] = self.tumour[slots]
        self.died[slots] = False
        self._luck[:, slots] = course_uniforms(
            self.noise_key, self.patient[slots], self.course[slots], count=MONTHS
        )

    def _advance(self, actions: Shaped[np.ndarray, "patients ..."]) -> Transition:
        dose = self.dose_actions.doses(actions)
        worse = A1 * np.maximum(self.tumour, self.first_tumour) + B1 * (dose - D1)
        grown = A2 * np.maximum(self.toxicity, self.first_toxicity) - B2 * (dose - D2)
        tumour = np.maximum(self.tumour + grown * (self.tumour > 0.0), 0.0)
        shrinkage = self.tumour - tumour
        self.toxicity, self.tumour = self.toxicity + worse, tumour
        self.died = self._dies()
        points = np.stack([np.where(tumour == 0.0, CURE, _points(shrinkage)), _points(-worse)], 1)
        points[self.died] = 0.0, DEATH
        return Transition(
            points, self.died | (self.steps >= MONTHS), np.zeros(self.num_envs, np.bool_)
        )

    def _dies(self) -> Bool[np.ndarray, " patients"]:
        log_hazard = self.hazard_intercept + MU1 * self.toxicity + MU2 * self.tumour
        survival = np.exp(-np.exp(log_hazard))
        luck = self._luck[np.minimum(self.steps, MONTHS) - 1, np.arange(self.num_envs)]
        return luck > survival

    def _observe(self) -> Float[np.ndarray, "patients features"]:
        state = (self.toxicity, self.tumour, self.first_toxicity, self.first_tumour)
        return np.stack([*state, self.steps.astype(np.float64)], axis=1)

    def _endpoints(self) -> dict[str, Shaped[np.ndarray, " patients"]]:
        return {
            "died": self.died.copy(),
            "cured": (self.tumour == 0.0) & ~self.died,
            "months": self.steps.copy(),
            "toxicity": self.toxicity.copy(),
            "tumour": self.tumour.copy(),
        }

    def comparators(self) -> tuple[Comparator, ...]:
        """The paper's ten constant doses, 0.1 to 1."""
        return tuple(
            Comparator(
                f"constant-{tenths / 10:g}",
                f"Constant dose {tenths / 10:g}",
                ConstantAction((tenths / 10,)),
                {"continuous": True},
            )
            for tenths in range(1, 11)
        )


class ZhaoEnv(SingleEnv):
    """One patient of :class:`ZhaoVectorEnv`."""

    metadata = ZhaoVectorEnv.metadata

    def __init__(self, **options: Any) -> None:
        super().__init__(ZhaoVectorEnv(1, **options))


def _points(fall: Float[np.ndarray, " patients"]) -> Float[np.ndarray, " patients"]:
    """5 for a fall of 0.5 or more, -5 for as much of a rise."""
    return np.where(fall >= NOTABLE, CHANGE, np.where(fall <= -NOTABLE, -CHANGE, 0.0))
