"""Posology: virtual cancer patients under combination therapy, as Gymnasium environments."""

if __name__ != "posology":
    raise ImportError("import it as posology; as envs.posology every module would load twice")

from posology.classics import register_classics
from posology.dosing import register_environments
from posology.patients import Cohort
from posology.policies import load_policy
from posology.treatment import Regimen

__all__ = ["Cohort", "Regimen", "load_policy", "register_classics", "register_environments"]

register_environments()
register_classics()
