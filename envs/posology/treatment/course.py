"""Courses of treatment under way, many patients side by side."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.patients import Cohort
from posology.pharmacology import BASELINE, MARROW_PARAMETERS, MODES, WEEK_RECORDS
from posology.treatment.chart import CHART, NEVER, persons
from posology.treatment.regimen import Regimen
from posology.treatment.setting import grade_bounds, setting
from posology.treatment.transition import first_visit, step_courses


class Courses:
    """Courses of treatment under way, one a slot, over patients of one cohort."""

    def __init__(
        self, slots: int, *, cohort: Cohort, regimen: Regimen, decide_when_due: bool
    ) -> None:
        self.cohort = cohort
        self.regimen = regimen
        self.persons = persons(cohort)
        self.chart = np.zeros(slots, CHART)
        self._setting = setting(cohort, regimen, decide_when_due=decide_when_due)
        self._bounds = grade_bounds()
        self._modes = np.zeros((MODES, slots))
        self._rates = np.ones((MODES, slots))
        self._units = np.zeros((MODES, slots))
        self._marrow = np.ones((10, slots))
        self._parameters = np.ones((MARROW_PARAMETERS, slots))
        self._records = np.zeros((WEEK_RECORDS, slots))
        self._doses = np.zeros((2, slots))

    def begin(
        self,
        slots: Int[np.ndarray, " some"],
        *,
        patients: Int[np.ndarray, " some"],
        courses: Int[np.ndarray, " some"],
    ) -> None:
        """Put ``patients`` of the cohort into ``slots``, before their first visit's doses.

        ``courses`` numbers the times a patient is treated, so that the noise is fresh each time.
        """
        individuals = self.cohort.individuals
        self._modes[:, slots] = 0.0
        self._rates[:3, slots] = individuals.docetaxel_rates[:, patients]
        self._units[:3, slots] = individuals.docetaxel_units[:, patients]
        self._parameters[:, slots] = individuals.marrow[:, patients]
        self._marrow[:5, slots] = individuals.marrow[BASELINE, patients]
        self._marrow[5:, slots] = individuals.marrow[BASELINE + 1, patients]
        fresh = np.zeros(slots.size, CHART)
        fresh["patient"] = patients
        fresh["course"] = courses
        fresh["fractions"] = 1.0
        fresh["weeks_since_dose"] = NEVER
        fresh["on_treatment"] = True
        self.chart[slots] = fresh
        first_visit(self.chart, self.persons, self._marrow, slots, self._setting)

    def step(
        self, fractions: Float[np.ndarray, "drugs slots"], slots: Int[np.ndarray, " some"]
    ) -> Float[np.ndarray, "slots objectives"]:
        """Treat ``slots`` with fractions of the label doses; advance them to their next decision.

        Returns the reward vectors of all slots, zero for the others.
        """
        rewards = np.zeros((self.chart.size, 2))
        step_courses(
            self.chart,
            self.persons,
            fractions,
            slots,
            self._modes,
            self._rates,
            self._units,
            self._marrow,
            self._parameters,
            self._records,
            self._doses,
            self._setting,
            self._bounds,
            rewards,
        )
        return rewards

    def is_due(self) -> Bool[np.ndarray, " slots"]:
        """Slots in which the schedule allows a cycle to begin at this visit."""
        since = self.chart["weeks_since_dose"] >= self.regimen.interval_weeks
        return since & self.chart["on_treatment"]

    def permitted(self) -> Bool[np.ndarray, "drugs slots"]:
        """Which drugs the schedule and the guardrails permit at this visit."""
        guardrails = self.regimen.guardrails
        both = (
            self.is_due()
            & (self.chart["neutrophils"] >= guardrails.neutrophils_low)
            & (self.chart["platelets"] >= guardrails.platelets_low)
        )
        return np.stack([both, both & (self.chart["crcl_ml_min"] >= guardrails.crcl_low)])

    @property
    def circulating(self) -> Float[np.ndarray, "2 slots"]:
        """True neutrophils and platelets [10^9/L]."""
        return self._marrow[[4, 9]]
