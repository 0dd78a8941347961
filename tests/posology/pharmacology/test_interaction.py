"""Drugs on a tumour: each reference model's own definition, limits and monotony."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from posology.pharmacology import (
    Hill,
    Musyc,
    bliss,
    bliss_efficacy,
    greco,
    highest_single_agent,
    loewe,
    musyc,
    zero_interaction_potency,
)

HALF_WAY = Hill(top=1.0, half=2.0, slope=1.0)
STEEP = Hill(top=1.0, half=5.0, slope=3.0)
PARTIAL = Hill(top=0.6, half=1.0, slope=2.0)

curves = st.builds(
    Hill, top=st.floats(0.1, 1.0), half=st.floats(0.01, 100.0), slope=st.floats(0.3, 5.0)
)
full_curves = st.builds(
    Hill, top=st.just(1.0), half=st.floats(0.01, 100.0), slope=st.floats(0.3, 5.0)
)
doses = st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=8, max_size=8).map(
    np.array
)
dose = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
few = settings(max_examples=20, deadline=None)  # bisection under the checker takes its time
Model = Callable[[np.ndarray, np.ndarray, Hill, Hill], np.ndarray]


def by_effects(rule: Callable[[np.ndarray], np.ndarray]) -> Model:
    return lambda one, two, first, second: rule(np.stack([first.effect(one), second.effect(two)]))


def by_doses(model: Callable[..., np.ndarray], **options: object) -> Model:
    return lambda one, two, first, second: model(one, two, first=first, second=second, **options)


MODELS: dict[str, Model] = {
    "Bliss": by_effects(bliss),
    "HSA": by_effects(highest_single_agent),
    "Loewe": by_doses(loewe),
    "ZIP": by_doses(zero_interaction_potency),
    "MuSyC": by_doses(musyc),
    "MuSyC, more efficacy": by_doses(musyc, interaction=Musyc(efficacy=0.2)),
}


def array(*values: float) -> np.ndarray:
    return np.array(values)


@pytest.mark.parametrize("name", MODELS)
@few
@given(curves, curves, doses)
def test_one_drug_alone_gives_its_own_curve(
    name: str, first: Hill, second: Hill, one: np.ndarray
) -> None:
    model, none = MODELS[name], np.zeros_like(one)
    np.testing.assert_allclose(model(one, none, first, second), first.effect(one), atol=1e-12)
    np.testing.assert_allclose(model(none, one, first, second), second.effect(one), atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
@few
@given(curves, curves, doses, doses, doses)
def test_more_of_either_drug_never_does_less(
    name: str, first: Hill, second: Hill, one: np.ndarray, two: np.ndarray, more: np.ndarray
) -> None:
    model = MODELS[name]
    before = model(one, two, first, second)
    assert np.all(model(one + more, two, first, second) >= before - 1e-9)
    assert np.all(model(one, two + more, first, second) >= before - 1e-9)


@few
@given(full_curves, full_curves, doses, doses, doses, st.floats(0.0, 10.0))
def test_grecos_interaction_never_lets_a_dose_protect(
    first: Hill,
    second: Hill,
    one: np.ndarray,
    two: np.ndarray,
    more: np.ndarray,
    interaction: float,
) -> None:
    model = by_doses(greco, interaction=interaction)
    before = model(one, two, first, second)
    assert np.all(model(one + more, two, first, second) >= before - 1e-9)
    assert np.all(before >= loewe(one, two, first=first, second=second) - 1e-9)


@pytest.mark.parametrize("name", ["Bliss", "Loewe", "ZIP", "MuSyC"])
@few
@given(curves, curves, doses, doses)
def test_no_model_of_cooperation_does_less_than_the_better_drug(
    name: str, first: Hill, second: Hill, one: np.ndarray, two: np.ndarray
) -> None:
    # MuSyC without more efficacy gives two bound drugs the higher top, so the weaker drug may
    # keep the stronger one's cells; it never does less than the drug with the higher top.
    stronger = first if first.top >= second.top else second
    alone = stronger.effect(array(one if stronger is first else two))
    if name != "MuSyC":
        alone = np.maximum(first.effect(one), second.effect(two))
    assert np.all(MODELS[name](one, two, first, second) >= alone - 1e-9)


def test_bliss_of_a_half_and_two_fifths_is_seven_tenths() -> None:
    np.testing.assert_allclose(bliss(array(0.5, 0.4)), 0.7)
    np.testing.assert_allclose(bliss(array(0.5, 0.4, 0.5)), 0.85)
    np.testing.assert_allclose(highest_single_agent(array(0.5, 0.4, 0.5)), 0.5)


def test_rules_on_effects_take_any_number_of_drugs_and_doses_and_leave_them_alone() -> None:
    effects = np.linspace(0.0, 0.9, 24).reshape(3, 2, 4)
    kept = effects.copy()
    assert bliss(effects).shape == highest_single_agent(effects).shape == (2, 4)
    np.testing.assert_array_equal(effects, kept)


@few
@given(curves, doses, doses)
def test_a_drug_added_to_itself_is_by_loewe_the_summed_dose(
    drug: Hill, one: np.ndarray, two: np.ndarray
) -> None:
    combined = loewe(one, two, first=drug, second=drug)
    np.testing.assert_allclose(combined, drug.effect(one + two), rtol=1e-6, atol=1e-12)


def test_loewe_of_two_linear_curves_has_a_closed_form() -> None:
    # With slopes and tops of 1, r = E / (1 - E) is d_1 / half_1 + d_2 / half_2.
    other = Hill(top=1.0, half=8.0, slope=1.0)
    one, two = array(1.0, 2.0, 6.0), array(4.0, 0.0, 16.0)
    odds = one / 2.0 + two / 8.0
    np.testing.assert_allclose(
        loewe(one, two, first=HALF_WAY, second=other), odds / (1.0 + odds), rtol=1e-12
    )


def test_by_loewe_a_drug_adds_nothing_to_an_effect_beyond_its_reach() -> None:
    one, two = array(1000.0), array(20.0)
    beyond = STEEP.effect(two)
    assert beyond > PARTIAL.top
    np.testing.assert_array_equal(loewe(one, two, first=PARTIAL, second=STEEP), beyond)


def test_half_a_dose_of_each_drug_keeps_the_effect_by_loewe_and_not_by_bliss() -> None:
    # Steep curves: two halves of a dose are one dose by Loewe, and far less by Bliss.
    whole = STEEP.effect(array(5.0))
    halves = array(2.5)
    np.testing.assert_allclose(loewe(halves, halves, first=STEEP, second=STEEP), whole, rtol=1e-9)
    each = 1.0 / 9.0  # 0.5^3 / (1 + 0.5^3)
    np.testing.assert_allclose(
        bliss(np.stack([STEEP.effect(halves)] * 2)), 1.0 - (1.0 - each) ** 2, rtol=1e-12
    )


def test_greco_without_interaction_is_loewe() -> None:
    one, two = np.meshgrid(np.linspace(0.0, 9.0, 7), np.linspace(0.0, 9.0, 7))
    np.testing.assert_allclose(
        greco(one, two, first=HALF_WAY, second=STEEP),
        loewe(one, two, first=HALF_WAY, second=STEEP),
        atol=1e-12,
    )


def test_greco_with_slopes_of_one_has_a_closed_form() -> None:
    # r = x_1 + x_2 + alpha x_1 x_2 for slopes of 1.
    one, two, alpha = array(1.0, 4.0), array(3.0, 0.5), 2.0
    odds = one / 2.0 + two / 2.0 + alpha * one * two / 4.0
    effect = greco(one, two, first=HALF_WAY, second=HALF_WAY, interaction=alpha)
    np.testing.assert_allclose(effect, odds / (1.0 + odds), rtol=1e-12)


@few
@given(curves, curves, doses, doses)
def test_zip_without_a_change_of_potency_is_bliss(
    first: Hill, second: Hill, one: np.ndarray, two: np.ndarray
) -> None:
    effects = np.stack([first.effect(one), second.effect(two)])
    combined = zero_interaction_potency(one, two, first=first, second=second)
    np.testing.assert_allclose(combined, bliss(effects), atol=1e-12)


def test_zip_is_the_mean_of_the_papers_two_fitted_curves() -> None:
    # (E_2 + x^m) / (1 + x^m) with x = 6 / 1: (0.2 + 6) / 7; and E_1 + ... = (0.75 + 0.5) / 1.5.
    second = Hill(top=1.0, half=8.0, slope=1.0)
    moved_first = Hill(top=1.0, half=1.0, slope=1.0)
    moved_second = Hill(top=1.0, half=4.0, slope=1.0)
    combined = zero_interaction_potency(
        array(6.0),
        array(2.0),
        first=HALF_WAY,
        second=second,
        first_with_second=moved_first,
        second_with_first=moved_second,
    )
    np.testing.assert_allclose(combined, 0.5 * (6.2 / 7.0 + 1.25 / 1.5), rtol=1e-12)


@few
@given(curves, curves, doses, doses)
def test_musyc_with_unchanged_potency_and_blisss_efficacy_is_bliss(
    first: Hill, second: Hill, one: np.ndarray, two: np.ndarray
) -> None:
    interaction = Musyc(efficacy=bliss_efficacy(first, second))
    effects = np.stack([first.effect(one), second.effect(two)])
    combined = musyc(one, two, first=first, second=second, interaction=interaction)
    np.testing.assert_allclose(combined, bliss(effects), rtol=1e-9, atol=1e-12)


@given(
    curves,
    curves,
    dose,
    dose,
    st.builds(
        Musyc,
        efficacy=st.floats(0.0, 0.5),
        potency_of_first=st.floats(0.1, 10.0),
        potency_of_second=st.floats(0.1, 10.0),
        cooperativity_of_first=st.floats(0.5, 2.0),
        cooperativity_of_second=st.floats(0.5, 2.0),
    ),
)
def test_musycs_shares_solve_the_exchange_between_its_four_states(
    first: Hill, second: Hill, one: float, two: float, interaction: Musyc
) -> None:
    assume(one == 0.0 or two == 0.0 or 1e-4 < one / first.half < 1e4)
    u1, u2 = (one / first.half) ** first.slope, (two / second.half) ** second.slope
    v1 = (interaction.potency_of_first * one / first.half) ** (
        first.slope * interaction.cooperativity_of_first
    )
    v2 = (interaction.potency_of_second * two / second.half) ** (
        second.slope * interaction.cooperativity_of_second
    )
    assume(max(u1, u2, v1, v2) < 1e5)
    # Free, first, second, both: what flows in and out, and shares that add up to 1.
    exchange = np.array(
        [
            [-u1 - u2, 1.0, 1.0, 0.0],
            [u1, -1.0 - v2, 0.0, 1.0],
            [u2, 0.0, -1.0 - v1, 1.0],
            [1.0, 1.0, 1.0, 1.0],
        ]
    )
    shares = np.linalg.solve(exchange, array(0.0, 0.0, 0.0, 1.0))
    tops = array(
        0.0, first.top, second.top, (1.0 + interaction.efficacy) * max(first.top, second.top)
    )
    combined = musyc(array(one), array(two), first=first, second=second, interaction=interaction)
    np.testing.assert_allclose(combined, shares @ tops, rtol=1e-6, atol=1e-9)


def test_musyc_at_half_doses_is_the_mean_of_four_states() -> None:
    # Half of each target bound: a quarter each free, under 1, under 2 and under both.
    combined = musyc(array(2.0), array(1.0), first=HALF_WAY, second=PARTIAL)
    np.testing.assert_allclose(combined, 0.25 * (0.0 + 1.0 + 0.6 + 1.0), rtol=1e-12)


def test_potency_that_grows_beside_the_other_drug_raises_musycs_effect() -> None:
    grown = Musyc(potency_of_first=10.0, potency_of_second=10.0)
    plain = musyc(array(1.0), array(2.0), first=HALF_WAY, second=STEEP)
    assert musyc(array(1.0), array(2.0), first=HALF_WAY, second=STEEP, interaction=grown) > plain


def test_unlimited_doses_reach_the_top_without_overflow() -> None:
    huge = array(1e80)
    np.testing.assert_allclose(musyc(huge, huge, first=HALF_WAY, second=STEEP), 1.0)
    np.testing.assert_allclose(loewe(huge, huge, first=HALF_WAY, second=PARTIAL), 1.0)


@pytest.mark.parametrize("values", [(0.0, 1.0, 1.0), (1.2, 1.0, 1.0), (1.0, 0.0, 1.0)])
def test_a_curve_that_is_none_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="a dose-response curve needs a top above 0"):
        Hill(*values)


def test_interactions_that_protect_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more; got -1"):
        greco(array(1.0), array(1.0), first=HALF_WAY, second=STEEP, interaction=-1.0)
    with pytest.raises(ValueError, match="Use loewe or musyc"):
        greco(array(1.0), array(1.0), first=PARTIAL, second=STEEP)
    with pytest.raises(ValueError, match="potencies and cooperativities above 0"):
        Musyc(potency_of_first=0.0)
