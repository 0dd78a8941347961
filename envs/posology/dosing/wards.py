"""A clinic's courses under way: slots side by side, each on a regimen of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.dosing.panel import Panel
from posology.treatment import MOST_DRUGS, OBJECTIVES, Courses, Regimen

_FEWEST_ROWS = 16


class Ward(NamedTuple):
    """The slots of a clinic that are on one regimen."""

    regimen: int
    """Index into the panel's regimens."""
    courses: Courses
    slots: Int[np.ndarray, " some"]
    """Slots of the clinic."""
    rows: Int[np.ndarray, " some"]
    """Their slots in ``courses``."""


class Wards:
    """Courses of treatment over the patients of a panel, one a slot, whatever their regimens.

    Each regimen has its own :class:`Courses`, made when its first patient comes, with no more slots
    than have been on it at a time. What happens in a slot is what happens there, bit for bit.

    Args:
        slots: courses side by side.
        panel: whose patients are treated.
        make: ``make(slots, cohort=..., regimen=...)`` gives courses over the cohort's patients.
    """

    def __init__(self, slots: int, *, panel: Panel, make: Callable[..., Courses]) -> None:
        self.panel = panel
        self.regimens = tuple(Regimen.labelled(name) for name in panel.regimens)
        self.patient = np.zeros(slots, np.int64)
        """Position in the panel of each slot's patient."""
        self._make = make
        self._regimen = np.full(slots, -1)
        self._row = np.zeros(slots, np.int64)
        self._courses: dict[int, Courses] = {}
        self._free: dict[int, list[int]] = {}
        self._position = np.zeros(panel.regimen.size, np.int64)
        for index in range(len(self.regimens)):
            own = np.flatnonzero(panel.regimen == index)
            self._position[own] = np.arange(own.size)

    def begin(
        self,
        slots: Int[np.ndarray, " some"],
        *,
        patients: Int[np.ndarray, " some"],
        courses: Int[np.ndarray, " some"],
    ) -> None:
        """Put ``patients`` of the panel into ``slots``, before their first visit's doses.

        ``courses`` numbers the times a patient is treated, so that the noise is fresh each time.
        """
        for slot in slots[self._regimen[slots] >= 0]:
            self._free[self._regimen[slot]].append(int(self._row[slot]))
        self._regimen[slots] = -1
        regimen = self.panel.regimen[patients]
        for index in np.unique(regimen):
            new = regimen == index
            rows = self._rows(int(index), int(new.sum()))
            self._row[slots[new]] = rows
            self._courses[int(index)].begin(
                rows, patients=self._position[patients[new]], courses=courses[new]
            )
        self._regimen[slots] = regimen
        self.patient[slots] = patients

    def step(
        self, fractions: Float[np.ndarray, "drugs slots"], slots: Int[np.ndarray, " some"]
    ) -> Float[np.ndarray, "slots objectives"]:
        """Treat ``slots`` with fractions of their label doses; advance them to their next decision.

        A regimen takes as many rows of ``fractions`` as it has drugs, and ignores the others.
        Returns what every objective is paid in each slot, zero for the others.
        """
        rewards = np.zeros((self._regimen.size, len(OBJECTIVES)))
        for ward in self.each(slots):
            drugs = len(ward.courses.regimen.drugs)
            asked = np.zeros((drugs, ward.courses.chart.size))
            asked[:, ward.rows] = fractions[:drugs, ward.slots]
            rewards[ward.slots] = ward.courses.step(asked, ward.rows)[ward.rows]
        return rewards

    def each(self, slots: Int[np.ndarray, " some"] | None = None) -> Iterator[Ward]:
        """The wards that hold ``slots``, or any slot, in the order of the panel's regimens."""
        asked = np.arange(self._regimen.size) if slots is None else slots
        regimen = self._regimen[asked]
        for index in np.unique(regimen[regimen >= 0]):
            own = asked[regimen == index]
            yield Ward(int(index), self._courses[int(index)], own, self._row[own])

    def ended(self) -> Bool[np.ndarray, " slots"]:
        """Slots whose course is over."""
        out = np.zeros(self._regimen.size, np.bool_)
        for ward in self.each():
            out[ward.slots] = ward.courses.chart["ended"][ward.rows]
        return out

    def permitted(self) -> Bool[np.ndarray, "drugs slots"]:
        """Which drugs, by position in the slot's regimen, may be given at this visit."""
        out = np.zeros((MOST_DRUGS, self._regimen.size), np.bool_)
        for ward in self.each():
            own = ward.courses.permitted()[:, ward.rows]
            out[: len(own), ward.slots] = own
        return out

    def _rows(self, index: int, number: int) -> Int[np.ndarray, " number"]:
        """Free slots of a regimen's courses, which are widened if there are too few."""
        if index not in self._courses:
            own = np.flatnonzero(self.panel.regimen == index)
            size = max(_FEWEST_ROWS, number)
            cohort = self.panel.cohort.taken(own)
            self._courses[index] = self._make(size, cohort=cohort, regimen=self.regimens[index])
            self._free[index] = list(range(size))
        free, courses = self._free[index], self._courses[index]
        if len(free) < number:
            size = courses.chart.size
            wider = max(2 * size, size + number)
            courses.widen(wider)
            free.extend(range(size, wider))
        self._free[index] = free[number:]
        return np.array(free[:number], np.int64)
