"""Environments of the literature whose answers are known."""

import gymnasium as gym

from posology.classics.adaptive_rules import HalvingRule, ThresholdRule, best_threshold
from posology.classics.adaptive_therapy import AdaptiveTherapyEnv, AdaptiveTherapyVectorEnv
from posology.classics.ahn import AhnChemoEnv, AhnChemoVectorEnv
from posology.classics.batch import BatchEnv, CohortOptions, SingleEnv, Transition
from posology.classics.cancer_sim import CancerSimEnv, CancerSimVectorEnv
from posology.classics.cell_populations import advance_cells
from posology.classics.lotka_volterra import LotkaVolterra
from posology.classics.lqr2 import LQR2Env, LQR2VectorEnv
from posology.classics.lung_patients import LungPatients, draw_lung_patients
from posology.classics.policies import Comparator, ConstantAction, return_vectors
from posology.classics.riccati import (
    LinearFeedback,
    optimal_gains,
    value_vectors,
    weight_sweep,
)
from posology.classics.zhao import ZhaoEnv, ZhaoVectorEnv

__all__ = [
    "AdaptiveTherapyEnv",
    "AdaptiveTherapyVectorEnv",
    "AhnChemoEnv",
    "AhnChemoVectorEnv",
    "BatchEnv",
    "CancerSimEnv",
    "CancerSimVectorEnv",
    "CohortOptions",
    "Comparator",
    "ConstantAction",
    "HalvingRule",
    "LQR2Env",
    "LQR2VectorEnv",
    "LinearFeedback",
    "LotkaVolterra",
    "LungPatients",
    "SingleEnv",
    "ThresholdRule",
    "Transition",
    "ZhaoEnv",
    "ZhaoVectorEnv",
    "advance_cells",
    "best_threshold",
    "draw_lung_patients",
    "optimal_gains",
    "register_classics",
    "return_vectors",
    "value_vectors",
    "weight_sweep",
]

_MODULES = {
    "AdaptiveTherapy": "adaptive_therapy",
    "AhnChemo": "ahn",
    "CancerSim": "cancer_sim",
    "LQR2": "lqr2",
    "Zhao": "zhao",
}


def register_classics() -> None:
    """Register the ids of this package with Gymnasium; a second call changes nothing."""
    for name, module in _MODULES.items():
        if f"posology/{name}-v0" not in gym.registry:
            gym.register(
                f"posology/{name}-v0",
                entry_point=f"posology.classics.{module}:{name}Env",
                vector_entry_point=f"posology.classics.{module}:{name}VectorEnv",
                disable_env_checker=True,
            )
