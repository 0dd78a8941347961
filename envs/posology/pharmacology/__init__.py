"""Kernels: arrays in and out, compiled; no library and no patients."""

from posology.pharmacology.combination import combined_effect
from posology.pharmacology.glioma import GLIOMA_RATES, TISSUES, advance_glioma
from posology.pharmacology.interaction import (
    Hill,
    Musyc,
    bliss,
    bliss_efficacy,
    greco,
    highest_single_agent,
    loewe,
    musyc,
    zero_interaction_potency,
)
from posology.pharmacology.kill import HSA, KILL_MODELS, adds_up, combined_kill, kill_model
from posology.pharmacology.kinetics import (
    Modes,
    chained_modes,
    one_compartment_modes,
    three_compartment_modes,
    two_compartment_mode_table,
    two_compartment_modes,
)
from posology.pharmacology.marrow import STAGES
from posology.pharmacology.saturable import (
    AMOUNTS,
    SATURABLE_PARAMETERS,
    VM,
    advance_saturable,
    saturable_area,
)
from posology.pharmacology.schedule import FREE, GIVEN, LINGERING, WEEK, Schedule, schedule
from posology.pharmacology.tumour import log_relative_size
from posology.pharmacology.week import (
    MOST_AGENTS,
    MOST_MODES,
    Agents,
    Body,
    advance_week,
    empty_body,
)

__all__ = [
    "AMOUNTS",
    "FREE",
    "GIVEN",
    "GLIOMA_RATES",
    "HSA",
    "KILL_MODELS",
    "LINGERING",
    "MOST_AGENTS",
    "MOST_MODES",
    "SATURABLE_PARAMETERS",
    "STAGES",
    "TISSUES",
    "VM",
    "WEEK",
    "Agents",
    "Body",
    "Hill",
    "Modes",
    "Musyc",
    "Schedule",
    "adds_up",
    "advance_glioma",
    "advance_saturable",
    "advance_week",
    "bliss",
    "bliss_efficacy",
    "chained_modes",
    "combined_effect",
    "combined_kill",
    "empty_body",
    "greco",
    "highest_single_agent",
    "kill_model",
    "loewe",
    "log_relative_size",
    "musyc",
    "one_compartment_modes",
    "saturable_area",
    "schedule",
    "three_compartment_modes",
    "two_compartment_mode_table",
    "two_compartment_modes",
    "zero_interaction_potency",
]
