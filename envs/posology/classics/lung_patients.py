"""Patients with non-small-cell lung cancer, as Geng (2017) and Lim (2018) draw them.

Geng, Paganetti and Grassberger, doi:10.1038/s41598-017-13646-z; the numbers below are those of the
public code of Lim, Alaa and van der Schaar (2018), NeurIPS 31 (verified there).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from posology.patients import standard_normals, standard_uniforms, stream_key

STAGE_COUNTS = {"I": 1432, "II": 128, "IIIA": 1306, "IIIB": 7248, "IV": 12840}
"""Patients by stage, after Detterbeck and Gibson (2008)."""
STAGE_DIAMETERS = {
    "I": (1.72, 4.70, 0.3, 5.0),
    "II": (1.96, 1.63, 0.3, 13.0),
    "IIIA": (1.91, 9.40, 0.3, 13.0),
    "IIIB": (2.76, 6.87, 0.3, 13.0),
    "IV": (3.86, 8.82, 0.3, 13.0),
}
"""Diameter [cm] by stage: mean and standard deviation of its log, and the bounds it is kept to."""
GROWTH = (7e-5, 7.23e-3)
"""Mean and standard deviation of rho [1/d]."""
RADIO_KILL = (0.0398, 0.168)
"""Mean and standard deviation of alpha [1/Gy]."""
RADIO_GROWTH_CORRELATION = 0.87
ALPHA_BETA_RATIO_GY = 10.0
CHEMO_KILL = (0.028, 0.0007)
"""Mean and standard deviation of beta_c [m3/(mg d)]."""
TYPE_GAIN = 0.1
"""Patients of type 1 have alpha, and of type 3 beta_c, higher by this share of the mean."""


@dataclass(frozen=True)
class LungPatients:
    """Parameters of patients; they never change."""

    kind: Int[np.ndarray, " patients"]
    """Type 1, 2 or 3, equally frequent."""
    stage: Int[np.ndarray, " patients"]
    """Index into STAGE_COUNTS."""
    diameter_cm: Float[np.ndarray, " patients"]
    """Of the tumour at the start."""
    growth: Float[np.ndarray, " patients"]
    """rho [1/d]."""
    radio_kill: Float[np.ndarray, " patients"]
    """alpha [1/Gy]; beta is alpha over ALPHA_BETA_RATIO_GY."""
    chemo_kill: Float[np.ndarray, " patients"]
    """beta_c [m3/(mg d)]."""


def draw_lung_patients(key: int, patients: Int[np.ndarray, " patients"]) -> LungPatients:
    """The patients of these numbers, the same in any company."""
    u = standard_uniforms(stream_key(key, "stages"), patients, count=2)
    shares = np.cumsum(list(STAGE_COUNTS.values())) / sum(STAGE_COUNTS.values())
    stage = np.searchsorted(shares[:-1], u[0], side="right")
    kind = 1 + (3.0 * u[1]).astype(np.int64)
    alpha, growth = _draw_alpha_and_growth(stream_key(key, "kinetics"), patients)
    mean, deviation = CHEMO_KILL
    z = standard_normals(stream_key(key, "chemotherapy"), patients, count=1)[0]
    return LungPatients(
        kind=kind,
        stage=stage,
        diameter_cm=_draw_diameters(stream_key(key, "diameters"), patients, stage),
        growth=growth,
        radio_kill=alpha + TYPE_GAIN * RADIO_KILL[0] * (kind == 1),
        # The source cuts it off at zero, which is 40 standard deviations away.
        chemo_kill=mean + deviation * z + TYPE_GAIN * mean * (kind == 3),
    )


def _draw_diameters(
    key: int, patients: Int[np.ndarray, " patients"], stage: Int[np.ndarray, " patients"]
) -> Float[np.ndarray, " patients"]:
    """Log-normal by stage, drawn again until within the bounds."""
    mean, deviation, low, high = np.array(list(STAGE_DIAMETERS.values()))[stage].T
    diameters = np.zeros(patients.size)
    outside = np.ones(patients.size, np.bool_)
    attempt = 0
    while outside.any():
        z = standard_normals(key, patients[outside], count=1, attempt=attempt)[0]
        # An exponent above the upper bound's is out of bounds anyway; capped, none overflows.
        exponents = np.minimum(mean[outside] + deviation[outside] * z, 100.0)
        diameters[outside] = np.exp(exponents)
        outside = (diameters < low) | (diameters > high)
        attempt += 1
    return diameters


def _draw_alpha_and_growth(
    key: int, patients: Int[np.ndarray, " patients"]
) -> tuple[Float[np.ndarray, " patients"], Float[np.ndarray, " patients"]]:
    """Correlated normals, drawn again until both are positive."""
    drawn = np.zeros((2, patients.size))
    outside = np.ones(patients.size, np.bool_)
    correlation = RADIO_GROWTH_CORRELATION
    attempt = 0
    while outside.any():
        z = standard_normals(key, patients[outside], count=2, attempt=attempt)
        second = correlation * z[0] + np.sqrt(1.0 - correlation**2) * z[1]
        drawn[0, outside] = RADIO_KILL[0] + RADIO_KILL[1] * z[0]
        drawn[1, outside] = GROWTH[0] + GROWTH[1] * second
        outside = (drawn[0] <= 0.0) | (drawn[1] <= 0.0)
        attempt += 1
    return drawn[0], drawn[1]
