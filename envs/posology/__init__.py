"""Posology: virtual cancer patients under combination therapy, as Gymnasium environments."""

from posology.dosing import register_environments
from posology.patients import Cohort
from posology.treatment import Regimen

__all__ = ["Cohort", "Regimen", "register_environments"]

register_environments()
