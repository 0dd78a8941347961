"""Virtual patients: their covariates, their parameters, their reproducibility."""

from dataclasses import fields

import numpy as np
import pytest

from posology.library import quantity, tumour_names
from posology.patients import Cohort, Individuals, reference_area


@pytest.fixture(scope="module")
def many() -> Cohort:
    return Cohort.virtual(8000, seed=3, regimen="docetaxel-cisplatin")


@pytest.fixture(scope="module")
def own(many: Cohort) -> Individuals:
    return many.individuals("NSCLC", ["docetaxel", "cisplatin"])


def assert_same(some: Cohort, whole: Cohort, where: np.ndarray) -> None:
    """Cohort ``some`` is patients ``where`` of ``whole``."""
    assert (some.patients == whole.patients[where]).all()
    assert (some.tumours == whole.tumours[where]).all()
    for each in fields(some.covariates):
        of_whole = getattr(whole.covariates, each.name)[where]
        assert (getattr(some.covariates, each.name) == of_whole).all()
    genome, rows = whole.genome.taken(where), some.genome.tumour.shape[0]
    assert (some.genome.dpyd_activity == genome.dpyd_activity).all()
    assert (some.genome.ugt1a1_slow == genome.ugt1a1_slow).all()
    assert (some.genome.tumour == genome.tumour[:rows]).all()
    assert not genome.tumour[rows:].any()


@pytest.mark.parametrize(
    "kind", [{}, {"tumour": "LGG"}, {"regimen": "docetaxel-cisplatin"}], ids=["mix", "LGG", "DC"]
)
def test_a_patient_is_the_same_in_a_cohort_of_any_size(kind: dict) -> None:
    few, many = Cohort.virtual(7, seed=5, **kind), Cohort.virtual(2847, seed=5, **kind)
    assert_same(few, many, np.arange(7))


def test_a_patients_parameters_are_the_same_in_a_cohort_of_any_size() -> None:
    few, many = (
        Cohort.virtual(n, seed=5, regimen="docetaxel-cisplatin").individuals("NSCLC", ["docetaxel"])
        for n in (7, 2847)
    )
    assert (few.slopes == many.slopes[:, :, :7]).all()
    assert (few.log_kill == many.log_kill[:, :7]).all()


@pytest.mark.parametrize("kind", [{}, {"tumour": "CRC"}], ids=["mix", "CRC"])
def test_chunks_equal_the_whole(kind: dict) -> None:
    whole = Cohort.virtual(1000, seed=8, split="select", **kind)
    chunks = list(Cohort.chunks(1000, size=300, seed=8, split="select", **kind))
    assert [chunk.patients.size for chunk in chunks] == [300, 300, 300, 100]
    for chunk in chunks:
        assert_same(chunk, whole, chunk.patients)


def test_a_patient_of_the_clinic_is_the_one_of_the_tumours_own_cohort() -> None:
    clinic, own = Cohort.virtual(500, seed=4), Cohort.virtual(500, seed=4, tumour="CRC")
    where = np.flatnonzero(clinic.tumours == tumour_names().index("CRC"))
    assert 60 < where.size < 140
    assert (clinic.covariates.weight_kg[where] == own.covariates.weight_kg[where]).all()
    rows = own.genome.tumour.shape[0]
    assert (clinic.genome.tumour[:rows, where] == own.genome.tumour[:, where]).all()
    assert not clinic.genome.tumour[rows:, where].any()


def test_a_regimens_cohort_replaces_only_who_is_not_eligible() -> None:
    own = Cohort.virtual(2000, seed=4, tumour="NSCLC")
    treated = Cohort.virtual(2000, seed=4, regimen="docetaxel-cisplatin")
    able = (own.covariates.crcl_ml_min >= 60.0) & (own.covariates.bilirubin_umol_l <= 21.0)
    assert 0.5 < able.mean() < 0.95
    assert (own.covariates.age_years[able] == treated.covariates.age_years[able]).all()
    assert not (own.covariates.age_years[~able] == treated.covariates.age_years[~able]).any()


def test_without_eligibility_the_unfit_are_treated_too() -> None:
    anyone = Cohort.virtual(2000, seed=4, regimen="docetaxel-cisplatin", eligibility=False)
    assert anyone.covariates.crcl_ml_min.min() < 60.0
    assert anyone.covariates.prior_lines.max() == 1


def test_a_regimens_patients_have_its_tumour_and_its_line() -> None:
    treated = Cohort.virtual(500, seed=4, regimen="docetaxel-cisplatin")
    assert set(treated.tumours) == {tumour_names().index("NSCLC")}
    assert treated.covariates.prior_lines.max() == 0
    assert not treated.covariates.hepatic_impairment.any()


