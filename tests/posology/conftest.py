"""Cohorts and open-loop courses for the tests of posology."""

from collections.abc import Callable

import numpy as np
import pytest

from posology.patients import Cohort
from posology.treatment import Courses, Regimen

Dosing = Callable[[Courses], np.ndarray]


@pytest.fixture(scope="session")
def regimen() -> Regimen:
    return Regimen.labelled("docetaxel-cisplatin")


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    return Cohort.virtual(1000, seed=11, regimen="docetaxel-cisplatin")


@pytest.fixture
def begin(regimen: Regimen, cohort: Cohort) -> Callable[..., Courses]:
    """Courses of the cohort's first n patients, before their first visit."""

    def build(n: int, *, decide_when_due: bool = False) -> Courses:
        courses = Courses(n, cohort=cohort, regimen=regimen, decide_when_due=decide_when_due)
        slots = np.arange(n)
        courses.begin(slots, patients=slots, courses=np.zeros(n, np.int64))
        return courses

    return build


@pytest.fixture
def run() -> Callable[[Courses, Dosing], np.ndarray]:
    """Steps courses to their end; returns the return vectors."""

    def to_the_end(courses: Courses, dosing: Dosing) -> np.ndarray:
        slots = np.arange(courses.chart.size)
        returns = np.zeros((slots.size, 2))
        while not courses.chart["ended"].all():
            live = slots[~courses.chart["ended"]]
            returns += courses.step(np.ascontiguousarray(dosing(courses), float), live)
        return returns

    return to_the_end
