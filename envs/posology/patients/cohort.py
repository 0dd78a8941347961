"""A seeded set of virtual patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from posology.library import regimen_names, text
from posology.patients.covariates import Covariates, draw_covariates
from posology.patients.individuals import Individuals, draw_individuals
from posology.patients.streams import stream_key

SPLITS = ("train", "select", "held-out")


@dataclass(frozen=True)
class Cohort:
    """Virtual patients of one regimen's population.

    Patient k of a (seed, split) is the same whatever the cohort's size; the splits of a seed share
    no patient, because each draws from a stream of its own.
    """

    seed: int
    split: str
    regimen: str
    patients: Int[np.ndarray, " patients"]
    """Each patient's number in the split."""
    covariates: Covariates
    individuals: Individuals

    @classmethod
    def virtual(
        cls, n: int, *, seed: int, split: str = "train", regimen: str = "docetaxel-cisplatin"
    ) -> Cohort:
        """Patients 0 to n - 1 of a split.

        >>> few, many = Cohort.virtual(3, seed=1), Cohort.virtual(5, seed=1)
        >>> bool((few.covariates.age_years == many.covariates.age_years[:3]).all())
        True
        """
        if n < 1:
            raise ValueError(f"a cohort needs at least one patient; got n={n}.")
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}.")
        if regimen not in regimen_names():
            known = ", ".join(regimen_names())
            raise ValueError(f"unknown regimen {regimen!r}; the library holds {known}.")
        patients = np.arange(n)
        tumour = text(f"regimens/{regimen}/tumour")
        covariates = draw_covariates(
            stream_key(seed, f"covariates/{split}"), patients, tumour=tumour
        )
        individuals = draw_individuals(
            stream_key(seed, f"individuals/{split}"), patients, covariates, regimen=regimen
        )
        return cls(seed, split, regimen, patients, covariates, individuals)

    @property
    def noise_key(self) -> int:
        """Key of the stream from which these patients' assay errors and events are drawn."""
        return stream_key(self.seed, f"noise/{self.split}")
