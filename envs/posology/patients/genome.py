"""Inherited variants that change clearances, and tumour genotypes that change kills."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.library import cached_by_draw, keys, quantity, text, tumour_names
from posology.patients.covariates import ANCESTRIES, Covariates
from posology.patients.streams import standard_uniforms

_PREFIX = "genes/tumour"


@dataclass(frozen=True)
class Genome:
    """Genotypes, one entry a patient.

    Raises:
        ValueError: an activity or a number of alleles that two alleles cannot have.
    """

    dpyd_activity: Float[np.ndarray, " patients"]
    """DPYD activity score: 2 normal, 1 or 1.5 intermediate, 0.5 or 0 poor."""
    ugt1a1_slow: Int[np.ndarray, " patients"]
    """Slow alleles of UGT1A1, ``*28`` or ``*6``: 0 to 2."""
    tumour: Bool[np.ndarray, "genes patients"]
    """Whether the tumour carries each gene of ``tumour_genes``; False beyond a tumour's last."""

    def __post_init__(self) -> None:
        for name in ("dpyd_activity", "ugt1a1_slow"):
            column = getattr(self, name)
            possible = (column >= 0) & (column <= 2)
            if not possible.all():
                k = int(np.argmin(possible))
                raise ValueError(
                    f"{name} must be 0 to 2, the sum of two alleles; "
                    f"got {column[k]:g} (patient {k}). Check the entry."
                )

    @classmethod
    def wild_type(cls, patients: int = 1, *, genes: int = 0) -> Genome:
        """Patients without any variant, whose tumours carry none of so many genes."""
        return cls(
            dpyd_activity=np.full(patients, 2.0),
            ugt1a1_slow=np.zeros(patients, np.int64),
            tumour=np.zeros((genes, patients), bool),
        )

    @classmethod
    def joined(cls, parts: Sequence[Genome]) -> Genome:
        """The patients of every part, one after another, with rows for the most genes of any."""
        genes = max(part.tumour.shape[0] for part in parts)
        return cls(
            dpyd_activity=np.concatenate([part.dpyd_activity for part in parts]),
            ugt1a1_slow=np.concatenate([part.ugt1a1_slow for part in parts]),
            tumour=np.concatenate(
                [np.pad(p.tumour, ((0, genes - p.tumour.shape[0]), (0, 0))) for p in parts], axis=1
            ),
        )

    def taken(self, where: Int[np.ndarray, " some"]) -> Genome:
        """The patients at ``where``, in that order."""
        return Genome(self.dpyd_activity[where], self.ugt1a1_slow[where], self.tumour[:, where])


def draw_genome(
    key: int, patients: Int[np.ndarray, " patients"], covariates: Covariates, *, tumour: str
) -> Genome:
    """Genotypes of patients with one tumour, in the proportions of their ancestry.

    Two alleles are drawn independently, as Hardy and Weinberg found them. An allele carries at
    most one variant of its gene.
    """
    genes = tumour_genes(tumour)
    u = standard_uniforms(key, patients, count=4 + len(genes))
    ancestry = covariates.ancestry
    dpyd, ugt1a1 = _variants("DPYD"), _variants("UGT1A1")
    functions = np.array([quantity(f"genes/DPYD/variants/{v}/function", "1") for v in dpyd] + [1.0])
    slow = np.array([1] * len(ugt1a1) + [0])
    return Genome(
        dpyd_activity=functions[_allele("DPYD", u[0], ancestry)]
        + functions[_allele("DPYD", u[1], ancestry)],
        ugt1a1_slow=slow[_allele("UGT1A1", u[2], ancestry)]
        + slow[_allele("UGT1A1", u[3], ancestry)],
        tumour=_tumour_rows(tumour, u[4:], ancestry),
    )


def tumour_genes(tumour: str) -> tuple[str, ...]:
    """Genes of a tumour, in the order of the rows of ``Genome.tumour``.

    >>> tumour_genes("GBM")
    ('MGMT',)
    """
    if tumour not in tumour_names():
        raise ValueError(
            f"unknown tumour {tumour!r}; the library holds {', '.join(tumour_names())}."
        )
    return keys(f"{_PREFIX}/{tumour}") if tumour in keys(_PREFIX) else ()


def carriers(genome: Genome, *, tumour: str, gene: str) -> Bool[np.ndarray, " patients"]:
    """Whether each patient's tumour carries a gene."""
    known = tumour_genes(tumour)
    if gene not in known:
        raise ValueError(f"{tumour} has no gene {gene!r}; the library holds {', '.join(known)}.")
    return genome.tumour[known.index(gene)]


