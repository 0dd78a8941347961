"""Courses under draws of the population's parameters."""

import numpy as np
import pytest

from posology.dosing import CourseVectorEnv
from posology.library import drawn_parameters
from posology.patients import Cohort
from posology.treatment import Courses, Regimen, survival_days

NAME = "docetaxel-cisplatin"
N = 300


def treated(draw: int | None, *, name: str = NAME, n: int = N) -> Courses:
    """Courses of the label regimen to their end, every dose in full."""
    regimen = Regimen.labelled(name)
    cohort = Cohort.virtual(n, seed=1, regimen=name, parameters=draw)
    courses = Courses(n, cohort=cohort, regimen=regimen, decide_when_due=True)
    slots = np.arange(n)
    courses.begin(slots, patients=slots, courses=np.zeros(n, np.int64))
    while slots.size:
        courses.step(np.ones((len(regimen.drugs), n)), slots)
        slots = np.flatnonzero(~courses.chart["ended"])
    return courses


@pytest.fixture(scope="module")
def point() -> Courses:
    return treated(None)


def test_twenty_draws_of_the_label_give_a_band_around_the_point_estimate(point: Courses) -> None:
    draws = [treated(draw) for draw in range(20)]
    for measure in (
        lambda courses: courses.chart["confirmed"].mean(),
        lambda courses: courses.chart["returns"][:, 0].mean(),
        lambda courses: courses.chart["returns"][:, 1].mean(),
    ):
        band = np.array([measure(courses) for courses in draws])
        low, high = np.quantile(band, [0.05, 0.95])
        assert low < measure(point) < high
        assert np.isfinite(band).all()
    responses = np.array([courses.chart["confirmed"].mean() for courses in draws])
    # Wider than the trial-to-trial differences of one regimen, 8.5 points, and no anything-goes.
    assert 0.05 < responses.std() < 0.20


def test_draws_are_compared_on_the_same_patients_with_the_same_noise(point: Courses) -> None:
    moved = treated(3)
    assert (moved.persons["crcl_ml_min"] == point.persons["crcl_ml_min"]).all()
    for name in ("baseline_sld_mm", "haemoglobin_g_dl", "dpyd_activity"):
        assert (moved.persons[name] == point.persons[name]).all()
    assert (moved.individuals.baseline == point.individuals.baseline).all()
    assert (moved.chart["sld_baseline_mm"] == point.chart["sld_baseline_mm"]).all()
    deviations = [
        np.log(who.individuals.resistance_rate / np.median(who.individuals.resistance_rate))
        for who in (moved, point)
    ]
    assert np.corrcoef(deviations)[0, 1] == pytest.approx(1.0)
    assert (moved.individuals.log_kill != point.individuals.log_kill).all()


def test_a_draw_changes_the_setting_too() -> None:
    settings = [treated(draw, n=4)._setting for draw in (None, 0, 1)]
    assert len({each.released for each in settings}) == 3
    assert len({each.fatality for each in settings}) == 3
    assert len({each.calvert_nonrenal for each in settings}) == 1
    assert len({each.partial_response for each in settings}) == 1
    assert len({each.count_bounds for each in settings}) == 1


def test_what_is_in_force_outside_does_not_reach_a_cohort(point: Courses) -> None:
    with drawn_parameters(5):
        inside = treated(None)
    assert (inside.chart == point.chart).all()


def test_the_environments_option_is_the_cohorts_draw(point: Courses) -> None:
    slots = np.arange(N)
    for draw, courses in ((None, point), (2, treated(2))):
        env = CourseVectorEnv(
            N,
            regimen=NAME,
            cohort_seed=1,
            patients=N,
            continuous=True,
            decisions="due",
            parameters=draw,
        )
        env.reset(options={"patients": slots})
        ended = np.zeros(N, bool)
        found = np.zeros(N)
        while not ended.all():
            _, rewards, now, _, _ = env.step(np.ones((N, 2), np.float32))
            found[~ended] += rewards[~ended, 0]
            ended |= now
        assert found == pytest.approx(courses.chart["returns"][:, 0], abs=1e-5)


def test_survival_can_be_drawn_as_the_cohort_is(point: Courses) -> None:
    def days(draw: int | None) -> np.ndarray:
        return survival_days(point.chart, point.persons, tumour="NSCLC", key=1, parameters=draw)

    assert (days(None) != days(1)).any()
    assert (days(1) == days(1)).all()


@pytest.mark.parametrize("name", ["FOLFIRINOX", "paclitaxel-carboplatin", "temozolomide-LGG"])
def test_no_draw_breaks_a_course(name: str) -> None:
    for draw in range(5):
        chart = treated(draw, name=name, n=60).chart
        for field in ("log_size", "neutrophils", "platelets", "crcl_ml_min", "returns"):
            assert np.isfinite(chart[field]).all()


def test_a_negative_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="numbered from 0"):
        Cohort.virtual(3, seed=1, parameters=-1).individuals("NSCLC", ["docetaxel"])
