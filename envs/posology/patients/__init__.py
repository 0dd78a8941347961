"""Virtual patients: covariates, individual parameters, and seeded cohorts of them."""

from posology.patients.burden import Burden, draw_burden, is_glioma
from posology.patients.cohort import SPLITS, Cohort
from posology.patients.covariates import ANCESTRIES, Covariates, plausible_range
from posology.patients.disposition import Disposition, disposition, kernel_milligrams
from posology.patients.eligibility import Eligibility, eligibility_of, is_eligible
from posology.patients.genome import (
    Genome,
    carriers,
    dpyd_clearance_fraction,
    draw_genome,
    kill_multipliers,
    tumour_genes,
    ugt1a1_clearance_fraction,
)
from posology.patients.individuals import Individuals, draw_individuals, reference_area
from posology.patients.population import draw_covariates
from posology.patients.streams import (
    first_words,
    normal_pair,
    philox,
    standard_normal,
    standard_normals,
    standard_uniforms,
    stream_key,
    unit_interval,
)
from posology.patients.subgroups import subgroups

__all__ = [
    "ANCESTRIES",
    "SPLITS",
    "Burden",
    "Cohort",
    "Covariates",
    "Disposition",
    "Eligibility",
    "Genome",
    "Individuals",
    "carriers",
    "disposition",
    "dpyd_clearance_fraction",
    "draw_burden",
    "draw_covariates",
    "draw_genome",
    "draw_individuals",
    "eligibility_of",
    "first_words",
    "is_eligible",
    "is_glioma",
    "kernel_milligrams",
    "kill_multipliers",
    "normal_pair",
    "philox",
    "plausible_range",
    "reference_area",
    "standard_normal",
    "standard_normals",
    "standard_uniforms",
    "stream_key",
    "subgroups",
    "tumour_genes",
    "ugt1a1_clearance_fraction",
    "unit_interval",
]
