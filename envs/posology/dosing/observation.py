"""What the clinic sees at a visit, as numbers of order one, and back in clinical units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from posology.treatment import NEVER, TERMS, Courses, Regimen

Column = Float[np.ndarray, " patients"]
_LIMIT = 10.0


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

PATIENT = (
    Feature("age", "y", 62.0, 10.0),
    Feature("female", "0 or 1", 0.5, 0.5),
    Feature("performance status", "ECOG", 1.0, 1.0),
    Feature("body surface area", "m2", 1.9, 0.2),
    Feature("albumin", "g/L", 39.0, 5.0),
    Feature("alpha1-acid glycoprotein", "g/L", 0.25, 0.3, "log"),
    Feature("bilirubin", "umol/L", 2.2, 0.4, "log"),
    Feature("DPYD activity", "score; -1 unknown", 2.0, 1.0),
    Feature("UGT1A1 slow alleles", "0 to 2; -1 unknown", 0.5, 1.0),
)
COURSE = (
    Feature("week", "wk", 13.0, 8.0),
    Feature("cycles begun", "1", 3.0, 2.0),
    Feature("weeks since cycle began", "wk", 1.2, 0.6, "weeks"),
    Feature("cycle due", "0 or 1", 0.5, 0.5),
    Feature("neutrophils", "10^9/L", 1.0, 1.0, "log"),
    Feature("platelets", "10^9/L", 5.3, 0.5, "log"),
    Feature("haemoglobin", "g/dL", 11.5, 1.5),
    Feature("creatinine clearance", "mL/min", 4.5, 0.25, "log"),
    Feature("neutrophil nadir in cycle", "10^9/L", 0.0, 1.2, "log"),
    Feature("platelet nadir in cycle", "10^9/L", 5.0, 0.6, "log"),
    Feature("grade 4 neutropenia over 7 days in cycle", "0 or 1", 0.5, 0.5),
    Feature("febrile neutropenia in cycle", "0 or 1", 0.5, 0.5),
    Feature("diarrhoea in cycle", "CTCAE grade", 1.0, 1.0),
    Feature("mucositis in cycle", "CTCAE grade", 1.0, 1.0),
    Feature("hand-foot syndrome in cycle", "CTCAE grade", 1.0, 1.0),
    Feature("ALT increased in cycle", "CTCAE grade", 1.0, 1.0),
    Feature("sensory neuropathy", "CTCAE grade", 1.0, 1.0),
    Feature("tumour size", "mm", 4.5, 0.7, "log"),
    Feature("tumour size, of baseline", "1", -0.2, 0.25, "log"),
    Feature("tumour size, of nadir", "1", 0.05, 0.1, "log"),
    Feature("weeks since scan", "wk", 1.2, 0.6, "weeks"),
)


def drug_features(drug: str) -> tuple[Feature, ...]:
    """What the clinic knows of one drug of the regimen."""
    return (
        Feature(f"{drug}, permitted", "0 or 1", 0.5, 0.5),
        Feature(f"{drug}, last fraction", "1", 0.8, 0.4),
        Feature(f"{drug}, total", "label cycles", 3.0, 2.0),
    )


def features(regimen: Regimen) -> tuple[Feature, ...]:
    """The observation of a regimen's courses, in order."""
    by_drug = [feature for drug in regimen.drugs for feature in drug_features(drug)]
    return (*PATIENT, *COURSE, *by_drug)


def observe(
    courses: Courses,
    shown: Sequence[Feature],
    slots: Int[np.ndarray, " patients"] | None = None,
) -> Float[np.ndarray, "patients features"]:
    """Observation of ``slots``, or of every slot, float32: the features named in ``shown``."""
    seen = clinical_values(courses, slots)
    values = np.array([seen[feature.name] for feature in shown])
    scale = _scale(tuple(shown))
    for transform, rows in scale.rows:
        values[rows] = _ENCODE[transform](values[rows])
    values -= scale.centre
    values /= scale.spread
    np.clip(values, -_LIMIT, _LIMIT, out=values)
    return np.ascontiguousarray(values.astype(np.float32).T)


class _Scale(NamedTuple):
    """The scales of several features: a row each."""

    rows: tuple[tuple[str, list[int]], ...]
    """Which rows each transform other than identity is taken of."""
    centre: Float[np.ndarray, "features 1"]
    spread: Float[np.ndarray, "features 1"]


