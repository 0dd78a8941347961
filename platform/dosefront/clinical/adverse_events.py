"""Adverse events by term: worst grades of each arm, and how much an arm's differ from another's."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from dosefront.errors import FrontError
from dosefront.evaluate import CourseRecords
from dosefront.front import Estimate, difference_of, rate_interval

SERIOUS = 3
"""CTCAE grade from which an event counts as serious."""
WORST = 5
ANY_TERM = "any of these"


@dataclass(frozen=True)
class TermComparison:
    """One term under an arm and under another, on the same patients."""

    term: str
    patients: tuple[Int[np.ndarray, " grades"], Int[np.ndarray, " grades"]]
    """How many had each worst grade, 0 to 5: under the arm, under the other."""
    rates: tuple[Estimate, Estimate]
    """Shares with grade >= 3, with exact intervals (Clopper & Pearson)."""
    difference: Estimate
    """Of the shares, arm less the other, over the patients, who are paired; as in the headline."""


def compare_events(courses: CourseRecords, other: CourseRecords) -> tuple[TermComparison, ...]:
    """Every term that a patient of either arm had, worst grade first in line: any term, then each.

    Raises:
        FrontError: the arms do not have the same patients.
    """
    if courses.worst_grades.shape != other.worst_grades.shape:
        raise FrontError(
            f"arms are compared on the same patients; got {len(courses.worst_grades)} and "
            f"{len(other.worst_grades)}. Roll both out on one cohort."
        )
    worst = [
        np.column_stack([each.worst_grades.max(axis=1), each.worst_grades])
        for each in (courses, other)
    ]
    named = zip((ANY_TERM, *courses.terms), worst[0].T, worst[1].T, strict=True)
    return tuple(_compared(term, one, two) for term, one, two in named if one.any() or two.any())


def _compared(
    term: str, one: Int[np.ndarray, " patients"], two: Int[np.ndarray, " patients"]
) -> TermComparison:
    serious = [(each >= SERIOUS) for each in (one, two)]
    return TermComparison(
        term=term,
        patients=(np.bincount(one, minlength=WORST + 1), np.bincount(two, minlength=WORST + 1)),
        rates=(
            rate_interval(int(serious[0].sum()), one.size),
            rate_interval(int(serious[1].sum()), two.size),
        ),
        difference=difference_of(serious[0], serious[1]),
    )
