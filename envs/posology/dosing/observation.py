"""What the clinic sees at a visit, as numbers of order one, and back in clinical units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from posology.dosing.scaling import scaled_rows
from posology.treatment import OF_DRUG, VISIBLE, Courses, Regimen

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
    scale = _scale(tuple(shown), courses.regimen.drugs)
    values = courses.visible(slots)
    if scale.columns is not None:
        values = values[:, scale.columns]
    for transform, columns in scale.transformed:
        values[:, columns] = _ENCODE[transform](values[:, columns])
    return scaled_rows(values, scale.centre, scale.spread, _LIMIT)


class _Scale(NamedTuple):
    """The scales of several features: a column each."""

    columns: list[int] | None
    """Where they are in a row of what is visible; None if they are all of it, in order."""
    transformed: tuple[tuple[str, Int[np.ndarray, " some"]], ...]
    """Which columns each transform other than identity is taken of."""
    centre: Float[np.ndarray, " features"]
    spread: Float[np.ndarray, " features"]


@lru_cache
def _scale(shown: tuple[Feature, ...], drugs: tuple[str, ...]) -> _Scale:
    visible = [*VISIBLE, *(f"{drug}, {each}" for drug in drugs for each in OF_DRUG)]
    columns = [visible.index(feature.name) for feature in shown]
    names = {feature.transform for feature in shown} - {"identity"}
    return _Scale(
        None if columns == list(range(len(visible))) else columns,
        tuple(
            (name, np.array([k for k, f in enumerate(shown) if f.transform == name]))
            for name in sorted(names)
        ),
        np.array([feature.centre for feature in shown]),
        np.array([feature.spread for feature in shown]),
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
