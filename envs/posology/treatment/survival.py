"""Survival where a published model links it to the tumour's course."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from posology.library import drawn_parameters, keys, quantity
from posology.patients import ANCESTRIES, standard_normals, standard_uniforms

LONGEST_DAYS = 20.0 * 365.25
"""Nobody is predicted to live longer than this after the first visit."""


def has_survival_link(tumour: str) -> bool:
    """Whether the library holds a survival model of a tumour."""
    return "survival" in keys(f"tumours/{tumour}")


def survival_days(
    chart: np.ndarray,
    persons: np.ndarray,
    *,
    tumour: str,
    key: int,
    parameters: int | None = None,
) -> Float[np.ndarray, " slots"]:
    """Days each patient lives after the first visit, drawn from the tumour's survival model.

    A death by toxicity ends life when it happened. The draw is the patient's own, so that policies
    are compared on the same luck. ``parameters`` is the draw of parameters that was the cohort's.

    Raises:
        ValueError: no survival model is published for the tumour.
    """
    if not has_survival_link(tumour):
        raise ValueError(f"no published model links {tumour}'s course to survival.")
    person = persons[chart["patient"]]
    with drawn_parameters(parameters):
        linked = _LINKS[tumour](chart, person, key)
    toxic = np.where(chart["death_week"] > 0, 7.0 * chart["death_week"], np.inf)
    return np.minimum(np.minimum(linked, LONGEST_DAYS), toxic)


def _lung(chart: np.ndarray, person: np.ndarray, key: int) -> Float[np.ndarray, " slots"]:
    """Log-normal on baseline size, time to growth, ancestry and smoking (Claret 2014)."""
    place = "tumours/NSCLC/survival"
    growth = 7.0 * chart["smallest_week"].astype(float)
    mean = (
        quantity(f"{place}/intercept", "1")
        + quantity(f"{place}/per_baseline_mm", "1/mm") * person["baseline_sld_mm"]
        + quantity(f"{place}/per_log_time_to_growth", "1") * np.log(growth + 100.0)
        + quantity(f"{place}/asian", "1") * (person["ancestry"] == ANCESTRIES.index("EAS"))
        + quantity(f"{place}/smoker", "1") * person["ever_smoker"]
    )
    z = standard_normals(key, person["number"], count=1)[0]
    return np.exp(mean + quantity(f"{place}/log_sd", "1") * z)


def _ovarian(chart: np.ndarray, person: np.ndarray, key: int) -> Float[np.ndarray, " slots"]:
    """Weibull hazard on baseline size, size at week 12, new lesions and status (Zecchin 2016)."""
    place = "tumours/OVARIAN/survival"
    hazard = (
        quantity(f"{place}/per_baseline_70mm", "1") * person["baseline_sld_mm"] / 70.0
        + quantity(f"{place}/per_relative_size_week12", "1") * np.exp(chart["log_size_week12"])
        + quantity(f"{place}/new_lesion", "1") * chart["new_lesion"]
        + quantity(f"{place}/ecog", "1") * (person["ecog"] >= 1)
    )
    u = standard_uniforms(key, person["number"], count=1)[0]
    shape = quantity(f"{place}/shape", "1")
    return (-np.log(u) / np.exp(hazard)) ** (1.0 / shape) / quantity(f"{place}/rate", "1/d")


_LINKS = {"NSCLC": _lung, "OVARIAN": _ovarian}