def test_splits_of_one_seed_share_no_patient() -> None:
    weights = [
        Cohort.virtual(500, seed=5, split=split).covariates.weight_kg
        for split in ("train", "select", "held-out")
    ]
    assert len(np.unique(np.concatenate(weights))) == 1500


def test_the_clinic_sees_tumours_in_the_librarys_mix() -> None:
    n = 20_000
    found = np.bincount(Cohort.virtual(n, seed=9).tumours, minlength=len(tumour_names())) / n
    mix = np.array([quantity(f"cohorts/{name}/mix_share", "1") for name in tumour_names()])
    assert mix.sum() == pytest.approx(1.0)
    assert (np.abs(found - mix) < 4.0 * np.sqrt(mix * (1.0 - mix) / n)).all()


def test_the_clinics_median_creatinine_clearance_is_that_of_trials() -> None:
    assert 80.0 < np.median(Cohort.virtual(20_000, seed=9).covariates.crcl_ml_min) < 90.0


def test_every_patient_is_eligible(many: Cohort, own: Individuals) -> None:
    assert many.covariates.crcl_ml_min.min() >= 60.0
    assert own.baseline[0].min() >= 1.5
    assert own.baseline[1].min() >= 100.0


def test_a_patients_answer_to_a_drug_is_the_same_in_every_regimen(
    many: Cohort, own: Individuals
) -> None:
    alone = many.individuals("NSCLC", ["cisplatin"])
    other = many.individuals("NSCLC", ["gemcitabine", "cisplatin"])
    for each in (alone, other):
        assert (each.log_kill[-1] == own.log_kill[1]).all()
        assert (each.kinetics[-1].rates == own.kinetics[1].rates).all()
        assert (each.baseline == own.baseline).all()


def test_docetaxel_exposure_is_that_of_total_plasma_concentration() -> None:
    # Trap: bound and unbound differ 16-fold. The label gives 4.6 mg h/L at 100 mg/m2.
    assert reference_area("docetaxel") == pytest.approx(4.6, rel=0.10)


def test_the_transit_rate_is_four_over_the_transit_time(own: Individuals) -> None:
    # Trap: with 3/MTT grade 4 falls from 80 to 61 %.
    assert 4.0 / np.median(own.transit[0]) == pytest.approx(84.18, rel=0.01)


def test_docetaxel_and_temozolomide_bring_their_own_marrow_chain(many: Cohort) -> None:
    def hours(*agents: str) -> list[float]:
        return (4.0 / np.median(many.individuals("NSCLC", agents).transit, axis=1)).tolist()

    assert hours("cisplatin") == pytest.approx([125.0, 140.0], rel=0.01)
    assert hours("cisplatin", "docetaxel") == pytest.approx([84.18, 140.0], rel=0.01)
    assert hours("temozolomide") == pytest.approx([200.0, 230.0], rel=0.01)


def test_the_marrow_makes_neutrophils_not_leukocytes(own: Individuals) -> None:
    # Trap: the set 7.21 / 124 h / 0.239 of the tutorials is of leukocytes.
    assert np.median(own.baseline[0]) == pytest.approx(5.22, rel=0.12)


def test_sensitivities_to_two_drugs_correlate(own: Individuals) -> None:
    slopes = np.log(own.slopes[0])
    assert 0.35 < np.corrcoef(slopes)[0, 1] < 0.55  # 0.5, diluted by docetaxel's covariate
    kills = np.log(own.log_kill)
    assert np.corrcoef(kills)[0, 1] == pytest.approx(0.3, abs=0.04)


def test_the_doublets_kill_keeps_clarets_variability(many: Cohort) -> None:
    """Two drugs that kill alike, correlated at 0.3, have together what is published for both."""
    own = many.individuals("SCLC", ["docetaxel", "cisplatin"])
    together = (own.log_kill / np.median(own.log_kill, axis=1)[:, None]).sum(axis=0)
    found = together.std() / together.mean()
    assert found == pytest.approx(np.sqrt(np.expm1(0.679**2)), rel=0.08)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0, "seed": 1}, "at least one patient; got n=0"),
        ({"n": 1, "seed": 1, "split": "test"}, "train, select, held-out; got 'test'"),
        ({"n": 1, "seed": 1, "regimen": "aspirin"}, "unknown regimen 'aspirin'"),
        ({"n": 1, "seed": 1, "tumour": "MELANOMA"}, "unknown tumour 'MELANOMA'.*NSCLC"),
        (
            {"n": 1, "seed": 1, "regimen": "docetaxel-cisplatin", "tumour": "CRC"},
            "treats NSCLC; got tumour 'CRC'",
        ),
    ],
)
def test_what_cannot_be_a_cohort_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cohort.virtual(**arguments)


def test_chunks_of_no_patient_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="got total=10, size=0"):
        Cohort.chunks(10, size=0, seed=1)
