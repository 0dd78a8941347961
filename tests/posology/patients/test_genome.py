"""Genotypes: Hardy-Weinberg proportions, published frequencies, declared effects."""

import numpy as np
import pytest

from posology.library import quantity, tumour_names
from posology.patients import (
    ANCESTRIES,
    Covariates,
    Genome,
    carriers,
    dpyd_clearance_fraction,
    draw_genome,
    kill_multipliers,
    tumour_genes,
    ugt1a1_clearance_fraction,
)

N = 20_000


def genome_of(ancestry: str, *, tumour: str = "CRC", n: int = N) -> Genome:
    """Patients of one ancestry."""
    columns = dict(vars(Covariates.typical(n)))
    columns["ancestry"] = np.full(n, ANCESTRIES.index(ancestry))
    return draw_genome(31, np.arange(n), Covariates(**columns), tumour=tumour)


def assert_share(found: np.ndarray, share: float) -> None:
    """Share of true entries, within four standard errors."""
    assert abs(found.mean() - share) <= 4.0 * np.sqrt(share * (1.0 - share) / found.size) + 1e-12


def frequency(gene: str, variants: tuple[str, ...], ancestry: str) -> float:
    path = f"genes/{gene}/variants"
    return sum(quantity(f"{path}/{variant}/frequency/{ancestry}", "1") for variant in variants)


@pytest.mark.parametrize("ancestry", ANCESTRIES)
def test_ugt1a1_is_in_hardy_weinberg_proportion(ancestry: str) -> None:
    slow = genome_of(ancestry).ugt1a1_slow
    q = frequency("UGT1A1", ("*28", "*6"), ancestry)
    p = 1.0 - q
    for alleles, share in enumerate((p**2, 2.0 * p * q, q**2)):
        assert_share(slow == alleles, share)


@pytest.mark.parametrize("ancestry", ANCESTRIES)
def test_dpyd_is_in_hardy_weinberg_proportion(ancestry: str) -> None:
    activity = genome_of(ancestry, n=200_000).dpyd_activity
    none = frequency("DPYD", ("*2A", "*13"), ancestry)
    half = frequency("DPYD", ("c.2846A>T", "HapB3"), ancestry)
    whole = 1.0 - none - half
    expected = {
        2.0: whole**2,
        1.5: 2.0 * whole * half,
        1.0: 2.0 * whole * none + half**2,
        0.5: 2.0 * half * none,
        0.0: none**2,
    }
    assert set(np.unique(activity)) <= set(expected)
    for score, share in expected.items():
        assert_share(activity == score, share)


def test_a_tenth_of_europeans_have_two_slow_alleles_of_ugt1a1() -> None:
    # 7/7 were 11.9 % of 329 patients: a standard error of 1.8 %.
    share = (genome_of("EUR").ugt1a1_slow == 2).mean()
    assert share == pytest.approx(0.10, abs=0.01)
    assert abs(share - 0.119) < 2.0 * np.sqrt(0.119 * 0.881 / 329)


def test_three_to_eight_percent_of_europeans_are_partly_deficient_in_dpyd() -> None:
    activity = genome_of("EUR", n=200_000).dpyd_activity
    assert 0.03 < ((activity < 2.0) & (activity >= 1.0)).mean() < 0.08
    assert (activity < 1.0).mean() < 0.003  # poor metabolisers: 0.1 to 0.3 % published


def test_clearance_falls_with_dpyd_activity_by_the_share_that_dpyd_clears() -> None:
    genome = Genome(np.array([2.0, 1.5, 1.0, 0.5, 0.0]), np.zeros(5, int), np.zeros((0, 5), bool))
    expected = [1.0, 0.7875, 0.575, 0.3625, 0.15]
    assert dpyd_clearance_fraction(genome) == pytest.approx(expected)


def test_clearance_of_sn38_falls_with_each_slow_allele() -> None:
    genome = Genome(np.full(3, 2.0), np.arange(3), np.zeros((0, 3), bool))
    assert ugt1a1_clearance_fraction(genome).tolist() == [1.0, 0.81, 0.6]


@pytest.mark.parametrize("ancestry", ["EUR", "EAS"])
@pytest.mark.parametrize("tumour", tumour_names())
def test_tumour_genes_have_their_prevalence(tumour: str, ancestry: str) -> None:
    genome = genome_of(ancestry, tumour=tumour)
    assert genome.tumour.shape == (len(tumour_genes(tumour)), N)
    for gene in tumour_genes(tumour):
        path = f"genes/tumour/{tumour}/{gene}/prevalence"
        by_ancestry = (tumour, gene) in {("NSCLC", "EGFR"), ("NSCLC", "KRAS")}
        share = quantity(f"{path}/{ancestry}" if by_ancestry else path, "1")
        assert_share(carriers(genome, tumour=tumour, gene=gene), share)