@lru_cache
def _scale(shown: tuple[Feature, ...]) -> _Scale:
    names = {feature.transform for feature in shown} - {"identity"}
    return _Scale(
        tuple((name, [k for k, f in enumerate(shown) if f.transform == name]) for name in names),
        np.array([[feature.centre] for feature in shown]),
        np.array([[feature.spread] for feature in shown]),
    )


def decode(
    observations: Float[np.ndarray, "patients features"], shown: Sequence[Feature]
) -> Mapping[str, Column]:
    """Clinical values of observations by feature name, in each feature's unit.

    Raises:
        ValueError: observations of another length, or that hold NaN.
    """
    if observations.shape[1] != len(shown) or np.isnan(observations).any():
        found = "NaN" if observations.shape[1] == len(shown) else f"{observations.shape[1]} numbers"
        raise ValueError(
            f"an observation here has {len(shown)} finite features; got {found}. "
            "Pass what the environment of this regimen returned."
        )
    return {
        feature.name: feature.decode(observations[:, index].astype(np.float64))
        for index, feature in enumerate(shown)
    }


def clinical_values(
    courses: Courses, slots: Int[np.ndarray, " patients"] | None = None
) -> Mapping[str, Column]:
    """What the clinic sees of ``slots``, or of every slot, by feature name, in clinical units."""
    where = slice(None) if slots is None else slots
    chart, regimen = courses.chart[where], courses.regimen
    whose = chart["patient"]
    known = courses.scenario.genotype_observed
    since = chart["weeks_since_dose"]
    baseline = chart["sld_baseline_mm"]
    permitted = courses.permitted()[:, where]
    due = courses.is_due()[where]
    values = {
        "age": courses.persons["age_years"][whose],
        "female": courses.persons["female"][whose],
        "performance status": courses.persons["ecog"][whose],
        "body surface area": courses.persons["bsa_m2"][whose],
        "albumin": courses.persons["albumin_g_l"][whose],
        "alpha1-acid glycoprotein": courses.persons["aag_g_l"][whose],
        "bilirubin": courses.persons["bilirubin_umol_l"][whose],
        "DPYD activity": courses.persons["dpyd_activity"][whose]
        if known
        else np.full(chart.size, -1.0),
        "UGT1A1 slow alleles": courses.persons["ugt1a1_slow"][whose]
        if known
        else np.full(chart.size, -1.0),
        "week": chart["week"].astype(float),
        "cycles begun": chart["cycles"].astype(float),
        "weeks since cycle began": np.minimum(since, NEVER).astype(float),
        "cycle due": (due & (since >= regimen.interval_weeks)).astype(float),
        "neutrophils": chart["neutrophils"],
        "platelets": chart["platelets"],
        "haemoglobin": chart["haemoglobin"],
        "creatinine clearance": chart["crcl_ml_min"],
        "neutrophil nadir in cycle": np.maximum(chart["nadir_neutrophils"], 0.01),
        "platelet nadir in cycle": np.maximum(chart["nadir_platelets"], 0.1),
        "grade 4 neutropenia over 7 days in cycle": chart["long_grade4"].astype(float),
        "febrile neutropenia in cycle": chart["febrile"].astype(float),
        "diarrhoea in cycle": chart["acute"][:, 0].astype(float),
        "mucositis in cycle": chart["acute"][:, 1].astype(float),
        "hand-foot syndrome in cycle": chart["acute"][:, 2].astype(float),
        "ALT increased in cycle": chart["acute"][:, 3].astype(float),
        "sensory neuropathy": chart["grades"][:, TERMS.index("sensory neuropathy")].astype(float),
        "tumour size": chart["sld_mm"],
        "tumour size, of baseline": chart["sld_mm"] / baseline,
        "tumour size, of nadir": chart["sld_mm"] / chart["sld_nadir_mm"],
        "weeks since scan": chart["weeks_since_scan"].astype(float),
    }
    for index, drug in enumerate(regimen.drugs):
        values[f"{drug}, permitted"] = permitted[index].astype(float)
        values[f"{drug}, last fraction"] = chart["fractions"][:, index]
        values[f"{drug}, total"] = chart["totals"][:, index] / regimen.label_per_cycle(index)
    return values
