"""Random numbers that belong to a patient, not to a batch.

Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) turns a key and a counter into four
random words. The key is a seed, the counter says which patient, which course, which week and which
draw; so a patient meets the same chance whatever company the patient is simulated in.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from jaxtyping import Float, Int

_WORD = 0xFFFFFFFF


@nb.njit(cache=True, nogil=True)
def philox(
    key: np.uint64, patient: np.uint64, course: np.uint64, week: np.uint64, draw: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four random 32-bit words of a counter (patient, course, week, draw) under a 64-bit key."""
    mask = np.uint64(_WORD)
    shift = np.uint64(32)
    low, high = key & mask, key >> shift
    a, b, c, d = patient & mask, course & mask, week & mask, draw & mask
    for _ in range(10):
        first = np.uint64(0xD2511F53) * a
        second = np.uint64(0xCD9E8D57) * c
        a, b, c, d = (
            (second >> shift) ^ b ^ low,
            second & mask,
            (first >> shift) ^ d ^ high,
            first & mask,
        )
        low = (low + np.uint64(0x9E3779B9)) & mask
        high = (high + np.uint64(0xBB67AE85)) & mask
    return a, b, c, d


@nb.njit(cache=True, inline="always")
def unit_interval(word: np.uint64) -> float:
    """Number strictly between 0 and 1 from a random word."""
    return (float(word) + 0.5) * 2.3283064365386963e-10


@nb.njit(cache=True, inline="always")
def normal_pair(first: np.uint64, second: np.uint64) -> tuple[float, float]:
    """Two independent standard normal numbers from two random words (Box and Muller)."""
    radius = math.sqrt(-2.0 * math.log(unit_interval(first)))
    angle = 2.0 * math.pi * unit_interval(second)
    return radius * math.cos(angle), radius * math.sin(angle)


@nb.njit(cache=True, inline="always")
def standard_normal(first: np.uint64, second: np.uint64) -> float:
    """The first number of :func:`normal_pair`."""
    radius = math.sqrt(-2.0 * math.log(unit_interval(first)))
    return radius * math.cos(2.0 * math.pi * unit_interval(second))


@nb.njit(cache=True)
def first_words(key: np.uint64, patients: np.ndarray, courses: np.ndarray) -> np.ndarray:
    """The first random word of each pair of a patient and a course, (pairs,)."""
    out = np.empty(patients.size, np.int64)
    zero = np.uint64(0)
    for k in range(patients.size):
        out[k] = philox(key, np.uint64(patients[k]), np.uint64(courses[k]), zero, zero)[0]
    return out


@nb.njit(cache=True)
def _fill(
    key: np.uint64, patients: np.ndarray, attempt: np.uint64, normal: bool, out: np.ndarray
) -> None:
    kind = np.uint64(0) if normal else np.uint64(1)
    for k in range(patients.size):
        for row in range(0, out.shape[0], 4):
            words = philox(key, np.uint64(patients[k]), attempt, kind, np.uint64(row))
            if normal:
                out[row, k], out[row + 1, k] = normal_pair(words[0], words[1])
                out[row + 2, k], out[row + 3, k] = normal_pair(words[2], words[3])
            else:
                for r in range(4):
                    out[row + r, k] = unit_interval(words[r])


def standard_normals(
    key: int, patients: Int[np.ndarray, " patients"], *, count: int, attempt: int = 0
) -> Float[np.ndarray, "count patients"]:
    """``count`` standard normal numbers for each patient, the same in any company."""
    return _filled(key, patients, count=count, attempt=attempt, normal=True)


def standard_uniforms(
    key: int, patients: Int[np.ndarray, " patients"], *, count: int, attempt: int = 0
) -> Float[np.ndarray, "count patients"]:
    """``count`` numbers between 0 and 1 for each patient, the same in any company."""
    return _filled(key, patients, count=count, attempt=attempt, normal=False)


def _filled(
    key: int, patients: Int[np.ndarray, " patients"], *, count: int, attempt: int, normal: bool
) -> Float[np.ndarray, "count patients"]:
    out = np.empty((-(-count // 4) * 4, patients.size))
    _fill(np.uint64(key), patients.astype(np.int64), np.uint64(attempt), normal, out)
    return out[:count]


def stream_key(seed: int, purpose: str) -> int:
    """Key, a positive 63-bit integer, of an independent stream for each (seed, purpose)."""
    words = [seed, *purpose.encode()]
    return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0] >> 1)
