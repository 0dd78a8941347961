"""Random numbers of a patient's course: the same in any company, batch or slot."""

from __future__ import annotations

import numba as nb
import numpy as np
from jaxtyping import Float, Int

from posology.patients import philox, unit_interval


@nb.njit(cache=True)
def _fill(key: np.uint64, patients: np.ndarray, courses: np.ndarray, out: np.ndarray) -> None:
    zero = np.uint64(0)
    for k in range(patients.size):
        for row in range(0, out.shape[0], 4):
            patient, course = np.uint64(patients[k]), np.uint64(courses[k])
            words = philox(key, patient, course, zero, np.uint64(row))
            for r in range(4):
                out[row + r, k] = unit_interval(words[r])


def course_uniforms(
    key: int,
    patients: Int[np.ndarray, " patients"],
    courses: Int[np.ndarray, " patients"],
    *,
    count: int,
) -> Float[np.ndarray, "count patients"]:
    """``count`` numbers between 0 and 1 for each patient's course of that number."""
    out = np.empty((-(-count // 4) * 4, patients.size))
    _fill(np.uint64(key), patients.astype(np.int64), courses.astype(np.int64), out)
    return out[:count]


def course_normals(
    key: int,
    patients: Int[np.ndarray, " patients"],
    courses: Int[np.ndarray, " patients"],
    *,
    count: int,
) -> Float[np.ndarray, "count patients"]:
    """``count`` standard normal numbers for each patient's course (Box and Muller)."""
    first, second = np.split(
        course_uniforms(key, patients, courses, count=2 * (-(-count // 2))), 2, axis=0
    )
    radius, angle = np.sqrt(-2.0 * np.log(first)), 2.0 * np.pi * second
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
