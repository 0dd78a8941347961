"""Effects against a comparator: closed forms, and how often their intervals hold the truth."""

import numpy as np
import pytest

from dosefront.clinical import (
    NumberNeeded,
    conditional_value_at_risk,
    effect,
    independent_difference,
    relative_change,
    tail,
)
from dosefront.front import Estimate, paired_difference

RESPONSE = np.array([True] * 30 + [False] * 70)


def test_rates_differ_by_what_is_counted() -> None:
    better = np.array([True] * 45 + [False] * 55)
    found = effect("response", better, RESPONSE)
    assert found.ours.value == 0.45
    assert found.theirs.value == 0.30
    assert found.difference.value == pytest.approx(0.15)
    assert found.relative.value == pytest.approx(0.5)
    assert found.needed.value == pytest.approx(1.0 / 0.15)
    assert found.benefit == found.difference


def test_fewer_harms_are_a_benefit() -> None:
    found = effect("harm", np.zeros(100, bool), RESPONSE, is_harm=True)
    assert found.difference.value == pytest.approx(-0.30)
    assert found.benefit.value == pytest.approx(0.30)
    assert found.needed.value == pytest.approx(1.0 / 0.30)
    assert found.relative == Estimate(-1.0, -1.0, -1.0)  # whatever patients are drawn


def test_a_policy_against_itself_changes_exactly_nothing() -> None:
    sizes = np.random.default_rng(1).normal(2.0, 1.0, 200)
    found = effect("size", sizes, sizes)
    assert found.difference == found.relative == Estimate(0.0, 0.0, 0.0)
    assert tail("size", sizes, sizes, clinical=float).difference == Estimate(0.0, 0.0, 0.0)
    rates = effect("response", RESPONSE, RESPONSE)
    assert rates.difference.value == 0.0
    assert rates.relative is None
    assert rates.needed.value is None


@pytest.mark.parametrize(
    ("benefit", "written"),
    [
        # Altman's own example: a difference of 10 %, from -5 % to 25 %.
        (Estimate(0.10, -0.05, 0.25), "NNTB 10 [NNTB 4.0 to ∞ to NNTH 20]"),
        (Estimate(0.10, 0.05, 0.20), "NNTB 10 [NNTB 5.0 to NNTB 20]"),
        (Estimate(-0.10, -0.20, -0.05), "NNTH 10 [NNTH 5.0 to NNTH 20]"),
        (Estimate(0.0, -0.10, 0.10), "∞ [NNTB 10 to ∞ to NNTH 10]"),
        (Estimate(0.02, 0.0, 0.04), "NNTB 50 [NNTB 25 to ∞]"),
        (Estimate(-0.02, -0.04, 0.0), "NNTH 50 [NNTH 25 to ∞]"),
    ],
)
def test_a_number_needed_to_treat_is_written_as_altman_writes_it(
    benefit: Estimate, written: str
) -> None:
    assert str(NumberNeeded(benefit)) == written


def test_without_events_on_the_other_side_nothing_is_relative() -> None:
    assert relative_change(np.ones(10), np.zeros(10)) is None
    around_zero = np.random.default_rng(2).normal(0.05, 1.0, 100)
    assert relative_change(np.ones(100), around_zero) is None


def test_the_tail_of_a_uniform_distribution_is_half_its_share() -> None:
    values = np.random.default_rng(3).permutation((np.arange(1000) + 0.5) / 1000.0)
    assert conditional_value_at_risk(values, 0.1) == pytest.approx(0.05)
    assert conditional_value_at_risk(values, 1.0) == pytest.approx(values.mean())


def test_the_tail_of_a_normal_distribution_is_its_closed_form() -> None:
    # E[Z | Z < z] = -pdf(z) / share; 1.7550 for a tenth (McNeil, Frey & Embrechts, table 2.1).
    values = np.random.default_rng(4).normal(size=4000)
    found = tail("z", values, values + 1.0, clinical=lambda value: value)
    assert found.ours.low < -1.7550 < found.ours.high
    assert found.ours.value == pytest.approx(-1.755, abs=0.08)
    assert found.difference.value == pytest.approx(-1.0)
    assert found.difference.high - found.difference.low < 1e-9  # the same patients


def test_a_tail_is_told_in_clinical_units() -> None:
    events = np.array([0.0, 1.0, 2.0, 10.0])
    found = tail("toxicity", -events, -events, clinical=lambda value: -value, share=0.25)
    assert found.ours.value == 10.0
    assert found.ours.low <= found.ours.high


def correlated(rng: np.random.Generator, patients: int) -> tuple[np.ndarray, np.ndarray]:
    """Events of the same patients under two policies: 36 % and 30 %, of one latent risk."""
    latent = rng.random(patients)
    own = rng.random(patients) < 0.5
    return np.where(own, rng.random(patients), latent) < 0.36, latent < 0.30


@pytest.mark.parametrize("patients", [200, 1000])
def test_the_interval_of_the_relative_change_holds_the_truth_as_often_as_it_says(
    patients: int,
) -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        ours, theirs = correlated(rng, patients)
        found = relative_change(ours, theirs)
        held += found.low <= 0.36 / 0.30 - 1.0 <= found.high
    # 95 % of 400 with a standard error of 1.1 %; three of them.
    assert 0.95 - 0.033 <= held / 400 <= 0.95 + 0.033


def test_pairs_narrow_the_relative_change() -> None:
    ours, theirs = correlated(np.random.default_rng(6), 2000)
    paired = relative_change(ours, theirs)
    shuffled = np.random.default_rng(7).permutation(theirs)
    unpaired = relative_change(ours, shuffled)
    assert paired.high - paired.low < 0.9 * (unpaired.high - unpaired.low)


def test_other_patients_differ_by_both_their_errors() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.normal(1.0, 1.0, 900), rng.normal(0.0, 2.0, 400)
    found = independent_difference(first, second)
    half = 1.96 * np.hypot(first.std() / 30.0, second.std() / 20.0)
    assert found.value == first.mean() - second.mean()
    assert found.high - found.low == pytest.approx(2.0 * half, rel=0.08)
    itself = independent_difference(first, first)
    assert itself.low < 0.0 < itself.high  # drawn apart, not in pairs
    assert paired_difference(first, first) == Estimate(0.0, 0.0, 0.0)


def test_rates_of_other_patients_have_newcombes_interval() -> None:
    # Newcombe (1998), table II, method 10: 56/70 - 48/80 is 0.2000 [0.0524, 0.3339].
    first = np.arange(70) < 56
    second = np.arange(80) < 48
    found = independent_difference(first, second)
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)
