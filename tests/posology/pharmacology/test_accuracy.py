"""The kernel against LSODA on physical amounts: 200 patients, label and random dosing."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from posology.library import platinum_milligrams
from posology.pharmacology import LOWEST_NEUTROPHILS
from posology.treatment import DOSE_LEVELS, Courses

_SPEC = importlib.util.spec_from_file_location(
    "reference", Path(__file__).with_name("reference.py")
)
assert _SPEC
assert _SPEC.loader
reference = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(reference)

WEEKS = 6
PATIENTS = 200


def label(courses: Courses, rng: np.random.Generator) -> np.ndarray:
    return np.ones((2, PATIENTS))


def random_levels(courses: Courses, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(DOSE_LEVELS, (2, PATIENTS))


@pytest.mark.parametrize("dosing", [label, random_levels])
def test_the_kernel_is_within_a_thousandth_of_a_tight_reference(
    begin: Callable[..., Courses], dosing: Callable[..., np.ndarray]
) -> None:
    courses = begin(PATIENTS)
    courses._setting = courses._setting._replace(fatality=0.0, progression_mm=np.inf)
    rng = np.random.default_rng(3)
    milligrams = np.zeros((WEEKS, 2, PATIENTS))
    given = np.zeros((PATIENTS, 2))
    share = platinum_milligrams(1.0, molar_mass=300.05)
    lowest, sizes = [], []
    for week in range(WEEKS):
        courses.step(dosing(courses, rng), np.arange(PATIENTS))
        total = courses.chart["totals_mg_m2"]
        milligrams[week] = (total - given).T * courses.persons["bsa_m2"][:PATIENTS]
        milligrams[week, 1] *= share
        given = total.copy()
        lowest.append(courses._records[LOWEST_NEUTROPHILS].copy())
        sizes.append(courses.chart["log_size"].copy())
    errors = {"lowest": [], "areas": [], "size": []}
    for patient in range(PATIENTS):
        truth = reference.reference_course(courses, patient, milligrams[:, :, patient])
        errors["lowest"].append(np.array(lowest)[:, patient] / truth["lowest"] - 1.0)
        had = truth["areas"] > 1e-6  # what was never given
        areas = courses.chart["areas"][patient][had]
        errors["areas"].append(np.abs(areas / truth["areas"][had] - 1.0).max(initial=0.0))
        errors["size"].append(np.expm1(np.array(sizes)[:, patient] - truth["log_size"]))
    for name, found in errors.items():
        assert np.abs(found).max() <= 1e-3, name
