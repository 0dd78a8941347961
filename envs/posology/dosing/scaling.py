"""Rows of numbers brought to order one, in a single pass over them."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True, error_model="numpy")
def scaled_rows(
    values: np.ndarray, centre: np.ndarray, spread: np.ndarray, limit: float
) -> np.ndarray:
    """``(values - centre) / spread``, at most ``limit`` from 0, float32, (rows, columns)."""
    rows, columns = values.shape
    out = np.empty((rows, columns), np.float32)
    for k in range(rows):
        for f in range(columns):
            x = (values[k, f] - centre[f]) / spread[f]
            x = -limit if x < -limit else x
            out[k, f] = limit if x > limit else x
    return out
