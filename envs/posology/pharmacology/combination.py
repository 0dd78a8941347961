"""How the effects of several drugs on one tissue combine."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True, error_model="numpy", inline="always")
def combined_effect(first: float, second: float, order: int) -> float:
    """Monotone p-norm ``(a^p + b^p)^(1/p)`` of two non-negative effects, for p = 1, 2 or 3.

    It never falls when either effect rises, so no dose of one drug can protect from another. The
    cube root is taken by Halley's iteration, which a compiler can vectorise and ``pow`` is not.
    """
    if order == 1:
        return first + second
    if order == 2:
        return np.sqrt(first * first + second * second)
    larger = max(first, second)
    smaller = min(first, second)
    ratio = smaller / (larger + 1e-300)
    cube = 1.0 + ratio * ratio * ratio
    root = 1.0 + (cube - 1.0) * 0.26
    for _ in range(2):
        power = root * root * root
        root = root * (power + 2.0 * cube) / (2.0 * power + cube)
    return larger * root
