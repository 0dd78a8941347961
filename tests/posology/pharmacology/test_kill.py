"""Log kills of several drugs: the reference models at equal effects, closed formulas, monotony."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.pharmacology import (
    KILL_MODELS,
    Hill,
    Musyc,
    bliss,
    combined_kill,
    highest_single_agent,
    kill_model,
    musyc,
    zero_interaction_potency,
)

DOSE = np.array([1.0])
kill = st.floats(1e-3, 5.0)
dose = st.floats(0.01, 3.0)
some_kill = st.one_of(st.just(0.0), kill)
kills_of_three = st.lists(some_kill, min_size=3, max_size=3).map(np.array)
synergies = {name: st.just(0.0) for name in KILL_MODELS} | {
    "zip": st.floats(0.0, 1.0),
    "musyc": st.floats(-1.0, 1.0),
}
models = st.sampled_from(KILL_MODELS).flatmap(
    lambda name: st.tuples(st.just(name), synergies[name])
)


def combined(name: str, *kills: float, synergy: float = 0.0) -> float:
    return combined_kill(np.array(kills), kill_model(name, synergy), synergy)


def killed(log_kill: float) -> float:
    """Share of cells that a log kill kills."""
    return -np.expm1(-log_kill)


def curve(log_kill: float) -> Hill:
    """A curve on which a dose of 1 has this log kill."""
    return Hill(top=1.0, half=1.0 / np.expm1(log_kill), slope=1.0)


combined("independent", 1.0)  # compiles before any test's clock is running


@pytest.mark.parametrize("name", ["independent", "bliss", "loewe"])
@given(kills=kills_of_three)
def test_kills_that_add_up_are_independent_action(name: str, kills: np.ndarray) -> None:
    effect = float(bliss(killed(kills)[:, None])[0])
    assert killed(combined(name, *kills)) == pytest.approx(effect, abs=1e-14)


@given(per_dose=st.tuples(kill, kill), doses=st.tuples(dose, dose))
def test_kills_that_add_up_are_dose_additivity(
    per_dose: tuple[float, float], doses: tuple[float, float]
) -> None:
    # Loewe: d_1 / D_1(E) + d_2 / D_2(E) = 1, where a dose of K / k_j alone has the log kill K.
    together = combined("loewe", *(k * d for k, d in zip(per_dose, doses, strict=True)))
    alone = [together / k for k in per_dose]
    assert doses[0] / alone[0] + doses[1] / alone[1] == pytest.approx(1.0)


@given(kills=kills_of_three)
def test_only_the_highest_single_agent_counts_in_hsa(kills: np.ndarray) -> None:
    effect = float(highest_single_agent(killed(kills)[:, None])[0])
    assert killed(combined("hsa", *kills)) == pytest.approx(effect, abs=1e-14)


@given(first=kill, second=kill, synergy=st.floats(0.0, 1.0))
def test_zip_adds_each_drug_to_the_other_at_the_potency_it_has_there(
    first: float, second: float, synergy: float
) -> None:
    beside_second = first * 10.0 ** (synergy * killed(second))
    beside_first = second * 10.0 ** (synergy * killed(first))
    reference = zero_interaction_potency(
        DOSE,
        DOSE,
        first=curve(first),
        second=curve(second),
        first_with_second=curve(beside_second),
        second_with_first=curve(beside_first),
    )
    found = combined("zip", first, second, synergy=synergy)
    assert np.exp(-found) == pytest.approx(1.0 - float(reference[0]), rel=1e-9, abs=1e-14)


@given(first=kill, second=kill, synergy=st.floats(-1.0, 1.0))
def test_musyc_has_the_four_states_at_the_shifted_potency(
    first: float, second: float, synergy: float
) -> None:
    # On Hill's curve of slope 1, the factor on the dose that has the log kill of alpha doses.
    alpha = 10.0**synergy
    shifted = Musyc(
        potency_of_first=np.expm1(alpha * first) / np.expm1(first),
        potency_of_second=np.expm1(alpha * second) / np.expm1(second),
    )
    reference = musyc(DOSE, DOSE, first=curve(first), second=curve(second), interaction=shifted)
    found = combined("musyc", first, second, synergy=synergy)
    assert killed(found) == pytest.approx(float(reference[0]), rel=1e-9)


@pytest.mark.parametrize("name", ["zip", "musyc"])
@given(kills=kills_of_three)
def test_without_synergy_all_are_independent_but_hsa(name: str, kills: np.ndarray) -> None:
    assert combined(name, *kills) == pytest.approx(kills.sum(), abs=1e-14)


@given(first=kill, second=kill, synergy=st.floats(0.1, 1.0))
def test_synergy_kills_more_and_antagonism_less(
    first: float, second: float, synergy: float
) -> None:
    for name in ("independent", "zip", "musyc"):
        assert combined(name, first, second, synergy=synergy) > first + second
    for name in ("independent", "musyc"):
        assert combined(name, first, second, synergy=-synergy) < first + second


@given(model=models, kills=kills_of_three, more=some_kill, which=st.integers(0, 2))
def test_no_dose_protects_from_another_drug(
    model: tuple[str, float], kills: np.ndarray, more: float, which: int
) -> None:
    name, synergy = model
    raised = kills.copy()
    raised[which] += more
    before = combined(name, *kills, synergy=synergy)
    assert combined(name, *raised, synergy=synergy) >= before - 1e-13


@given(model=models, log_kill=some_kill, which=st.integers(0, 2))
def test_a_drug_alone_has_its_own_kill(
    model: tuple[str, float], log_kill: float, which: int
) -> None:
    # A trace of another drug changes next to nothing, so that there is nothing to win by one.
    name, synergy = model
    for trace in (0.0, 1e-9):
        kills = np.full(3, trace)
        kills[which] = log_kill
        assert combined(name, *kills, synergy=synergy) == pytest.approx(log_kill, abs=1e-7)


@pytest.mark.parametrize("name", KILL_MODELS)
def test_a_kill_beyond_all_cells_stays_a_number(name: str) -> None:
    for synergy in (0.0,) if name in ("bliss", "loewe", "hsa") else (0.0, 1.0):
        assert np.isfinite(combined(name, 1e6, 2e6, synergy=synergy))


@pytest.mark.parametrize(
    ("name", "synergy", "message"),
    [
        ("magic", 0.0, r"must be one of independent, bliss.*; got 'magic'\. Leave it out"),
        ("independent", -1.5, r"between -1 and 1 with independent; got -1\.5\. 0 is no synergy"),
        ("zip", -0.5, r"between 0 and 1 with zip; got -0\.5\. Antagonism is possible with musyc"),
        ("loewe", 0.5, r"loewe has no synergy to set.*; got 0\.5\. Leave it out, or choose one of"),
        ("musyc", "a", r"synergy must be a number; got 'a'\. Leave it out"),
        ("musyc", True, r"synergy must be a number; got True\. Leave it out"),
        ("musyc", float("nan"), r"between -1 and 1 with musyc; got nan\. 0 is"),
    ],
)
def test_what_is_no_interaction_is_refused(name: str, synergy: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kill_model(name, synergy)
