"""How the effects of several drugs on the marrow combine."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True, error_model="numpy", inline="always")
def combined_effect(first: float, second: float, third: float, order: int) -> float:
    """Monotone p-norm ``(a^p + b^p + c^p)^(1/p)`` of non-negative effects, for p = 1, 2 or 3.

    It never falls when an effect rises, so no dose of one drug can protect from another. The cube
    root of 1 to 3 is a parabola and one step of Halley's iteration (2e-8), which a compiler can
    vectorise and ``pow`` is not.
    """
    if order == 1:
        return first + second + third
    if order == 2:
        return np.sqrt(first * first + second * second + third * third)
    largest = max(first, max(second, third))
    scale = 1.0 / (largest + 1e-300)
    first *= scale
    second *= scale
    third *= scale
    cube = first * first * first + second * second * second + third * third * third
    root = 0.66531149 + cube * (0.37746753 - 0.03982501 * cube)
    power = root * root * root
    return largest * root * (power + 2.0 * cube) / (2.0 * power + cube + 1e-300)
