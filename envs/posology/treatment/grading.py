"""CTCAE v5 grades of what a week did to a patient."""

from __future__ import annotations

from collections.abc import Sequence

import numba as nb
import numpy as np
from jaxtyping import Float

from posology.library import quantity

TERMS = (
    "neutropenia",
    "thrombocytopenia",
    "anaemia",
    "creatinine increased",
    "sensory neuropathy",
    "heart failure",
    "diarrhoea",
    "mucositis",
    "hand-foot syndrome",
    "ALT increased",
    "febrile neutropenia",
)
"""Adverse events that are graded, in the order of every array of grades."""

ACUTE = ("diarrhoea", "mucositis", "hand_foot", "hepatic")
"""Names in the library of the terms that are drawn anew in each week of dosing, in order."""

FIRST_ACUTE = TERMS.index("diarrhoea")
NEUROPATHY = TERMS.index("sensory neuropathy")
"""Positions in ``TERMS``."""

EVENT_UNITS = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 2.0])
"""What an onset of each grade counts: grade 3 once, grade 4 twice. Death is counted apart."""


def count_bounds() -> Float[np.ndarray, "3 4"]:
    """Neutrophils, platelets [10^9/L] and haemoglobin [g/dL] below which grades 1 to 4 begin."""
    units = {"neutrophils": "10^9/L", "platelets": "10^9/L", "haemoglobin": "g/dL"}
    return np.array([_bounds(name, unit) for name, unit in units.items()])


def share_bounds() -> Float[np.ndarray, "3 4"]:
    """Creatinine over baseline, and shares of the patient's own threshold of neuropathy and of
    heart failure, above which grades 1 to 4 begin; the last two have no grade 4."""

    def fractions(name: str) -> list[float]:
        both = [quantity(f"toxicities/{name}/grade{g}_fraction", "1") for g in (1, 2)]
        return [*both, 1.0, np.inf]

    creatinine = _bounds("creatinine", "x baseline")
    return np.array([creatinine, fractions("neuropathy"), fractions("cardiac")])


def acute_multiples() -> Float[np.ndarray, "4"]:
    """How much more frequent each grade or worse is than grade 3 or worse, of acute terms."""
    return np.array(
        [
            quantity("toxicities/acute/grade1_multiple", "1"),
            quantity("toxicities/acute/grade2_multiple", "1"),
            1.0,
            quantity("toxicities/acute/grade4_multiple", "1"),
        ]
    )


@nb.njit(cache=True, nogil=True, forceinline=True)
def grade_below(value: float, bounds: Sequence[float]) -> int:
    """Grade of a count that falls: how many of the descending bounds it is below."""
    grade = 0
    for bound in bounds:
        if value < bound:
            grade += 1
    return grade


@nb.njit(cache=True, nogil=True, forceinline=True)
def grade_above(value: float, bounds: Sequence[float]) -> int:
    """Grade of a number that rises: how many of the ascending bounds it has passed."""
    grade = 0
    for bound in bounds:
        if value > bound:
            grade += 1
    return grade


def _bounds(name: str, unit: str) -> Float[np.ndarray, "4"]:
    return np.array([quantity(f"toxicities/ctcae/{name}_grade{g}", unit) for g in (1, 2, 3, 4)])
