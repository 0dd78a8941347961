"""A seeded set of virtual patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from posology.library import (
    checked_draw,
    drawn_parameters,
    is_whole_number,
    quantity,
    regimen_names,
    text,
    tumour_names,
)
from posology.patients.covariates import Covariates
from posology.patients.eligibility import eligibility_of
from posology.patients.genome import Genome, draw_genome
from posology.patients.individuals import Individuals, draw_individuals
from posology.patients.population import draw_covariates
from posology.patients.streams import standard_uniforms, stream_key

SPLITS = ("train", "select", "held-out")


@dataclass(frozen=True)
class Cohort:
    """Virtual patients of one regimen, of one tumour, or of a clinic that sees every tumour.

    Patient k of a (seed, split, tumour) is the same whatever the cohort's size; the splits of a
    seed share no patient, because each draws from a stream of its own. A regimen's cohort differs
    from its tumour's only where a patient was not eligible and another was screened.
    """

    seed: int
    split: str
    regimen: str | None
    """The regimen for which the patients are eligible, if any."""
    patients: Int[np.ndarray, " patients"]
    """Each patient's number in the split."""
    tumours: Int[np.ndarray, " patients"]
    """Each patient's tumour, an index into the library's ``tumour_names()``."""
    covariates: Covariates
    genome: Genome
    parameters: int | None = None
    """Which draw of the population's parameters is theirs; None is the point estimate."""

    @classmethod
    def virtual(
        cls,
        n: int,
        *,
        seed: int,
        split: str = "train",
        regimen: str | None = None,
        tumour: str | None = None,
        eligibility: bool = True,
        parameters: int | None = None,
    ) -> Cohort:
        """Patients 0 to n - 1 of a split.

        Args:
            n: how many.
            seed: of the cohort.
            split: ``train``, ``select`` or ``held-out``.
            regimen: patients with its tumour, eligible for it.
            tumour: patients with this tumour; without it and without a regimen, a clinic's mix.
            eligibility: whether patients not eligible for the regimen are screened out.
            parameters: which draw of the population's parameters, from 0; None is the point
                estimate. Patients are the same in every draw, and differ in how they respond.

        >>> few = Cohort.virtual(3, seed=1, tumour="CRC")
        >>> many = Cohort.virtual(5, seed=1, tumour="CRC")
        >>> bool((few.covariates.age_years == many.covariates.age_years[:3]).all())
        True
        """
        if not is_whole_number(n, least=1):
            raise ValueError(
                f"a cohort needs at least one patient; got n={n!r}. Give a whole number."
            )
        if not is_whole_number(seed, least=0):
            raise ValueError(
                f"the seed of a cohort is a whole number from 0; got {seed!r}. Any other will do."
            )
        checked_draw(parameters)
        _check(split, regimen=regimen, tumour=tumour)
        return cls._drawn(
            np.arange(n),
            seed=seed,
            split=split,
            regimen=regimen,
            tumour=tumour,
            eligibility=eligibility,
            parameters=parameters,
        )

    @classmethod
    def chunks(
        cls,
        total: int,
        *,
        size: int = 65536,
        seed: int,
        split: str = "train",
        regimen: str | None = None,
        tumour: str | None = None,
        eligibility: bool = True,
        parameters: int | None = None,
    ) -> Iterator[Cohort]:
        """Patients 0 to total - 1 of a split, ``size`` at a time, in the memory of one chunk."""
        if total < 1 or size < 1:
            raise ValueError(
                f"chunks need at least one patient each; got total={total}, size={size}."
            )
        _check(split, regimen=regimen, tumour=tumour)
        return (
            cls._drawn(
                np.arange(start, min(start + size, total)),
                seed=seed,
                split=split,
                regimen=regimen,
                tumour=tumour,
                eligibility=eligibility,
                parameters=parameters,
            )
            for start in range(0, total, size)
        )

    @property
    def noise_key(self) -> int:
        """Key of the stream from which these patients' assay errors and events are drawn."""
        return stream_key(self.seed, f"noise/{self.split}")

    def taken(self, where: Int[np.ndarray, " some"]) -> Cohort:
        """The patients at positions ``where``, in that order; they keep their numbers."""
        return replace(
            self,
            patients=self.patients[where],
            tumours=self.tumours[where],
            covariates=self.covariates.taken(where),
            genome=self.genome.taken(where),
        )

    def of_tumour(self, tumour: str) -> Int[np.ndarray, " some"]:
        """Positions in the cohort of the patients with a tumour."""
        return np.flatnonzero(self.tumours == tumour_names().index(tumour))

    def individuals(
        self, tumour: str, agents: Sequence[str], *, comedication: Sequence[str] = ()
    ) -> Individuals:
        """Parameters of every patient under some agents.

        They are those of patients with this tumour; in a mixed cohort the others' are not meant
        to be used.
        """
        with drawn_parameters(self.parameters):
            return draw_individuals(
                stream_key(self.seed, f"individuals/{self.split}"),
                self.patients,
                self.covariates,
                self.genome,
                tumour=tumour,
                agents=agents,
                comedication=comedication,
            )

    @classmethod
    def _drawn(
        cls,
        patients: Int[np.ndarray, " patients"],
        *,
        seed: int,
        split: str,
        regimen: str | None,
        tumour: str | None,
        eligibility: bool,
        parameters: int | None,
    ) -> Cohort:
        limits = eligibility_of(regimen) if regimen is not None and eligibility else None
        if regimen is not None:
            tumour = text(f"regimens/{regimen}/tumour")
        tumours = _tumours(stream_key(seed, f"tumours/{split}"), patients, tumour=tumour)
        groups = [np.flatnonzero(tumours == index) for index in np.unique(tumours)]
        covariates, genomes = [], []
        for where in groups:
            name = tumour_names()[tumours[where[0]]]
            drawn = draw_covariates(
                stream_key(seed, f"covariates/{split}"),
                patients[where],
                tumour=name,
                eligibility=limits,
            )
            covariates.append(drawn)
            genome_key = stream_key(seed, f"genome/{split}")
            genomes.append(draw_genome(genome_key, patients[where], drawn, tumour=name))
        order = np.argsort(np.concatenate(groups))
        together = Covariates.joined(covariates).taken(order)
        return cls(
            seed=seed,
            split=split,
            regimen=regimen,
            patients=patients,
            tumours=tumours,
            covariates=together,
            genome=Genome.joined(genomes).taken(order),
            parameters=parameters,
        )


