"""Kernels on arrays: kinetics, marrow, combination, tumour, and the week that joins them."""

from posology.pharmacology.combination import combined_effect
from posology.pharmacology.kinetics import (
    mode_over_week,
    three_compartment_modes,
    two_compartment_modes,
)
from posology.pharmacology.tumour import log_relative_size
from posology.pharmacology.week import (
    BASELINE,
    FEEDBACK,
    GRADE4_HOURS,
    INFUSION,
    LOWEST_NEUTROPHILS,
    LOWEST_PLATELETS,
    MARROW_PARAMETERS,
    MODES,
    SLOPE,
    TRANSIT,
    WEEK_RECORDS,
    advance_week,
)

__all__ = [
    "BASELINE",
    "FEEDBACK",
    "GRADE4_HOURS",
    "INFUSION",
    "LOWEST_NEUTROPHILS",
    "LOWEST_PLATELETS",
    "MARROW_PARAMETERS",
    "MODES",
    "SLOPE",
    "TRANSIT",
    "WEEK_RECORDS",
    "advance_week",
    "combined_effect",
    "log_relative_size",
    "mode_over_week",
    "three_compartment_modes",
    "two_compartment_modes",
]
