"""Adaptive therapy: treat or not at each visit, so that sensitive cells hold resistant ones down.

Known answers, in days to progression at 1, 7 and 30-day visits: continuous dosing 359, 364, 360;
the 50 % rule 455, 462, 510; the best single threshold on a 0.02 grid 1161, 1113, 900.
"""

from __future__ import annotations

from typing import Any, Unpack

import gymnasium as gym
import numpy as np
from jaxtyping import Float, Int, Shaped

from posology.classics.adaptive_rules import HalvingRule, ThresholdRule, best_threshold
from posology.classics.batch import BatchEnv, CohortOptions, Objectives, SingleEnv, Transition
from posology.classics.batch import metadata as metadata_of
from posology.classics.lotka_volterra import LotkaVolterra
from posology.classics.policies import Comparator, ConstantAction
from posology.patients import standard_uniforms

SENSITIVE, RESISTANT = 0.74, 0.01
"""Cells of the default patient at the start, in units of K: recalled-medium."""
PROGRESSION = 1.2
"""Size relative to the start at which a visit finds progression: Gallagher (2024), verified."""
SMALLEST_START = 0.1
"""Of varied patients, in units of K: published range 0.1 to 0.9, recalled-high."""
LARGEST_START = 0.96
"""Of varied patients, relative to the largest start from which progression is possible (0.8 K
without turnover): assumed, since from the published 0.9 K it is not."""
RESISTANT_SHARES = (1e-3, 0.1)
"""Range of varied patients' resistant share at the start, log-uniform: recalled-high."""

OBJECTIVES: Objectives = (
    {
        "name": "time without progression",
        "unit": "days",
        "sense": "maximise",
        "reference": 0.0,
        "ideal": 1200.0,
        "description": "Days until the visit that finds the tumour 20 % larger than at the start.",
    },
    {
        "name": "drug use",
        "unit": "days",
        "sense": "minimise",
        "reference": 1200.0,
        "ideal": 0.0,
        "description": "Days on treatment.",
    },
)


class AdaptiveTherapyVectorEnv(BatchEnv):
    """A tumour of sensitive and resistant cells; action 1 treats until the next visit.

    Seen at a visit: size relative to the start, whether the patient is on treatment (1 at the
    start), and the day relative to the horizon.

    Args:
        num_envs: patients stepped together.
        interval_days: days between visits.
        horizon_days: courses without progression are cut (truncated) here.
        varied: draw each patient's burden and resistant share instead of the default patient's.
        turnover, cost: see :class:`LotkaVolterra`.
        cohort: see :class:`CohortOptions`.
    """

    metadata = metadata_of(OBJECTIVES)

    def __init__(
        self,
        num_envs: int = 1,
        *,
        interval_days: float = 7.0,
        horizon_days: float = 3650.0,
        varied: bool = False,
        turnover: float = 0.0,
        cost: float = 0.0,
        **cohort: Unpack[CohortOptions],
    ) -> None:
        if not 0.0 < interval_days <= horizon_days:
            raise ValueError(
                "visits must be a positive number of days apart, and one within the horizon of "
                f"{horizon_days:g} days; got interval_days={interval_days:g}. Choose 1, 7 or 30."
            )
        space = gym.spaces.Box(0.0, np.array([10.0, 1.0, 2.0], np.float32), (3,), np.float32)
        super().__init__(
            num_envs, observation_space=space, action_space=gym.spaces.Discrete(2), **cohort
        )
        self.tumour = LotkaVolterra(turnover=turnover, cost=cost)
        self.interval_days = interval_days
        self.horizon_days = horizon_days
        self._starts = self._draw_starts(varied=varied)
        self.sensitive, self.resistant, self.start = np.ones((3, num_envs))
        self.treated, self.days_treated = np.zeros((2, num_envs))

    def _draw_starts(self, *, varied: bool) -> Float[np.ndarray, "2 cohort"]:
        """Sensitive and resistant cells of the cohort's patients at the start."""
        largest = self.tumour.ceiling / PROGRESSION
        if not varied:
            if largest <= SENSITIVE + RESISTANT:
                raise ValueError(
                    "the default patient must be able to progress; with this turnover and cost a "
                    f"tumour stops at {self.tumour.ceiling:g} K. Lower them, or set varied=True."
                )
            return np.repeat([[SENSITIVE], [RESISTANT]], self.cohort_size, axis=1)
        u = standard_uniforms(self.cohort_key, np.arange(self.cohort_size), count=2)
        start = SMALLEST_START + u[0] * (LARGEST_START * largest - SMALLEST_START)
        low, high = np.log(RESISTANT_SHARES)
        share = np.exp(low + u[1] * (high - low))
        return np.stack([start * (1.0 - share), start * share])

    def _begin(self, slots: Int[np.ndarray, " some"]) -> None:
        sensitive, resistant = self._starts[:, self.patient[slots]]
        self.sensitive[slots], self.resistant[slots] = sensitive, resistant
        self.start[slots] = sensitive + resistant
        self.treated[slots], self.days_treated[slots] = 1.0, 0.0

    def _advance(self, actions: Shaped[np.ndarray, "patients ..."]) -> Transition:
        self.treated = actions.astype(np.float64)
        self.sensitive, self.resistant = self.tumour.advance(
            self.sensitive, self.resistant, self.treated, days=self.interval_days
        )
        drug = self.interval_days * self.treated
        self.days_treated = self.days_treated + drug
        progressed = self.sensitive + self.resistant > PROGRESSION * self.start
        days = np.full(self.num_envs, self.interval_days)
        return Transition(
            np.stack([days, -drug], axis=1),
            progressed,
            self.steps * self.interval_days >= self.horizon_days,
        )

    def _observe(self) -> Float[np.ndarray, "patients features"]:
        size = (self.sensitive + self.resistant) / self.start
        day = self.steps * self.interval_days / self.horizon_days
        return np.stack([size, self.treated, day], axis=1)

    def _endpoints(self) -> dict[str, Shaped[np.ndarray, " patients"]]:
        return {
            "days": self.steps * self.interval_days,
            "days treated": self.days_treated.copy(),
            "progressed": self.sensitive + self.resistant > PROGRESSION * self.start,
        }

    def comparators(self) -> tuple[Comparator, ...]:
        """Continuous dosing, the 50 % rule, the default patient's best threshold, no treatment."""
        grid = np.arange(0.5, PROGRESSION, 0.02)
        alike = AdaptiveTherapyVectorEnv(
            grid.size, interval_days=self.interval_days, horizon_days=self.horizon_days
        )
        level, _ = best_threshold(alike, grid)
        return (
            Comparator("continuous", "Continuous dosing", ConstantAction(1)),
            Comparator("halving", "50 % rule", HalvingRule()),
            Comparator("threshold", f"Threshold at {level:.2f}", ThresholdRule(level)),
            Comparator("no-treatment", "No treatment", ConstantAction(0)),
        )


class AdaptiveTherapyEnv(SingleEnv):
    """One patient of :class:`AdaptiveTherapyVectorEnv`."""

    metadata = AdaptiveTherapyVectorEnv.metadata

    def __init__(self, **options: Any) -> None:
        super().__init__(AdaptiveTherapyVectorEnv(1, **options))
