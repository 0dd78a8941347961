"""The clinic around a course: G-CSF, tablets, lost blood counts, genes and other medicines."""

from collections.abc import Callable

import numpy as np
import pytest

from posology.dosing import CourseVectorEnv
from posology.library import contraindicated, quantity
from posology.treatment import Courses, Regimen, Scenario


def treated(courses: Courses, weeks: int) -> tuple[np.ndarray, np.ndarray]:
    """Days in grade 4 and the lowest neutrophils of each week, at the label's doses."""
    slots = np.arange(courses.chart.size)
    days, lowest = np.zeros(slots.size), []
    for _ in range(weeks):
        courses.step(np.ones((len(courses.regimen.drugs), slots.size)), slots)
        days += courses._body.grade4_hours / 24.0
        lowest.append(courses._body.lowest[0].copy())
    return days, np.array(lowest)


# G-CSF


def test_gcsf_about_halves_the_days_in_grade_4_and_never_hurts(
    begin_unguarded: Callable[..., Courses],
) -> None:
    none, with_it = (
        treated(begin_unguarded(500, "docetaxel", gcsf=policy), 9) for policy in ("none", "primary")
    )
    assert 0.35 < with_it[0].mean() / none[0].mean() < 0.65
    assert (with_it[0] <= none[0] + 1e-6).all()
    first_cycle = slice(0, 3)
    assert (with_it[1][first_cycle] >= none[1][first_cycle] * (1.0 - 1e-6)).all()


@pytest.mark.parametrize("name", ["FOLFIRINOX", "irinotecan-cisplatin", "TAC"])
def test_gcsf_helps_in_every_schedule(begin_unguarded: Callable[..., Courses], name: str) -> None:
    # Cycles of two weeks, doses within the cycle, and cycles of three weeks.
    none, with_it = (
        treated(begin_unguarded(300, name, gcsf=policy), 8)[0] for policy in ("none", "primary")
    )
    assert with_it.mean() < 0.9 * none.mean()


def test_gcsf_is_given_after_the_cycles_last_doses_only(begin: Callable[..., Courses]) -> None:
    courses = begin(40, "irinotecan-cisplatin", gcsf="primary", assay_error=0.0)
    boosts = []
    for week in range(4):
        courses.chart["neutrophils"], courses.chart["platelets"] = 4.0, 200.0
        courses.step(np.ones((2, 40)), np.arange(40))
        boosts.append(courses._body.boost.copy())  # in the week to come
        assert (courses._body.speed > 1.0).all() == (week == 2)
    level = quantity("toxicities/gcsf/level", "1")
    supported = level ** quantity("toxicities/gcsf/proliferation_exponent", "1")
    assert np.array(boosts)[:, 0] == pytest.approx([1.0, 1.0, supported, 1.0])


def test_secondary_gcsf_comes_after_a_bad_cycle(begin: Callable[..., Courses]) -> None:
    courses = begin(3, "TAC", assay_error=0.0)
    for week in range(4):
        courses.chart["neutrophils"], courses.chart["platelets"] = 4.0, 200.0
        if week == 3:
            courses.chart["febrile"] = [True, False, False]
            courses.chart["long_grade4"] = [False, True, False]
        courses.step(np.ones((3, 3)), np.arange(3))
        assert courses.chart["gcsf"].tolist() == ([True, True, False] if week == 3 else [False] * 3)
    assert (courses._body.boost > 1.0).tolist() == [True, True, False]


def test_the_label_decides_on_gcsf_unless_the_scenario_does(begin: Callable[..., Courses]) -> None:
    policies = ("none", "secondary", "primary")
    for name in ("docetaxel", "TAC"):
        label = Regimen.labelled(name).rules.gcsf
        assert begin(1, name)._setting.gcsf == policies.index(label)
        assert begin(1, name, gcsf="primary")._setting.gcsf == 2


# Tablets, and lost counts


def test_half_the_tablets_are_half_the_exposure(begin_unguarded: Callable[..., Courses]) -> None:
    full, half = (
        begin_unguarded(1000, "temozolomide-GBM", adherence=share) for share in (1.0, 0.5)
    )
    for courses in (full, half):
        for _ in range(4):
            courses.step(np.ones((1, 1000)), np.arange(1000))
    taken = half.chart["exposures"][:, 0] / full.chart["exposures"][:, 0]
    assert set(np.unique(taken.round(9))) == {0.0, 1.0}  # weeks are taken or forgotten
    assert taken.mean() == pytest.approx(0.5, abs=4.0 * 0.5 / np.sqrt(1000.0))
    # The clinic does not know: the chart says what was prescribed.
    assert (half.chart["totals"] == full.chart["totals"]).all()


def test_infusions_are_given_whatever_the_adherence(begin: Callable[..., Courses]) -> None:
    full, none = begin(50), begin(50, adherence=0.0)
    for courses in (full, none):
        courses.step(np.ones((2, 50)), np.arange(50))
    assert (full.chart["exposures"] == none.chart["exposures"]).all()


