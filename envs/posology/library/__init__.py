"""Published numbers as data: value, unit, source and confidence, and the units they come in."""

from posology.library.quantities import (
    CONFIDENCES,
    Quantity,
    drug_names,
    keys,
    quantities,
    quantity,
    regimen_names,
    text,
)
from posology.library.units import (
    DAYS_PER_WEEK,
    HOURS_PER_DAY,
    HOURS_PER_WEEK,
    log_sd_from_cv,
    parse_quantity,
    per_milligram_from_per_micromole,
    platinum_milligrams,
)

__all__ = [
    "CONFIDENCES",
    "DAYS_PER_WEEK",
    "HOURS_PER_DAY",
    "HOURS_PER_WEEK",
    "Quantity",
    "drug_names",
    "keys",
    "log_sd_from_cv",
    "parse_quantity",
    "per_milligram_from_per_micromole",
    "platinum_milligrams",
    "quantities",
    "quantity",
    "regimen_names",
    "text",
]
