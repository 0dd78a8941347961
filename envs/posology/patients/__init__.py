"""Virtual patients: covariates, individual parameters, and seeded cohorts of them."""

from posology.patients.cohort import SPLITS, Cohort
from posology.patients.covariates import Covariates, draw_covariates
from posology.patients.individuals import (
    Individuals,
    cisplatin_clearance,
    docetaxel_clearance,
    draw_individuals,
    reference_areas,
)
from posology.patients.streams import (
    normal_pair,
    philox,
    standard_normals,
    standard_uniforms,
    stream_key,
    unit_interval,
)

__all__ = [
    "SPLITS",
    "Cohort",
    "Covariates",
    "Individuals",
    "cisplatin_clearance",
    "docetaxel_clearance",
    "draw_covariates",
    "draw_individuals",
    "normal_pair",
    "philox",
    "reference_areas",
    "standard_normals",
    "standard_uniforms",
    "stream_key",
    "unit_interval",
]
