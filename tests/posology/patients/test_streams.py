"""Counter-based random numbers."""

import numpy as np
import pytest

from posology.patients import philox, standard_normals, standard_uniforms, stream_key


def test_philox_gives_the_published_answers() -> None:
    # Known answers of Random123, philox4x32-10.
    zero, ones = np.uint64(0), np.uint64(0xFFFFFFFF)
    assert [hex(int(x)) for x in philox(zero, zero, zero, zero, zero)] == [
        "0x6627e8d5",
        "0xe169c58d",
        "0xbc57ac4c",
        "0x9b00dbd8",
    ]
    assert [hex(int(x)) for x in philox(np.uint64(2**64 - 1), ones, ones, ones, ones)] == [
        "0x408f276d",
        "0x41c83b0e",
        "0xa20bc7c6",
        "0x6d5451fd",
    ]


def test_normals_are_standard_and_independent() -> None:
    z = standard_normals(7, np.arange(40_000), count=4)
    assert z.mean(axis=1) == pytest.approx(0.0, abs=4 / 200)
    assert np.cov(z) == pytest.approx(np.eye(4), abs=0.03)


def test_uniforms_fill_the_unit_interval() -> None:
    u = standard_uniforms(7, np.arange(40_000), count=1)[0]
    assert ((u > 0.0) & (u < 1.0)).all()
    assert np.quantile(u, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


def test_a_patients_numbers_do_not_depend_on_company() -> None:
    alone = standard_normals(7, np.array([123]), count=6)
    together = standard_normals(7, np.arange(200), count=6)
    assert (alone[:, 0] == together[:, 123]).all()


def test_purposes_and_seeds_have_streams_of_their_own() -> None:
    keys = {stream_key(seed, purpose) for seed in range(50) for purpose in ("a", "b", "ab")}
    assert len(keys) == 150
    assert all(0 <= key < 2**63 for key in keys)