def test_lost_blood_counts_leave_the_old_ones_in_the_chart(begin: Callable[..., Courses]) -> None:
    courses = begin(400, missing_labs=0.4)
    fields = ["neutrophils", "platelets", "haemoglobin", "crcl_ml_min"]
    lost = []
    for _ in range(5):
        before = courses.chart[fields].copy()
        courses.step(np.ones((2, 400)), np.arange(400))
        same = np.array([courses.chart[name] == before[name] for name in fields])
        assert (same.all(axis=0) == same.any(axis=0)).all()
        lost.append(same[0])
    assert np.mean(lost) == pytest.approx(0.4, abs=0.05)


def test_between_visits_no_blood_is_taken_and_no_dose_given(begin: Callable[..., Courses]) -> None:
    courses = begin(20, visit_interval_weeks=3)
    courses.step(np.ones((2, 20)), np.arange(20))
    live = ~courses.chart["ended"]
    assert (courses.chart["week"][live] == 3).all()


# Genes


def test_patients_without_dpyd_suffer_more_of_the_same_dose(
    begin_unguarded: Callable[..., Courses],
) -> None:
    courses = begin_unguarded(1000, "LV5FU2")
    who, activity = courses.individuals, courses.persons["dpyd_activity"]
    _, lowest = treated(courses, 2)
    exposure = courses.chart["exposures"][:, 1] / np.exp(
        np.log(courses.chart["exposures"][:, 1]).mean()
    )
    deficient = activity < 1.25
    assert np.median(exposure[deficient]) > 1.3 * np.median(exposure[~deficient])
    relative = lowest.min(axis=0) / who.baseline[0]
    assert np.median(relative[deficient]) < 0.8 * np.median(relative[~deficient])
    # The acute hazards are a power of the exposure above 1.
    hazard = courses.persons["acute_hazards"][:, 1, 1] * courses.chart["exposures"][:, 1] ** 2
    assert np.median(hazard[deficient]) > 1.7 * np.median(hazard[~deficient])


def test_slow_ugt1a1_raises_exposure_and_toxicity_of_irinotecan(
    begin_unguarded: Callable[..., Courses],
) -> None:
    courses = begin_unguarded(1000, "irinotecan-cisplatin")
    slow = courses.persons["ugt1a1_slow"] == 2
    _, lowest = treated(courses, 4)
    exposure = courses.chart["exposures"][:, 0]
    # SN-38's clearance is 0.60 of the normal.
    none = courses.persons["ugt1a1_slow"] == 0
    ratio = np.exp(np.log(exposure[slow]).mean() - np.log(exposure[none]).mean())
    assert ratio == pytest.approx(1.0 / 0.60, rel=0.25)
    relative = lowest.min(axis=0) / courses.individuals.baseline[0]
    assert np.median(relative[slow]) < np.median(relative[none])


# Other medicines


def test_a_strong_inhibitor_doubles_docetaxels_exposure(
    begin_unguarded: Callable[..., Courses],
) -> None:
    alone, inhibited = (
        begin_unguarded(50, "docetaxel", comedication=names)
        for names in ((), ("strong-CYP3A-inhibitor",))
    )
    for courses in (alone, inhibited):
        courses.step(np.ones((1, 50)), np.arange(50))
    ratio = inhibited.chart["exposures"][:, 0] / alone.chart["exposures"][:, 0]
    assert ratio == pytest.approx(np.full(50, 1.0 / 0.51))
    assert (inhibited._body.lowest[0] < alone._body.lowest[0]).all()


def test_a_contraindicated_medicine_is_refused() -> None:
    with pytest.raises(ValueError, match=r"LV5FU2 is contraindicated: .*have died"):
        CourseVectorEnv(1, regimen="LV5FU2", patients=2, comedication=["brivudine-sorivudine"])
    CourseVectorEnv(1, regimen="docetaxel", patients=2, comedication=["brivudine-sorivudine"])


@pytest.mark.parametrize(
    "pair",
    [
        ("cisplatin", "carboplatin"),
        ("docetaxel", "paclitaxel"),
        ("capecitabine", "fluorouracil"),
        ("irinotecan", "topotecan"),
    ],
)
def test_two_of_a_kind_are_contraindicated(pair: tuple[str, str]) -> None:
    assert len(contraindicated(pair)) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"comedication": ("aspirin",)}, "unknown comedication 'aspirin'; the library holds"),
        ({"missing_labs": 1.5}, "missing_labs is a share from 0 to 1; got 1.5"),
        ({"adherence": -0.1}, "adherence is a share from 0 to 1; got -0.1"),
        ({"assay_error": -1.0}, "assay_error is 0 to 10 times the usual one; got -1.0"),
        ({"visit_interval_weeks": 0}, "a whole number from 1 to 12; got 0"),
        ({"gcsf": "daily"}, "must be one of label, none, secondary, primary; got 'daily'"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(fields: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scenario(**fields)


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"unknown option 'adherance'\. Did you mean 'adherence'"):
        CourseVectorEnv(1, patients=2, adherance=0.5)
