"""Trained policies: networks, what they are shown, and the folders they travel in; numpy alone."""

from posology.policies.folder import load_policy, save_policy
from posology.policies.network import ActionForm, NetworkPolicy
from posology.policies.shown import ShownVectorEnv
from posology.policies.situation import Situation, View, offers_masks
from posology.policies.trained import Objective, TrainedEnvironment, TrainedPolicy

__all__ = [
    "ActionForm",
    "NetworkPolicy",
    "Objective",
    "ShownVectorEnv",
    "Situation",
    "TrainedEnvironment",
    "TrainedPolicy",
    "View",
    "load_policy",
    "offers_masks",
    "save_policy",
]
