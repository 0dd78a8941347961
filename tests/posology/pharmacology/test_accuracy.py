"""The kernel against a second method: the share of patients that it gets wrong by a thousandth.

Doses are given whenever they are due, without guardrails: deeper than any clinic would go.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from posology.treatment import DOSE_LEVELS, Courses

PATIENTS = 512
REGIMENS = (
    "docetaxel-cisplatin",
    "paclitaxel-carboplatin",  # saturable
    "FOLFIRINOX",  # four agents, one of them a saturable bolus
    "TAC",  # three drugs, and G-CSF
    "etoposide-cisplatin",  # three days
    "temozolomide-GBM",  # five days, platelets
)
DOSING = {"label": [1.0], "random": DOSE_LEVELS, "bang-bang": [0.0, 1.25]}
MOST_WRONG = {"label": 0.0, "random": 0.005, "bang-bang": 0.02}


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "marrow_reference", Path(__file__).with_name("reference.py")
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where compiled code is looked up
    spec.loader.exec_module(module)
    return module


reference = _loaded()


def dosed(courses: Courses, dosing: str) -> np.ndarray:
    """Fractions for a whole cycle and the week after it, (weeks, drugs, patients)."""
    weeks, drugs = courses.regimen.interval_weeks + 1, len(courses.regimen.drugs)
    rng = np.random.default_rng(3)
    return rng.choice(DOSING[dosing], (weeks, drugs, courses.chart.size))


@pytest.mark.parametrize("dosing", DOSING)
@pytest.mark.parametrize("name", REGIMENS)
def test_hardly_a_patient_differs_by_more_than_a_thousandth(
    begin_unguarded: Callable[..., Courses], name: str, dosing: str
) -> None:
    courses = begin_unguarded(PATIENTS, name)
    ours = reference.recorded(courses, dosed(courses, dosing))
    truth = reference.expected(courses, ours, patients=np.arange(PATIENTS))
    given = truth.areas > 1e-6  # what was never given has no area to differ in
    area = np.where(given, ours.areas / np.where(given, truth.areas, 1.0) - 1.0, 0.0)
    errors = {
        "counts": ours.counts / truth.counts - 1.0,
        "lowest counts": ours.lowest / truth.lowest - 1.0,
        "areas": area,
        "size": np.expm1(ours.log_size - truth.log_size)[:, None],
    }
    for what, found in errors.items():
        worst = np.abs(found).max(axis=(0, 1))
        assert (worst > 1e-3).mean() <= MOST_WRONG[dosing], what


@pytest.mark.parametrize("name", REGIMENS)
def test_the_second_method_is_itself_right_to_a_millionth(
    begin_unguarded: Callable[..., Courses], name: str
) -> None:
    """Against LSODA on every amount and cell; its lowest counts are read every half hour only."""
    courses = begin_unguarded(2, name)
    given = reference.recorded(courses, dosed(courses, "random"))
    patients = np.arange(2)
    quick = reference.expected(courses, given, patients=patients)
    stiff = reference.expected(courses, given, patients=patients, by_lsoda=True)
    assert quick.counts == pytest.approx(stiff.counts, rel=1e-6)
    assert quick.areas == pytest.approx(stiff.areas, rel=1e-6, abs=1e-9)
    assert quick.lowest == pytest.approx(stiff.lowest, rel=3e-5)
    assert quick.log_size == pytest.approx(stiff.log_size, abs=1e-6)