def kill_multipliers(
    tumour: str, genome: Genome, drug: str, drug_class: str
) -> Float[np.ndarray, " patients"]:
    """Factor on a drug's kill in each patient, from the effects that the library declares.

    >>> one_of_each = Genome(np.full(2, 2.0), np.zeros(2, int), np.array([[True, False]]))
    >>> kill_multipliers("GBM", one_of_each, "temozolomide", "alkylator").tolist()
    [1.6, 1.0]
    """
    multipliers = np.ones(genome.dpyd_activity.size)
    for gene, acts_on, kill in _effects(tumour):
        if acts_on in ("all", drug, drug_class):
            multipliers[carriers(genome, tumour=tumour, gene=gene)] *= kill
    return multipliers


def dpyd_clearance_fraction(genome: Genome) -> Float[np.ndarray, " patients"]:
    """Clearance of fluorouracil relative to normal DPYD: what DPYD clears goes with its activity.

    >>> dpyd_clearance_fraction(Genome.wild_type()).tolist()
    [1.0]
    """
    share = quantity("genes/DPYD/clearance_share", "1")
    return 1.0 - share + share * genome.dpyd_activity / 2.0


def ugt1a1_clearance_fraction(genome: Genome) -> Float[np.ndarray, " patients"]:
    """Clearance of SN-38 relative to two normal alleles of UGT1A1."""
    name = "genes/UGT1A1/clearance_fraction"
    by_alleles = [quantity(f"{name}/{n}_slow", "1") for n in ("no", "one", "two")]
    return np.array(by_alleles)[genome.ugt1a1_slow]


def _allele(
    gene: str, u: Float[np.ndarray, " patients"], ancestry: Int[np.ndarray, " patients"]
) -> Int[np.ndarray, " patients"]:
    """Index of each allele's variant; one past the last is none."""
    limits = _cumulative_frequencies(gene)
    return sum((u >= row[ancestry]).astype(np.int64) for row in limits)


def _tumour_rows(
    tumour: str, u: Float[np.ndarray, "genes patients"], ancestry: Int[np.ndarray, " patients"]
) -> Bool[np.ndarray, "genes patients"]:
    """Each gene given those it lies within or excludes, so that prevalences come out whole."""
    genes = tumour_genes(tumour)
    rows = np.zeros(u.shape, bool)
    for row, gene in enumerate(genes):
        prevalence = _prevalences(tumour, gene)
        possible = np.ones(u.shape[1], bool)
        chance = prevalence
        for other in _named(tumour, gene, "within"):
            possible &= rows[genes.index(other)]
            chance = chance / _prevalences(tumour, other)
        others = _named(tumour, gene, "excludes")
        if others:
            possible &= ~rows[[genes.index(other) for other in others]].any(axis=0)
            chance = chance / (1.0 - sum(_prevalences(tumour, other) for other in others))
        rows[row] = possible & (u[row] < chance[ancestry])
    return rows


def _variants(gene: str) -> tuple[str, ...]:
    return keys(f"genes/{gene}/variants")


@functools.cache
def _cumulative_frequencies(gene: str) -> Float[np.ndarray, "variants ancestries"]:
    frequencies = [
        [quantity(f"genes/{gene}/variants/{v}/frequency/{a}", "1") for a in ANCESTRIES]
        for v in _variants(gene)
    ]
    return np.cumsum(frequencies, axis=0)


@functools.cache
def _prevalences(tumour: str, gene: str) -> Float[np.ndarray, " ancestries"]:
    """Share of patients whose tumour carries a gene, by ancestry."""
    path = f"{_PREFIX}/{tumour}/{gene}/prevalence"
    if "value" in keys(path):
        return np.full(len(ANCESTRIES), quantity(path, "1"))
    return np.array([quantity(f"{path}/{ancestry}", "1") for ancestry in ANCESTRIES])


@functools.cache
def _named(tumour: str, gene: str, relation: str) -> tuple[str, ...]:
    """Genes that this one lies within, or excludes; all stand before it in the library."""
    path = f"{_PREFIX}/{tumour}/{gene}"
    return tuple(text(f"{path}/{relation}").split()) if relation in keys(path) else ()


@cached_by_draw
def _effects(tumour: str) -> tuple[tuple[str, str, float], ...]:
    """Gene, what it acts on, and the factor on that kill."""
    found = []
    for gene in tumour_genes(tumour):
        path = f"{_PREFIX}/{tumour}/{gene}"
        if "effect" in keys(path):
            effect = f"{path}/effect"
            found.append((gene, text(f"{effect}/acts_on"), quantity(f"{effect}/kill", "1")))
    return tuple(found)
