"""Normal, tumour and immune cells under a drug, after de Pillis (2003) and Ahn (2011).

    dN/dt = r2 N (1 - b2 N) - c4 T N - a3 (1 - e^-B) N
    dT/dt = r1 T (1 - b1 T) - c2 I T - c3 T N - a2 (1 - e^-B) T
    dI/dt = s + rho I T / (alpha + T) - c1 I T - d1 I - a1 (1 - e^-B) I
    dB/dt = u - d2 B

de Pillis and Radunskaya, doi:10.1016/S0895-7177(03)00133-X; Ahn and Park,
doi:10.1016/j.biosystems.2011.07.005.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from jaxtyping import Float

NAMES = (
    *("r1", "r2", "b1", "b2", "c1", "c2", "c3", "c4"),
    *("a1", "a2", "a3", "s", "rho", "alpha", "d1", "d2"),
)
PUBLISHED = np.array(
    [
        *(1.5, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0),
        *(0.2, 0.3, 0.1, 0.33, 0.01, 0.3, 0.2, 1.0),
    ]
)
"""Values of ``NAMES`` [1/d and scaled cells]: as in DTRGym's public code (verified), which cites
Ahn (2011)."""


@nb.njit(cache=True, inline="always")
def _slopes(
    p: np.ndarray, k: int, normal: float, tumour: float, immune: float, drug: float, dose: float
) -> tuple[float, float, float, float]:
    kill = 1.0 - math.exp(-drug)
    return (
        normal * (p[1, k] * (1.0 - p[3, k] * normal) - p[7, k] * tumour - p[10, k] * kill),
        tumour
        * (
            p[0, k] * (1.0 - p[2, k] * tumour)
            - p[5, k] * immune
            - p[6, k] * normal
            - p[9, k] * kill
        ),
        p[11, k]
        + immune
        * (p[12, k] * tumour / (p[13, k] + tumour) - p[4, k] * tumour - p[14, k] - p[8, k] * kill),
        dose - p[15, k] * drug,
    )


@nb.njit(cache=True)
def _run(
    cells: np.ndarray, parameters: np.ndarray, doses: np.ndarray, h: float, steps: int
) -> np.ndarray:
    out = np.empty_like(cells)
    for k in range(cells.shape[1]):
        y0, y1, y2, y3 = cells[0, k], cells[1, k], cells[2, k], cells[3, k]
        u = doses[k]
        for _ in range(steps):
            p0, p1, p2, p3 = _slopes(parameters, k, y0, y1, y2, y3, u)
            g = 0.5 * h
            q0, q1, q2, q3 = _slopes(
                parameters, k, y0 + g * p0, y1 + g * p1, y2 + g * p2, y3 + g * p3, u
            )
            r0, r1, r2, r3 = _slopes(
                parameters, k, y0 + g * q0, y1 + g * q1, y2 + g * q2, y3 + g * q3, u
            )
            s0, s1, s2, s3 = _slopes(
                parameters, k, y0 + h * r0, y1 + h * r1, y2 + h * r2, y3 + h * r3, u
            )
            y0 += h / 6.0 * (p0 + 2.0 * q0 + 2.0 * r0 + s0)
            y1 += h / 6.0 * (p1 + 2.0 * q1 + 2.0 * r1 + s1)
            y2 += h / 6.0 * (p2 + 2.0 * q2 + 2.0 * r2 + s2)
            y3 += h / 6.0 * (p3 + 2.0 * q3 + 2.0 * r3 + s3)
        out[0, k], out[1, k], out[2, k], out[3, k] = y0, y1, y2, y3
    return out


def advance_cells(
    cells: Float[np.ndarray, "4 patients"],
    parameters: Float[np.ndarray, "16 patients"],
    doses: Float[np.ndarray, " patients"],
    *,
    days: float,
    steps: int = 2,
) -> Float[np.ndarray, "4 patients"]:
    """N, T, I and B after ``days`` at constant ``doses``, by the classical Runge-Kutta method."""
    return _run(cells, parameters, doses, days / steps, steps)
