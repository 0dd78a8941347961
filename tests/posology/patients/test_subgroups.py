"""Groups of patients by which results are reported."""

import numpy as np
import pytest

from posology.dosing import ClinicVectorEnv, CourseVectorEnv
from posology.library import tumour_names
from posology.patients import ANCESTRIES, Cohort, Covariates, Genome, subgroups


def cohort(**changes: np.ndarray) -> Cohort:
    """Four patients, typical but for ``changes`` of their covariates or genes."""
    typical = Covariates.typical(4)
    genome = Genome.wild_type(4)
    fields = {**vars(typical), **{k: v for k, v in changes.items() if hasattr(typical, k)}}
    genes = {**vars(genome), **{k: v for k, v in changes.items() if hasattr(genome, k)}}
    return Cohort(
        seed=0,
        split="train",
        regimen=None,
        patients=np.arange(4),
        tumours=np.zeros(4, np.int64),
        covariates=Covariates(**fields),
        genome=Genome(**genes),
    )


@pytest.mark.parametrize(
    ("changed", "values", "expected"),
    [
        ("age_years", [64.9, 65.0, 74.9, 75.0], {"age_65_or_over": [0, 1, 1, 1]}),
        ("age_years", [64.9, 65.0, 74.9, 75.0], {"age_75_or_over": [0, 0, 0, 1]}),
        ("crcl_ml_min", [59.9, 60.0, 89.9, 90.0], {"renal_impaired": [1, 0, 0, 0]}),
        ("crcl_ml_min", [59.9, 60.0, 89.9, 90.0], {"renal_mildly_impaired": [0, 1, 1, 0]}),
        ("dpyd_activity", [0.0, 1.0, 1.5, 2.0], {"DPYD_deficient": [1, 1, 1, 0]}),
        ("ugt1a1_slow", [0, 1, 2, 2], {"UGT1A1_poor": [0, 0, 1, 1]}),
        ("female", [True, False, False, True], {"female": [1, 0, 0, 1], "male": [0, 1, 1, 0]}),
        ("ancestry", [0, 1, 2, 1], {"ancestry:EAS": [0, 1, 0, 1], "ancestry:AFR": [0, 0, 1, 0]}),
    ],
)
def test_a_group_holds_those_whom_its_definition_names(
    changed: str, values: list, expected: dict
) -> None:
    found = subgroups(cohort(**{changed: np.array(values)}))
    for name, members in expected.items():
        assert found[name].tolist() == [bool(member) for member in members]


def test_groups_that_split_nothing_are_left_out() -> None:
    assert subgroups(cohort(crcl_ml_min=np.full(4, 100.0))) == {}


def test_ancestries_and_tumours_divide_a_mixed_cohort() -> None:
    mixed = Cohort.virtual(4000, seed=2)
    found = subgroups(mixed)
    for prefix, names in (("ancestry", ANCESTRIES), ("tumour", tumour_names())):
        masks = [found[f"{prefix}:{name}"] for name in names]
        assert (np.sum(masks, axis=0) == 1).all()
    assert found["renal_impaired"].any()


def test_screening_for_a_regimen_leaves_nobody_below_its_creatinine_clearance() -> None:
    assert "renal_impaired" not in subgroups(
        Cohort.virtual(4000, seed=2, regimen="docetaxel-cisplatin")
    )
    assert "renal_impaired" in subgroups(Cohort.virtual(4000, seed=2, regimen="FOLFOX6"))


def test_an_environment_tells_the_groups_of_its_own_patients() -> None:
    env = CourseVectorEnv(2, patients=300, cohort_seed=4, split="select")
    drawn = Cohort.virtual(300, seed=4, split="select", regimen="docetaxel-cisplatin")
    assert env.subgroups().keys() == subgroups(drawn).keys()
    assert (env.subgroups()["female"] == drawn.covariates.female).all()
    clinic = ClinicVectorEnv(2, patients=300, cohort_seed=4, split="select")
    assert (clinic.subgroups()["female"] == clinic.panel.cohort.covariates.female).all()
    assert clinic.subgroups()["tumour:CRC"].sum() == clinic.panel.cohort.of_tumour("CRC").size