def _check(split: str, *, regimen: str | None, tumour: str | None) -> None:
    """Refuse what the library does not hold."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}.")
    if regimen is not None and regimen not in regimen_names():
        known = ", ".join(regimen_names())
        raise ValueError(f"unknown regimen {regimen!r}; the library holds {known}.")
    if tumour is not None and tumour not in tumour_names():
        known = ", ".join(tumour_names())
        raise ValueError(f"unknown tumour {tumour!r}; the library holds {known}.")
    if regimen is not None and tumour not in (None, text(f"regimens/{regimen}/tumour")):
        raise ValueError(
            f"{regimen} treats {text(f'regimens/{regimen}/tumour')}; got tumour {tumour!r}. "
            "Leave the tumour out."
        )


def _tumours(
    key: int, patients: Int[np.ndarray, " patients"], *, tumour: str | None
) -> Int[np.ndarray, " patients"]:
    """Index of each patient's tumour: the one given, or drawn from the library's mix."""
    names = tumour_names()
    if tumour is not None:
        return np.full(patients.size, names.index(tumour))
    share: Float[np.ndarray, " patients"] = standard_uniforms(key, patients, count=1)[0]
    mix = [quantity(f"cohorts/{name}/mix_share", "1") for name in names]
    return np.digitize(share, np.cumsum(mix)[:-1] / sum(mix))
