"""CTCAE v5 grades of what a week did to a patient."""

from __future__ import annotations

import numba as nb
import numpy as np
from jaxtyping import Float

from posology.library import quantity

TERMS = (
    "neutropenia",
    "thrombocytopenia",
    "creatinine increased",
    "sensory neuropathy",
    "febrile neutropenia",
)
"""Adverse events that are graded, in the order of every array of grades."""

EVENT_UNITS = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 2.0])
"""What an onset of each grade counts: grade 3 once, grade 4 twice. Death is counted apart."""


def neutrophil_bounds() -> Float[np.ndarray, "4"]:
    """Counts [10^9/L] below which neutropenia has grade 1 to 4."""
    return _bounds("neutrophils", "10^9/L")


def platelet_bounds() -> Float[np.ndarray, "4"]:
    """Counts [10^9/L] below which thrombocytopenia has grade 1 to 4."""
    return _bounds("platelets", "10^9/L")


def creatinine_bounds() -> Float[np.ndarray, "4"]:
    """Multiples of baseline above which creatinine increased has grade 1 to 4."""
    return _bounds("creatinine", "x baseline")


def neuropathy_bounds() -> Float[np.ndarray, "4"]:
    """Shares of the patient's own threshold above which neuropathy has grade 1 to 3; no grade 4."""
    return np.array(
        [
            quantity("toxicities/neuropathy/grade1_fraction", "1"),
            quantity("toxicities/neuropathy/grade2_fraction", "1"),
            1.0,
            np.inf,
        ]
    )


@nb.njit(cache=True)
def grade_below(value: float, bounds: np.ndarray) -> int:
    """Grade of a count that falls: how many of the descending bounds it is below."""
    grade = 0
    for bound in bounds:
        if value < bound:
            grade += 1
    return grade


@nb.njit(cache=True)
def grade_above(value: float, bounds: np.ndarray) -> int:
    """Grade of a number that rises: how many of the ascending bounds it has passed."""
    grade = 0
    for bound in bounds:
        if value > bound:
            grade += 1
    return grade


def _bounds(name: str, unit: str) -> Float[np.ndarray, "4"]:
    return np.array([quantity(f"toxicities/ctcae/{name}_grade{g}", unit) for g in (1, 2, 3, 4)])
