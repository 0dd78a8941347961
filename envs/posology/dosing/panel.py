"""A clinic's patients, of every tumour, and the regimen that each is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from posology.library import is_whole_number, regimen_names, text, tumour_names
from posology.patients import (
    Cohort,
    eligibility_of,
    is_eligible,
    standard_uniforms,
    stream_key,
)

_MOST_SEEN = 64
"""Patients seen for each one treated before the search is given up."""


@dataclass(frozen=True)
class Panel:
    """Patients that a clinic treats, each on a regimen of the tumour for which the patient is
    eligible.

    Patients for whom no regimen is open are not treated, and the next ones take their places. So
    patient k of a (seed, split, regimens) is the same in a panel of any size.
    """

    cohort: Cohort
    regimens: tuple[str, ...]
    """Regimens that the clinic gives, in the library's order."""
    regimen: Int[np.ndarray, " patients"]
    """Each patient's, an index into ``regimens``."""

    @classmethod
    def virtual(
        cls,
        n: int,
        *,
        seed: int,
        split: str = "train",
        regimens: Sequence[str] | None = None,
        parameters: int | None = None,
    ) -> Panel:
        """The first n patients of a split for whom the clinic has a regimen.

        Which of several open regimens a patient is on is drawn from the patient's own stream.

        Args:
            n: how many.
            seed: of the cohort.
            split: ``train``, ``select`` or ``held-out``.
            regimens: what the clinic gives; every regimen of the library if left out.
            parameters: which draw of the population's parameters; None is the point estimate.

        Raises:
            ValueError: an unknown regimen, none, or hardly a patient for whom one is open.
        """
        if not is_whole_number(n, least=1):
            raise ValueError(
                f"a clinic needs at least one patient; got {n!r}. Give a whole number."
            )
        given = _checked(regimens)
        seen = 2 * n
        while True:
            cohort = Cohort.virtual(seen, seed=seed, split=split, parameters=parameters)
            is_open = _open(cohort, given)
            treated = np.flatnonzero(is_open.any(axis=0))[:n]
            if treated.size == n:
                break
            seen *= 2
            if seen > _MOST_SEEN * max(n, 64):
                raise ValueError(
                    f"{treated.size} of {cohort.patients.size} patients of the clinic's mix may "
                    f"have {', '.join(given)}. Add regimens, or use a regimen's own environment."
                )
        u = standard_uniforms(stream_key(seed, f"regimens/{split}"), treated, count=1)[0]
        is_open = is_open[:, treated]
        chosen = (u * is_open.sum(axis=0)).astype(np.int64)
        regimen = (np.cumsum(is_open, axis=0) > chosen).argmax(axis=0)
        return cls(cohort.taken(treated), given, regimen)


def _checked(regimens: Sequence[str] | None) -> tuple[str, ...]:
    known = regimen_names()
    if regimens is None:
        return known
    unknown = [name for name in regimens if name not in known]
    if unknown or isinstance(regimens, str) or not regimens:
        raise ValueError(
            f"regimens must be names out of {', '.join(known)}; got {unknown or regimens!r}."
        )
    return tuple(name for name in known if name in regimens)


def _open(cohort: Cohort, regimens: tuple[str, ...]) -> Bool[np.ndarray, "regimens patients"]:
    """Which regimens each patient may have."""
    rows = []
    for name in regimens:
        has_tumour = cohort.tumours == tumour_names().index(text(f"regimens/{name}/tumour"))
        rows.append(has_tumour & is_eligible(cohort.covariates, eligibility_of(name)))
    return np.stack(rows)