@pytest.mark.parametrize(
    ("tumour", "first", "second"),
    [
        ("LGG", "TP53", "codeletion_1p19q"),
        ("NSCLC", "EGFR", "KRAS"),
        ("NSCLC", "ALK", "KRAS"),
        ("CRC", "KRAS_NRAS", "BRAF"),
        ("BREAST", "HER2", "TNBC"),
        ("OVARIAN", "CCNE1", "HRD"),
        ("OVARIAN", "CCNE1", "BRCA"),
    ],
)
def test_genes_that_exclude_each_other_never_meet(tumour: str, first: str, second: str) -> None:
    genome = genome_of("EUR", tumour=tumour)
    one, other = (carriers(genome, tumour=tumour, gene=gene) for gene in (first, second))
    assert one.any()
    assert other.any()
    assert not (one & other).any()


@pytest.mark.parametrize(
    ("tumour", "inner", "outer"), [("LGG", "codeletion_1p19q", "IDH"), ("OVARIAN", "BRCA", "HRD")]
)
def test_a_gene_within_another_is_never_found_without_it(
    tumour: str, inner: str, outer: str
) -> None:
    genome = genome_of("EUR", tumour=tumour)
    inside, around = (carriers(genome, tumour=tumour, gene=gene) for gene in (inner, outer))
    assert inside.any()
    assert not (inside & ~around).any()


def test_an_unknown_gene_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="BREAST has no gene 'KRAS'; the library holds HER2, TNBC"):
        carriers(genome_of("EUR", tumour="BREAST", n=2), tumour="BREAST", gene="KRAS")


def test_an_unknown_tumour_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown tumour 'MELANOMA'; the library holds NSCLC"):
        tumour_genes("MELANOMA")


def test_a_modifier_acts_on_its_own_drugs_only() -> None:
    genome = genome_of("EUR", tumour="LGG")
    mutated = carriers(genome, tumour="LGG", gene="TP53")
    by_drug = kill_multipliers("LGG", genome, "temozolomide", "alkylator")
    assert (by_drug == np.where(mutated, 0.563, 1.0)).all()
    assert (kill_multipliers("LGG", genome, "lomustine", "alkylator") == 1.0).all()


def test_modifiers_of_one_patient_multiply() -> None:
    genome = genome_of("EUR", tumour="OVARIAN")
    factors = kill_multipliers("OVARIAN", genome, "carboplatin", "platinum")
    deficient = carriers(genome, tumour="OVARIAN", gene="HRD")
    amplified = carriers(genome, tumour="OVARIAN", gene="CCNE1")
    assert (factors == np.where(deficient, 1.4, 1.0) * np.where(amplified, 0.7, 1.0)).all()
    assert (kill_multipliers("OVARIAN", genome, "paclitaxel", "taxane") == 1.0).all()


def test_a_modifier_of_all_acts_on_every_class() -> None:
    genome = genome_of("EAS", tumour="NSCLC")
    mutated = carriers(genome, tumour="NSCLC", gene="EGFR")
    for drug, drug_class in (("docetaxel", "taxane"), ("cisplatin", "platinum")):
        factors = kill_multipliers("NSCLC", genome, drug, drug_class)
        assert (factors == np.where(mutated, 1.3, 1.0)).all()


@pytest.mark.parametrize(
    ("activity", "slow", "message"),
    [(2.5, 0, "dpyd_activity must be 0 to 2.*got 2.5"), (2.0, 3, "ugt1a1_slow must be 0 to 2")],
)
def test_alleles_that_nobody_has_are_refused(activity: float, slow: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Genome(np.array([activity]), np.array([slow]), np.zeros((0, 1), bool))


def test_the_wild_type_changes_nothing() -> None:
    genome = Genome.wild_type(2, genes=len(tumour_genes("NSCLC")))
    assert dpyd_clearance_fraction(genome).tolist() == [1.0, 1.0]
    assert ugt1a1_clearance_fraction(genome).tolist() == [1.0, 1.0]
    assert kill_multipliers("NSCLC", genome, "docetaxel", "taxane").tolist() == [1.0, 1.0]
