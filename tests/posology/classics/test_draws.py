"""Random numbers of a patient's course."""

import numpy as np
import pytest

from posology.classics.draws import course_normals, course_uniforms

MANY = np.arange(40_000)


def test_normals_are_standard_and_independent() -> None:
    z = course_normals(7, MANY, np.zeros_like(MANY), count=5)
    assert z.shape == (5, MANY.size)
    assert z.mean(axis=1) == pytest.approx(0.0, abs=4 / 200)
    assert np.cov(z) == pytest.approx(np.eye(5), abs=0.03)


def test_numbers_depend_on_patient_and_course_and_not_on_company() -> None:
    together = course_uniforms(7, MANY[:100], MANY[:100] % 3, count=6)
    alone = course_uniforms(7, np.array([50]), np.array([50 % 3]), count=6)
    assert (together[:, 50] == alone[:, 0]).all()
    next_course = course_uniforms(7, np.array([50]), np.array([50 % 3 + 1]), count=6)
    assert not (next_course == alone).any()
    assert np.unique(together).size == 600
