"""Chemotherapy and radiotherapy of lung cancer, day by day (Geng 2017; Lim 2018, "cancer-sim").

    V' = V (1 + rho log(K/V) - beta_c C - (alpha d + beta d^2) + e),    C' = C/2 + dose

with e normal: growth in the manner of Gompertz, a log-cell kill by chemotherapy of a half-life of
one day, and linear-quadratic kill by radiotherapy. Death at a diameter of 13 cm; recovery with
probability exp(-cells).
"""

from __future__ import annotations

import math
from typing import Any, Unpack

import gymnasium as gym
import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from posology.classics.batch import BatchEnv, CohortOptions, Objectives, SingleEnv, Transition
from posology.classics.batch import metadata as metadata_of
from posology.classics.draws import course_normals, course_uniforms
from posology.classics.lung_patients import ALPHA_BETA_RATIO_GY, draw_lung_patients
from posology.classics.policies import Comparator, ConstantAction

# As in the public code of Lim (2018), which names Geng (2017): verified there.
CAPACITY_CM3 = math.pi / 6.0 * 30.0**3  # K, of a diameter of 30 cm
FATAL_CM = 13.0
FATAL_CM3 = math.pi / 6.0 * FATAL_CM**3
CELLS_PER_CM3 = 5.8e8
CHEMO_DOSE = 5.0  # mg/m3
RADIO_DOSE_GY = 2.0
HALF_LIFE_DAYS = 1.0
NOISE = 0.01
DAYS = 60

OBJECTIVES: Objectives = (
    {
        "name": "tumour",
        "unit": "cm",
        "sense": "minimise",
        "reference": 13.0,
        "ideal": 0.0,
        "description": "Diameter, averaged over 60 days; 13 after death, 0 after recovery.",
    },
    {
        "name": "treatment",
        "unit": "treatments",
        "sense": "minimise",
        "reference": 120.0,
        "ideal": 0.0,
        "description": "Doses of chemotherapy and fractions of radiotherapy given.",
    },
)


def volumes_cm3(diameters_cm: Float[np.ndarray, " patients"]) -> Float[np.ndarray, " patients"]:
    """Volumes of spheres."""
    return math.pi / 6.0 * diameters_cm**3


def diameters_cm(volumes_cm3: Float[np.ndarray, " patients"]) -> Float[np.ndarray, " patients"]:
    """Diameters of spheres."""
    return np.cbrt(6.0 / math.pi * volumes_cm3)


