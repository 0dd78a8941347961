"""Courses of treatment under way, many patients side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.patients import Cohort
from posology.pharmacology import HSA, STAGES, Body, advance_week, empty_body
from posology.treatment.chart import CHART, NEVER, persons
from posology.treatment.diary import Diary
from posology.treatment.regimen import Regimen
from posology.treatment.scenario import Scenario
from posology.treatment.setting import agents_of, rules_of, setting
from posology.treatment.transition import (
    WORKSHEET,
    close_all,
    due_slots,
    first_visit,
    permitted_slots,
    step_courses,
    treat_all,
)
from posology.treatment.visible import visible_rows


class Courses:
    """Courses of treatment under way, one a slot, over patients of one cohort.

    Args:
        slots: courses side by side.
        cohort: whose patients are treated; all have the regimen's tumour.
        regimen: what they are given.
        scenario: how the clinic works.
        decide_when_due: pass over visits at which nothing is due.
        interaction, synergy: of the drugs on the tumour, see :func:`setting`.
        scan_weeks: weeks between scans, in place of the library's.
        blood_weeks: weeks of a cycle at whose end the trial counts blood; all if left out.
    """

    def __init__(
        self,
        slots: int,
        *,
        cohort: Cohort,
        regimen: Regimen,
        scenario: Scenario | None = None,
        decide_when_due: bool = False,
        interaction: str = "independent",
        synergy: float = 0.0,
        scan_weeks: int | None = None,
        blood_weeks: tuple[int, ...] | None = None,
    ) -> None:
        self.cohort = cohort
        self.regimen = regimen
        self.scenario = scenario or Scenario()
        self.individuals = cohort.individuals(
            regimen.tumour,
            [each.agent for each in regimen.components],
            comedication=self.scenario.comedication,
        )
        self.persons = persons(cohort, self.individuals)
        self.chart = np.zeros(slots, CHART)
        self._agents = agents_of(regimen, self.individuals)
        self._plan = regimen.schedule()
        self._setting = setting(
            cohort,
            regimen,
            self.individuals,
            scenario=self.scenario,
            decide_when_due=decide_when_due,
            interaction=interaction,
            synergy=synergy,
            scan_weeks=scan_weeks,
        )
        self._rules = rules_of(cohort, regimen, self.individuals, blood_weeks=blood_weeks)
        self._per_cycle = np.array([regimen.label_per_cycle(k) for k in range(len(regimen.drugs))])
        self._sheet = np.zeros(1, WORKSHEET)
        self.persons["kill_rate"] = self._label_kill_rate()
        self._body = empty_body(slots, self._agents)
        self._diary: Diary | None = None

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
        if self._diary is not None:
            self._diary.drop(slots)
        body, own = self._body, self.individuals
        body.modes[:, slots] = 0.0
        body.amounts[:, slots] = 0.0
        for a, kinetics in enumerate(own.kinetics):
            first = self._agents.first_mode[a]
            rows = slice(first, first + kinetics.rates.shape[0])
            body.rates[rows, slots] = kinetics.rates[:, patients]
            body.units[rows, slots] = kinetics.units[:, patients]
            if kinetics.saturable is not None:
                body.saturable[:, slots] = kinetics.saturable[:, patients]
        body.slopes[:, slots] = own.slopes[:, :, patients].reshape(-1, patients.size)
        body.transit[:, slots] = own.transit[:, patients]
        body.feedback[:, slots] = own.feedback[:, patients]
        body.baseline[:, slots] = own.baseline[:, patients]
        body.cells[:STAGES, slots] = own.baseline[0, patients]
        body.cells[STAGES:, slots] = own.baseline[1, patients]
        body.boost[slots] = 1.0
        body.speed[slots] = 1.0
        body.doses[:, slots] = 0.0
        body.week[slots] = 0
        fresh = np.zeros(slots.size, CHART)
        fresh["patient"] = patients
        fresh["course"] = courses
        fresh["fractions"] = 1.0
        fresh["weeks_since_dose"] = NEVER
        fresh["on_treatment"] = True
        self.chart[slots] = fresh
        first_visit(self.chart, self.persons, body, slots, self._setting, self._rules)

    def step(
        self, fractions: Float[np.ndarray, "drugs slots"], slots: Int[np.ndarray, " some"]
    ) -> Float[np.ndarray, "slots objectives"]:
        """Treat ``slots`` with fractions of the label doses; advance them to their next decision.

        Returns what every objective is paid in each slot, zero for the others.
        """
        rewards = np.zeros((self.chart.size, self.chart["returns"].shape[1]))
        rest = (self._setting, self._rules, self._sheet, rewards)
        if self._diary is not None:
            self._step_noting(self._diary, fractions, slots, rest)
            return rewards
        step_courses(
            self.chart,
            self.persons,
            self._body,
            self._agents,
            self._plan,
            fractions,
            slots,
            *rest,
        )
        return rewards

    def keep_diary(
        self, slots: Int[np.ndarray, " some"], *, owners: Int[np.ndarray, " some"]
    ) -> Diary:
        """Note every week of the courses that have just begun in ``slots``.

        The weeks are stepped one by one for it, with the same results to the last bit.
        """
        self._diary = Diary(self.regimen, rows=slots, owners=owners)
        self._note_visit(self._diary, slots)
        return self._diary

    def _step_noting(
        self,
        diary: Diary,
        fractions: Float[np.ndarray, "drugs slots"],
        slots: Int[np.ndarray, " some"],
        rest: tuple[Any, ...],
    ) -> None:
        """What ``step_courses`` does, week by week."""
        chart, noted = self.chart, diary.open_rows(slots)
        due, before = self.is_due()[noted], chart[noted]
        treat_all(chart, self.persons, self._body, fractions, slots, *rest)
        drugs = len(self.regimen.drugs)
        given = (chart["totals"][noted] - before["totals"])[:, :drugs]
        in_cycle = np.minimum(chart["weeks_since_dose"][noted], self.regimen.interval_weeks - 1)
        of_label = self._rules["week_dose"][0][in_cycle, :drugs]
        shares = np.divide(given, of_label, out=np.zeros_like(given), where=given > 0.0)
        delayed = (before["weeks_since_dose"] >= self.regimen.interval_weeks) & (
            chart["cycles"][noted] == before["cycles"]
        )
        cycle = np.where(due & ~delayed, chart["cycles"][noted], 0)
        diary.note_doses(chart, noted, due=due, cycle=cycle, fractions=shares)
        moving = slots
        while moving.size > 0:
            advance_week(self._body, self._agents, self._plan, moving)
            closed = moving
            moving = close_all(chart, self.persons, self._body, moving, *rest)
            self._note_visit(diary, diary.open_rows(closed))

    def _note_visit(self, diary: Diary, slots: Int[np.ndarray, " some"]) -> None:
        diary.note_visit(self.chart, slots, circulating=self.circulating[:, slots])

    def widen(self, slots: int) -> None:
        """Make room for so many slots in all; those there are stay as they are."""
        more = slots - self.chart.size
        self.chart = np.concatenate([self.chart, np.zeros(more, CHART)])
        fresh = empty_body(more, self._agents)
        self._body = Body(
            *(np.concatenate(pair, axis=-1) for pair in zip(self._body, fresh, strict=True))
        )

    def is_due(self) -> Bool[np.ndarray, " slots"]:
        """Slots in which the schedule has something to give at this visit."""
        return due_slots(self.chart, self._setting, self._rules)

    def permitted(self) -> Bool[np.ndarray, "drugs slots"]:
        """Which drugs the schedule and the guardrails permit at this visit."""
        return permitted_slots(self.chart, self._setting, self._rules)

    def visible(
        self, slots: Int[np.ndarray, " some"] | None = None
    ) -> Float[np.ndarray, "some numbers"]:
        """What the clinic sees of ``slots``, or of every slot: see :func:`visible_rows`."""
        return visible_rows(
            self.chart,
            self.persons,
            np.arange(self.chart.size) if slots is None else slots,
            self._setting,
            self._rules,
            self._per_cycle,
            self.scenario.genotype_observed,
        )

    @property
    def circulating(self) -> Float[np.ndarray, "2 slots"]:
        """True neutrophils and platelets [10^9/L]."""
        return self._body.cells[[STAGES - 1, 2 * STAGES - 1]]

    def _label_kill_rate(self) -> Float[np.ndarray, " patients"]:
        """Kill of the label doses [1/d], in the typical patient's exposure."""
        s, agents = self._setting, len(self.regimen.components)
        given = self._rules["number"][0].sum(axis=0) * self._rules["dose"][0]
        exposures = given[:agents] / self.regimen.reference_doses()
        kills = self.individuals.log_kill * exposures[:, None]
        together = kills.sum(axis=0)
        if s.kill_model == HSA:
            drugs = [each.drug for each in self.regimen.components]
            by_drug = np.zeros((len(self.regimen.drugs), together.size))
            np.add.at(by_drug, drugs, kills)
            together = by_drug.max(axis=0)
        return together / (7.0 * self.regimen.interval_weeks)
