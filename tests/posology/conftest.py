"""Cohorts and open-loop courses for the tests of posology."""

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from posology.patients import Cohort
from posology.treatment import OBJECTIVES, Courses, Regimen, Scenario

Dosing = Callable[[Courses], np.ndarray]


@functools.cache
def _cohort(regimen: str) -> Cohort:
    return Cohort.virtual(1000, seed=11, regimen=regimen)


@pytest.fixture(scope="session")
def regimen() -> Regimen:
    return Regimen.labelled("docetaxel-cisplatin")


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    return _cohort("docetaxel-cisplatin")


@pytest.fixture(scope="session")
def begin() -> Callable[..., Courses]:
    """Courses of a regimen's first n patients, before their first visit."""

    def build(
        n: int,
        name: str = "docetaxel-cisplatin",
        *,
        regimen: Regimen | None = None,
        decide_when_due: bool = False,
        **clinic: object,
    ) -> Courses:
        courses = Courses(
            n,
            cohort=_cohort(name),
            regimen=regimen or Regimen.labelled(name),
            scenario=Scenario(**clinic),
            decide_when_due=decide_when_due,
        )
        slots = np.arange(n)
        courses.begin(slots, patients=slots, courses=np.zeros(n, np.int64))
        return courses

    return build


@pytest.fixture(scope="session")
def begin_unguarded(begin: Callable[..., Courses]) -> Callable[..., Courses]:
    """The same, but no dose is refused and no course ends early: for tests of what doses do."""

    def build(n: int, name: str = "docetaxel-cisplatin", **options: object) -> Courses:
        own = options.pop("regimen", None) or Regimen.labelled(name)
        lax = replace(
            own,
            cycles=999,
            guardrails=replace(
                own.guardrails,
                neutrophils_low=0.0,
                platelets_low=0.0,
                within_neutrophils_low=0.0,
                within_platelets_low=0.0,
            ),
            rules=replace(
                own.rules,
                drugs=tuple(
                    replace(each, stop_crcl=0.0, cumulative_cap=np.inf) for each in own.rules.drugs
                ),
            ),
        )
        courses = begin(n, name, regimen=lax, **options)
        courses._setting = courses._setting._replace(fatality=0.0, progression_mm=np.inf)
        courses.persons["new_lesion_rate"] = 0.0
        return courses

    return build


@pytest.fixture(scope="session")
def run() -> Callable[[Courses, Dosing], np.ndarray]:
    """Steps courses to their end; returns the return vectors."""

    def to_the_end(courses: Courses, dosing: Dosing) -> np.ndarray:
        slots = np.arange(courses.chart.size)
        returns = np.zeros((slots.size, len(OBJECTIVES)))
        while not courses.chart["ended"].all():
            live = slots[~courses.chart["ended"]]
            returns += courses.step(np.ascontiguousarray(dosing(courses), float), live)
        return returns

    return to_the_end
