"""Cells and agreement, from results written by hand."""

import math
from dataclasses import replace

import pytest

from posology.library import TrialArm, trial_arms
from posology.validation import OVERALL, ArmResult, Cell, Estimate, agreements, compare


def arm(name: str, **changes: object) -> TrialArm:
    return replace(next(each for each in trial_arms() if each.id == name), **changes)


def result(of: TrialArm, **values: float) -> ArmResult:
    """What an emulation may have found; intervals are a tenth, what trials find a fifth."""
    estimates = {
        name: Estimate(value, 0.9 * value, 1.1 * value, 0.8 * value, 1.2 * value)
        for name, value in values.items()
    }
    return ArmResult(of, 100, 1, "held-out", estimates, None, 5.0)


def cells_of(*results: ArmResult) -> dict[tuple[str, str], Cell]:
    return {(cell.arm.id, cell.endpoint): cell for cell in compare(results)}


@pytest.mark.parametrize(
    ("endpoint", "simulated", "within"),
    [
        # TAX 326: 31.6 %, 5.1 months, 74.8 %.
        ("response_pct", 41.6, True),
        ("response_pct", 41.7, False),
        ("response_pct", 21.5, False),
        ("progression_months", 6.0, True),
        ("progression_months", 6.2, False),
        ("progression_months", math.inf, False),
        ("neutropenia_grade34_pct", 86.7, True),
        ("neutropenia_grade34_pct", 87.0, False),
        ("survival_months", 11.3, None),
        ("febrile_neutropenia_pct", 50.0, None),
    ],
)
def test_a_cell_is_within_tolerance_of_what_was_published(
    endpoint: str, simulated: float, within: bool | None
) -> None:
    cell = cells_of(result(arm("N01"), **{endpoint: simulated}))["N01", endpoint]
    assert cell.within is within


def test_a_cell_says_the_difference_and_whether_a_trial_of_that_size_would_find_it() -> None:
    cells = cells_of(result(arm("N01"), response_pct=37.0, neutropenia_grade34_pct=60.0))
    response = cells["N01", "response_pct"]
    assert response.difference == pytest.approx(5.4)
    assert response.expected is True  # 29.6 to 44.4 %
    assert cells["N01", "neutropenia_grade34_pct"].expected is False  # 48 to 72 %


def test_cells_are_what_was_simulated_or_published() -> None:
    cells = cells_of(result(arm("N01"), neutropenia_grade4_pct=40.0))
    unpublished, unsimulated = cells["N01", "neutropenia_grade4_pct"], cells["N01", "response_pct"]
    assert unpublished.published is None
    assert unpublished.difference is None
    assert unsimulated.simulated is None
    assert unsimulated.within is None
    assert unsimulated.published == 31.6
    adjuvant = cells_of(result(arm("B05"), neutropenia_grade34_pct=65.0))
    assert ("B05", "response_pct") not in adjuvant


def test_only_a_figure_that_was_read_is_verified() -> None:
    cells = cells_of(result(arm("G01"), response_pct=37.0, neutropenia_grade34_pct=82.0))
    assert arm("G01").confidence == "verified"
    assert cells["G01", "neutropenia_grade34_pct"].confidence == "verified"
    assert cells["G01", "response_pct"].confidence == "recalled-high"
    assert cells_of(result(arm("C07")))["C07", "response_pct"].confidence == "recalled-high"


def test_agreement_counts_cells_within_tolerance_by_endpoint_and_overall() -> None:
    found = agreements(
        compare(
            [
                result(arm("N01"), response_pct=35.6, progression_months=5.0),  # +4.0, -0.1
                result(arm("N07"), response_pct=29.0, progression_months=3.1),  # +12.0, 0.0
            ]
        )
    )
    by_endpoint = {each.endpoint: each for each in found}
    response = by_endpoint["response_pct"]
    assert (response.cells, response.within, response.share) == (2, 1, 0.5)
    assert response.bias == pytest.approx(8.0)
    assert response.rmse == pytest.approx(math.sqrt((16.0 + 144.0) / 2.0))
    assert by_endpoint[OVERALL].share == 0.75
    assert by_endpoint[OVERALL].bias is None


def test_endpoints_without_a_tolerance_have_a_difference_and_no_share() -> None:
    (survival,) = agreements(compare([result(arm("N01"), survival_months=10.3)]))
    assert survival.bias == pytest.approx(-1.0)
    assert survival.within is None
    assert survival.share is None


def test_a_median_not_reached_is_no_agreement_and_spoils_no_mean() -> None:
    found = agreements(
        compare(
            [
                result(arm("N01"), progression_months=math.inf),
                result(arm("N07"), progression_months=3.6),
            ]
        )
    )
    assert found[0].share == 0.5
    assert found[0].bias == pytest.approx(0.5)


def test_arms_of_the_calibration_are_told_from_others() -> None:
    own = arm("N01", id="mine", response_pct=20.0)
    cells = cells_of(
        result(arm("N01"), response_pct=30.0),
        result(own, response_pct=40.0),
    )
    assert cells["N01", "response_pct"].calibrated
    assert not cells["mine", "response_pct"].calibrated
    shares = {
        each.calibrated: each.share
        for each in agreements(cells.values())
        if each.endpoint == OVERALL
    }
    assert shares == {True: 1.0, False: 0.0}


def test_nothing_compared_agrees_in_nothing() -> None:
    assert compare([]) == ()
    assert agreements([]) == ()
