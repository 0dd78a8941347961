"""What the clinic sees at a visit, as numbers of order one, and back in clinical units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from posology.treatment import NEVER, Courses

Column = Float[np.ndarray, " patients"]


@dataclass(frozen=True)
class Feature:
    """One number of the observation: ``(transform(x) - centre) / spread``."""

    name: str
    unit: str
    centre: float
    spread: float
    transform: str = "identity"
    """identity, log (of positive numbers), or weeks: log1p of a number capped at 26."""

    def encode(self, x: Column) -> Column:
        """From clinical units to an observation."""
        return (_ENCODE[self.transform](x) - self.centre) / self.spread

    def decode(self, y: Column) -> Column:
        """From an observation to clinical units."""
        return _DECODE[self.transform](y * self.spread + self.centre)


_LONGEST_WEEKS = 26.0
_ENCODE: Mapping[str, Callable[[Column], Column]] = {
    "identity": lambda x: x,
    "log": np.log,
    "weeks": lambda x: np.log1p(np.minimum(x, _LONGEST_WEEKS)),
}
_DECODE: Mapping[str, Callable[[Column], Column]] = {
    "identity": lambda y: y,
    "log": np.exp,
    "weeks": np.expm1,
}

FEATURES = (
    Feature("age", "y", 62.0, 10.0),
    Feature("female", "0 or 1", 0.5, 0.5),
    Feature("performance status", "ECOG", 1.0, 1.0),
    Feature("body surface area", "m2", 1.9, 0.2),
    Feature("albumin", "g/L", 39.0, 5.0),
    Feature("alpha1-acid glycoprotein", "g/L", 0.25, 0.3, "log"),
    Feature("week", "wk", 13.0, 8.0),
    Feature("cycles begun", "1", 3.0, 2.0),
    Feature("weeks since dose", "wk", 1.2, 0.6, "weeks"),
    Feature("dose permitted", "0 or 1", 0.5, 0.5),
    Feature("docetaxel, last fraction", "1", 0.8, 0.4),
    Feature("cisplatin, last fraction", "1", 0.8, 0.4),
    Feature("docetaxel, total", "mg/m2", 225.0, 150.0),
    Feature("cisplatin, total", "mg/m2", 225.0, 150.0),
    Feature("neutrophils", "10^9/L", 1.0, 1.0, "log"),
    Feature("platelets", "10^9/L", 5.3, 0.5, "log"),
    Feature("creatinine clearance", "mL/min", 4.5, 0.25, "log"),
    Feature("neutrophil nadir since dose", "10^9/L", 0.0, 1.2, "log"),
    Feature("platelet nadir since dose", "10^9/L", 5.0, 0.6, "log"),
    Feature("grade 4 neutropenia over 7 days since dose", "0 or 1", 0.5, 0.5),
    Feature("febrile neutropenia since dose", "0 or 1", 0.5, 0.5),
    Feature("sensory neuropathy", "CTCAE grade", 1.0, 1.0),
    Feature("tumour size", "mm", 4.5, 0.7, "log"),
    Feature("tumour size, of baseline", "1", -0.2, 0.25, "log"),
    Feature("tumour size, of nadir", "1", 0.05, 0.1, "log"),
    Feature("weeks since scan", "wk", 1.2, 0.6, "weeks"),
)
"""The observation, in order."""

NAMES = tuple(feature.name for feature in FEATURES)


def observe(courses: Courses) -> Float[np.ndarray, "patients features"]:
    """Observation of every slot, float32."""
    seen = _seen(courses)
    columns = [feature.encode(seen[feature.name]) for feature in FEATURES]
    return np.clip(np.stack(columns, axis=1), -10.0, 10.0).astype(np.float32)


def decode(observations: Float[np.ndarray, "patients features"]) -> Mapping[str, Column]:
    """Clinical values of observations by feature name, in each feature's unit."""
    return {
        feature.name: feature.decode(observations[:, index].astype(np.float64))
        for index, feature in enumerate(FEATURES)
    }


def _seen(courses: Courses) -> Mapping[str, Column]:
    chart = courses.chart
    person = courses.persons[chart["patient"]]
    baseline = chart["sld_baseline_mm"]
    values = (
        person["age_years"],
        person["female"],
        person["ecog"],
        person["bsa_m2"],
        person["albumin_g_l"],
        person["aag_g_l"],
        chart["week"].astype(float),
        chart["cycles"].astype(float),
        np.minimum(chart["weeks_since_dose"], NEVER).astype(float),
        courses.permitted()[0].astype(float),
        chart["fractions"][:, 0],
        chart["fractions"][:, 1],
        chart["totals_mg_m2"][:, 0],
        chart["totals_mg_m2"][:, 1],
        chart["neutrophils"],
        chart["platelets"],
        chart["crcl_ml_min"],
        np.maximum(chart["nadir_neutrophils"], 0.01),
        chart["nadir_platelets"],
        chart["long_grade4"].astype(float),
        chart["febrile"].astype(float),
        chart["grades"][:, 3].astype(float),
        chart["sld_mm"],
        chart["sld_mm"] / baseline,
        chart["sld_mm"] / chart["sld_nadir_mm"],
        chart["weeks_since_scan"].astype(float),
    )
    return dict(zip(NAMES, values, strict=True))
