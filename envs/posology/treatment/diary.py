"""The diary of some courses: what happened in every week, whether or not the clinic saw it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.treatment.chart import CHART
from posology.treatment.regimen import Regimen


class Diary:
    """Every week of some courses, from their first visit to their ends.

    Week w of an array is the visit at w weeks, before its doses; what a dose is and does in the
    week that follows stands at the same w. After a course's end there is nothing: no dose, counts
    and sizes NaN.

    Args:
        regimen: what the courses give.
        rows: which slots of the :class:`Courses` are noted.
        owners: the same slots as whoever asked for the diary numbers them.
    """

    def __init__(
        self,
        regimen: Regimen,
        *,
        rows: Int[np.ndarray, " courses"],
        owners: Int[np.ndarray, " courses"],
    ) -> None:
        shape = (rows.size, regimen.horizon_weeks + 1)
        self.regimen = regimen
        self.owners = owners
        self.fractions: Float[np.ndarray, "courses weeks drugs"] = np.zeros(
            (*shape, len(regimen.drugs))
        )
        """Doses given, as fractions of the label's of that visit."""
        self.due: Bool[np.ndarray, "courses weeks"] = np.zeros(shape, np.bool_)
        """Visits at which the schedule had something to give."""
        self.cycle: Int[np.ndarray, "courses weeks"] = np.zeros(shape, np.int64)
        """Cycle that the visit is part of; 0 where nothing was due, or no due cycle began."""
        self.neutrophils: Float[np.ndarray, "courses weeks"] = np.full(shape, np.nan)
        """True count at the visit [10^9/L]."""
        self.platelets: Float[np.ndarray, "courses weeks"] = np.full(shape, np.nan)
        """True count at the visit [10^9/L]."""
        self.size: Float[np.ndarray, "courses weeks"] = np.full(shape, np.nan)
        """True size of the tumour, of baseline."""
        self.scanned: Float[np.ndarray, "courses weeks"] = np.full(shape, np.nan)
        """Size that a scan at the visit showed, of the first scan's; NaN where there was none."""
        self.on_treatment: Bool[np.ndarray, "courses weeks"] = np.zeros(shape, np.bool_)
        """Whether a dose might still be given."""
        self.grade: Int[np.ndarray, "courses weeks"] = np.zeros(shape, np.int64)
        """Worst CTCAE grade of the week that follows."""
        self.final = np.zeros(rows.size, CHART)
        """The charts at the courses' ends."""
        self._entry = dict(zip(rows.tolist(), range(rows.size), strict=True))

    def open_rows(self, rows: Int[np.ndarray, " some"]) -> Int[np.ndarray, " fewer"]:
        """Those of ``rows`` whose course is noted and has not ended."""
        return rows[[row in self._entry for row in rows.tolist()]]

    def drop(self, rows: Int[np.ndarray, " some"]) -> None:
        """Note nothing further of ``rows``: other courses begin there."""
        for row in rows.tolist():
            self._entry.pop(row, None)

    def note_doses(
        self,
        chart: np.ndarray,
        rows: Int[np.ndarray, " some"],
        *,
        due: Bool[np.ndarray, " some"],
        cycle: Int[np.ndarray, " some"],
        fractions: Float[np.ndarray, "some drugs"],
    ) -> None:
        """Note a visit: what was due, in which cycle, and what was given."""
        at = self._entries(rows), chart["week"][rows]
        self.due[at] = due
        self.fractions[at] = fractions
        self.cycle[at] = cycle

    def note_visit(
        self,
        chart: np.ndarray,
        rows: Int[np.ndarray, " some"],
        *,
        circulating: Float[np.ndarray, "2 some"],
    ) -> None:
        """Note a week that is over and the state in which it left; close what has ended."""
        seen, entries = chart[rows], self._entries(rows)
        week = seen["week"]
        self.neutrophils[entries, week], self.platelets[entries, week] = circulating
        self.size[entries, week] = np.exp(seen["log_size"])
        scanned = seen["weeks_since_scan"] == 0
        measured = np.where(scanned, seen["sld_mm"] / seen["sld_baseline_mm"], np.nan)
        self.scanned[entries, week] = measured
        self.on_treatment[entries, week] = seen["on_treatment"]
        later = week > 0
        self.grade[entries[later], week[later] - 1] = seen["grades"][later].max(axis=1)
        ended = seen["ended"]
        self.final[entries[ended]] = seen[ended]
        self.drop(rows[ended])

    def _entries(self, rows: Int[np.ndarray, " some"]) -> Int[np.ndarray, " some"]:
        return np.array([self._entry[row] for row in rows.tolist()], np.int64)