class CancerSimVectorEnv(BatchEnv):
    """Sixty days; each day's action is 2 (chemotherapy) + 1 (radiotherapy), either, both or none.

    Seen: diameter [cm], concentration of chemotherapy [mg/m3], the last day's radiotherapy [Gy],
    the patient's type and the day relative to the end.

    Args:
        num_envs: patients stepped together.
        noise: standard deviation of e.
        cohort: see :class:`CohortOptions`.
    """

    metadata = metadata_of(OBJECTIVES)

    def __init__(
        self, num_envs: int = 1, *, noise: float = NOISE, **cohort: Unpack[CohortOptions]
    ) -> None:
        if not noise >= 0.0:
            raise ValueError(f"noise must be 0 or a standard deviation above; got {noise:g}.")
        high = np.array([FATAL_CM, 2.0 * CHEMO_DOSE, RADIO_DOSE_GY, 3.0, 1.0], np.float32)
        super().__init__(
            num_envs,
            observation_space=gym.spaces.Box(0.0, high, (5,), np.float32),
            action_space=gym.spaces.Discrete(4),
            **cohort,
        )
        self.noise = noise
        self.cohort = draw_lung_patients(self.cohort_key, np.arange(self.cohort_size))
        self.volume, self.chemo, self.radio, self.treatments = np.zeros((4, num_envs))
        self._disturbance, self._luck = np.zeros((2, DAYS, num_envs))

    def _begin(self, slots: Int[np.ndarray, " some"]) -> None:
        patients, courses = self.patient[slots], self.course[slots]
        self.volume[slots] = volumes_cm3(self.cohort.diameter_cm[patients])
        self.chemo[slots] = self.radio[slots] = self.treatments[slots] = 0.0
        draws = course_normals(self.noise_key, patients, courses, count=DAYS)
        self._disturbance[:, slots] = self.noise * draws
        self._luck[:, slots] = course_uniforms(self.noise_key + 1, patients, courses, count=DAYS)

    def _advance(self, actions: Shaped[np.ndarray, "patients ..."]) -> Transition:
        gives_chemo, gives_radio = actions >= 2, actions % 2 == 1
        self.chemo = self.chemo * 0.5 ** (1.0 / HALF_LIFE_DAYS) + CHEMO_DOSE * gives_chemo
        self.radio = RADIO_DOSE_GY * gives_radio
        given = gives_chemo.astype(np.float64) + gives_radio
        self.treatments = self.treatments + given
        self.volume = np.maximum(self.volume * (1.0 + self._relative_change()), 0.0)
        died = self._died()
        recovered = self._today(self._luck) < np.exp(-self.volume * CELLS_PER_CM3)
        self.volume[died] = FATAL_CM3
        self.volume[recovered] = 0.0
        days = np.where(died, DAYS - self.steps + 1, 1)
        size = diameters_cm(self.volume) * days / DAYS
        return Transition(
            np.stack([-size, -given], axis=1),
            died | recovered | (self.steps >= DAYS),
            np.zeros(self.num_envs, np.bool_),
        )

    def _relative_change(self) -> Float[np.ndarray, " patients"]:
        """Of the volume in a day; a recovered patient's, which nobody sees, is finite."""
        rho, alpha, beta_c = (
            x[self.patient]
            for x in (self.cohort.growth, self.cohort.radio_kill, self.cohort.chemo_kill)
        )
        growth = rho * np.log(CAPACITY_CM3 / np.maximum(self.volume, 1e-300))
        radio = alpha * self.radio + alpha / ALPHA_BETA_RATIO_GY * self.radio**2
        return growth - beta_c * self.chemo - radio + self._today(self._disturbance)

    def _today(self, course: Float[np.ndarray, "days patients"]) -> Float[np.ndarray, " patients"]:
        return course[np.minimum(self.steps, DAYS) - 1, np.arange(self.num_envs)]

    def _died(self) -> Bool[np.ndarray, " patients"]:
        return self.volume >= FATAL_CM3

    def _observe(self) -> Float[np.ndarray, "patients features"]:
        kind = self.cohort.kind[self.patient].astype(np.float64)
        seen = (diameters_cm(self.volume), self.chemo, self.radio, kind, self.steps / DAYS)
        return np.stack(seen, axis=1)

    def _endpoints(self) -> dict[str, Shaped[np.ndarray, " patients"]]:
        return {
            "died": self._died(),
            "recovered": self.volume == 0.0,
            "days": self.steps.copy(),
            "diameter": diameters_cm(self.volume),
            "treatments": self.treatments.copy(),
        }

    def comparators(self) -> tuple[Comparator, ...]:
        """Each treatment daily, both, or neither."""
        return (
            Comparator("no-treatment", "No treatment", ConstantAction(0)),
            Comparator("radiotherapy", "Daily radiotherapy", ConstantAction(1)),
            Comparator("chemotherapy", "Daily chemotherapy", ConstantAction(2)),
            Comparator("both", "Daily chemotherapy and radiotherapy", ConstantAction(3)),
        )


class CancerSimEnv(SingleEnv):
    """One patient of :class:`CancerSimVectorEnv`."""

    metadata = CancerSimVectorEnv.metadata

    def __init__(self, **options: Any) -> None:
        super().__init__(CancerSimVectorEnv(1, **options))
