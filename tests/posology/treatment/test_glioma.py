"""A course of temozolomide in low-grade glioma."""

import numpy as np
import pytest

from posology.library import quantity
from posology.patients import Cohort, carriers
from posology.pharmacology import advance_glioma
from posology.treatment import Courses, Regimen, Scenario


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return Cohort.virtual(400, seed=6, regimen="temozolomide-LGG")


def begun(cohort: Cohort, name: str, n: int, **clinic: float) -> Courses:
    regimen = Regimen.labelled(name)
    courses = Courses(n, cohort=cohort, regimen=regimen, scenario=Scenario(**clinic))
    slots = np.arange(n)
    courses.begin(slots, patients=slots, courses=np.zeros(n, np.int64))
    return courses


def test_scans_measure_the_mean_tumour_diameter_of_three_tissues(cohort: Cohort) -> None:
    courses = begun(cohort, "temozolomide-LGG", 50, assay_error=0.0)
    who = courses.individuals
    assert courses.chart["sld_mm"] == pytest.approx(who.baseline_sld_mm[:50])
    assert courses.chart["tissues"][:, 0] == pytest.approx(who.glioma[5, :50])
    slots, scans = np.arange(50), 0
    for week in range(1, 25):
        courses.step(np.ones((1, 50)), slots)
        live = courses.chart["on_treatment"]
        size = courses.chart["tissues"][:, :3].sum(axis=1)
        relative = np.exp(courses.chart["log_size"]) * who.baseline_sld_mm[:50]
        assert size == pytest.approx(relative)
        if week % 6 == 0:
            scans += 1
            assert courses.chart["sld_mm"][live] == pytest.approx(size[live])
        slots = np.flatnonzero(live)
    assert scans == 4


def test_a_course_is_the_kernels_walk_through_its_exposures(cohort: Cohort) -> None:
    courses = begun(cohort, "temozolomide-LGG", 1)
    who, person = courses.individuals, courses.persons[0]
    clearance = who.kinetics[0].units[:, 0] / who.kinetics[0].rates[:, 0]
    milligrams = 200.0 * person["bsa_m2"]
    cycle = 5.0 * milligrams * clearance.sum() / who.reference_area[0] * who.log_kill[0, 0]
    tissues = np.array([who.glioma[5, 0], who.baseline_sld_mm[0] - who.glioma[5, 0], 0.0, 0.0])
    per_damage = who.resistance_rate[0] / person["kill_rate"]
    done = 0.0
    for _ in range(12):
        before = courses.chart["cycles"][0]
        courses.step(np.ones((1, 1)), np.array([0]))
        damage = cycle * (courses.chart["cycles"][0] - before)
        done = advance_glioma(tissues, done, damage, who.glioma[:5, 0].copy(), per_damage, 100.0)
        assert courses.chart["tissues"][0, :3] == pytest.approx(tissues[:3], rel=1e-3)


def test_genes_lower_damage_and_return_as_published(cohort: Cohort) -> None:
    who = cohort.individuals("LGG", ["temozolomide"])
    plain = Cohort.virtual(400, seed=6, regimen="temozolomide-LGG")
    object.__setattr__(plain.genome, "tumour", np.zeros_like(plain.genome.tumour))
    wild = plain.individuals("LGG", ["temozolomide"])
    mutated = carriers(cohort.genome, tumour="LGG", gene="TP53")
    codeleted = carriers(cohort.genome, tumour="LGG", gene="codeletion_1p19q")
    assert not (mutated & codeleted).any()
    assert 0.3 < mutated.mean() < 0.5
    damage = np.where(mutated, 0.563, 1.0)
    assert who.log_kill[0] / wild.log_kill[0] == pytest.approx(damage)
    returning = np.where(codeleted, 0.00807 / 0.00947, 1.0)
    assert who.glioma[2] / wild.glioma[2] == pytest.approx(returning)


def test_the_population_is_the_librarys(cohort: Cohort) -> None:
    who = Cohort.virtual(8000, seed=2, tumour="LGG").individuals("LGG", ["temozolomide"])
    month = 365.25 / 12.0
    for row, name in ((1, "to_quiescence"), (3, "death_rate"), (4, "drug_loss")):
        typical = quantity(f"tumours/LGG/{name}", "1/mo") / month
        assert np.median(who.glioma[row]) == pytest.approx(typical, rel=0.05)
        spread = np.sqrt(np.log1p(quantity(f"tumours/LGG/{name}_cv", "1") ** 2))
        assert np.log(who.glioma[row]).std() == pytest.approx(spread, rel=0.05)
    assert np.median(who.glioma[5]) == pytest.approx(1.72, rel=0.07)
    assert np.median(who.baseline_sld_mm - who.glioma[5]) == pytest.approx(32.1, rel=0.05)


def test_other_tumours_know_nothing_of_it(cohort: Cohort) -> None:
    others = Cohort.virtual(5, seed=1, regimen="temozolomide-GBM")
    courses = begun(others, "temozolomide-GBM", 5)
    courses.step(np.ones((1, 5)), np.arange(5))
    assert courses.individuals.glioma is None
    assert not courses.chart["tissues"].any()


def test_another_drug_in_low_grade_glioma_is_refused(cohort: Cohort) -> None:
    with pytest.raises(ValueError, match="temozolomide alone; got carboplatin"):
        cohort.individuals("LGG", ["carboplatin"])


def test_the_label_shrinks_half_the_tumours_by_a_fifth_within_two_years(cohort: Cohort) -> None:
    """The paper's population, but with doses held, kinetics varied and progression followed."""
    courses = begun(cohort, "temozolomide-LGG", 400)
    slots = np.arange(400)
    while slots.size:
        courses.step(np.ones((1, 400)), slots)
        slots = np.flatnonzero(~courses.chart["ended"])
    best = np.exp(courses.chart["smallest"]) - 1.0
    assert np.median(best) == pytest.approx(-0.21, abs=0.06)
    assert (best <= -0.20).mean() == pytest.approx(0.51, abs=0.10)
    assert np.median(courses.chart["smallest_week"]) * 7.0 / 30.44 == pytest.approx(17.6, abs=2.5)
