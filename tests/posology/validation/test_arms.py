"""An emulated arm is treated and watched as its trial was."""

from dataclasses import replace

import numpy as np
import pytest

from posology.library import TrialArm, regimen_names, trial_arms
from posology.validation import ENDPOINTS, ArmResult, emulate, emulate_regimen, planned_arm
from posology.validation.arms import arm_regimen, blood_weeks, spread_scans

FEW = 200


def arm(name: str) -> TrialArm:
    return next(each for each in trial_arms() if each.id == name)


def neutropenia(result: ArmResult) -> float:
    return result.estimates["neutropenia_grade34_pct"].value


@pytest.mark.parametrize(
    ("days", "interval", "weeks"),
    [
        ((7, 14, 21), 21, (0, 1, 2)),
        ((14, 21), 21, (1, 2)),
        ((21,), 21, (2,)),
        ((14,), 14, (1,)),
        ((21, 28), 28, (2, 3)),
        ((8, 15), 21, (0, 1)),  # nearer to days 7 and 14 than to the next visit
        ((4, 10), 21, (0,)),
        ((11, 21), 21, (1, 2)),
    ],
)
def test_counts_are_charted_at_the_visit_nearest_to_the_trials_day(
    days: tuple[int, ...], interval: int, weeks: tuple[int, ...]
) -> None:
    assert blood_weeks(days, interval_days=interval) == weeks


@pytest.mark.parametrize("days", [(), (1,), (3, 21), (22,)])
def test_counts_outside_the_visits_are_refused(days: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="days 4 to 21"):
        blood_weeks(days, interval_days=21)


def test_the_days_of_counting_decide_the_rate_of_neutropenia() -> None:
    # The prototype of the same model found 77, 12 and 0 % under docetaxel 75 mg/m2, six cycles.
    rates = [
        neutropenia(
            emulate(planned_arm("docetaxel-prostate", cycles=6, blood_days=days), patients=FEW)
        )
        for days in ((7, 14, 21), (14, 21), (21,))
    ]
    assert rates == pytest.approx([77.0, 12.0, 0.0], abs=10.0)


def test_the_same_seed_gives_the_same_figures_and_another_gives_others() -> None:
    first, again, other = (emulate(arm("N01"), patients=50, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first.estimates != other.estimates


def test_a_patient_fares_the_same_among_few_and_among_many() -> None:
    # Ten times the rate among ten is a count; the next ninety cannot change it.
    few, many = (emulate(arm("B01"), patients=size) for size in (10, 11))
    for endpoint, estimate in few.estimates.items():
        if endpoint.endswith("_pct"):
            change = many.estimates[endpoint].value * 0.11 - estimate.value * 0.1
            assert min(abs(change), abs(change - 1.0)) < 1e-9


def test_an_arm_with_scans_and_a_survival_link_reports_everything() -> None:
    result = emulate(arm("N01"), patients=50)
    assert tuple(result.estimates) == ENDPOINTS
    for estimate in result.estimates.values():
        assert estimate.expected_low <= estimate.value <= estimate.expected_high
        assert estimate.low <= estimate.value <= estimate.high


def test_survival_is_left_out_where_no_published_model_links_it() -> None:
    estimates = emulate(arm("C02"), patients=20).estimates
    assert "progression_months" in estimates
    assert "survival_months" not in estimates


def test_an_adjuvant_arm_reports_toxicity_only_and_everybody_is_treated_to_the_end() -> None:
    result = emulate(arm("B06"), patients=FEW)
    assert set(ENDPOINTS) - set(result.estimates) == {
        "response_pct",
        "progression_months",
        "survival_months",
    }
    assert result.progression_at_scans_months is None
    assert result.cycles > 5.5


def test_doses_interval_and_cycles_are_the_arms() -> None:
    regimen = arm_regimen(arm("N07"))
    doses = {each.agent: each.dose for each in regimen.components}
    assert (doses["paclitaxel"], regimen.interval_weeks, regimen.cycles) == (225.0, 3, 6)
    assert arm_regimen(arm("N08")).components[0].dose == 200.0


def test_more_dose_brings_more_neutropenia_and_more_response() -> None:
    low, high = (
        emulate_regimen("docetaxel", doses={"docetaxel": dose}, patients=FEW)
        for dose in (50.0, 100.0)
    )
    assert neutropenia(low) < neutropenia(high)
    assert low.estimates["response_pct"].value < high.estimates["response_pct"].value


def test_treatment_lasts_as_long_as_the_cycles_asked_for() -> None:
    # The library's window of docetaxel and cisplatin closes after 26 weeks.
    assert arm_regimen(planned_arm("docetaxel-cisplatin", cycles=12)).treatment_weeks >= 36


def test_prior_lines_are_the_arms_and_weigh_on_the_tumour() -> None:
    fresh, treated = (
        emulate(planned_arm("docetaxel", prior_lines=lines), patients=FEW) for lines in (0, 1)
    )
    assert planned_arm("docetaxel").prior_lines == 1
    assert fresh.estimates != treated.estimates


def test_rarer_scans_find_progression_later_on_the_scans_and_not_between() -> None:
    often, rarely = (
        emulate(planned_arm("gemcitabine", scan_weeks=weeks), patients=FEW) for weeks in (6, 18)
    )
    at_scans = rarely.progression_at_scans_months
    assert at_scans is not None
    assert (at_scans * 30.4375 / 7.0) % 18 == pytest.approx(0.0)
    assert often.estimates["progression_months"].value < at_scans


def test_spreading_the_scans_keeps_the_mean_and_moves_no_other_date() -> None:
    days = np.array([42.0, 30.0, 42.0, 84.0, 42.0])
    at_scan = np.array([True, False, True, True, True])
    spread = spread_scans(days, at_scan, scan_weeks=6)
    assert spread.tolist() == [28.0, 30.0, 42.0, 84.0, 56.0]
    assert days.tolist() == [42.0, 30.0, 42.0, 84.0, 42.0]


@pytest.mark.parametrize("name", regimen_names())
def test_every_regimen_of_the_library_can_be_emulated(name: str) -> None:
    result = emulate_regimen(name, patients=4)
    assert result.arm.regimen == name
    assert 0.0 <= neutropenia(result) <= 100.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regimen": "FOLFOX5"}, "unknown regimen 'FOLFOX5'; the library holds"),
        ({"doses": {"paclitaxel": 80.0}}, "got 'paclitaxel'"),
        ({"doses": {"docetaxel": 0.0}}, "must be above 0"),
        ({"interval_days": 10}, "visits are weekly"),
        ({"cycles": 0}, "at least one cycle"),
        ({"patients": 0}, "needs patients"),
        ({"split": "validation"}, "split must be one of"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        emulate_regimen(**{"regimen": "docetaxel", "patients": 4, **options})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tumour": "CRC"}, "treats NSCLC; got tumour 'CRC'"),
        ({"prior_lines": 3}, "prior_lines must be 0 to 1"),
        ({"patients": 0}, "needs patients"),
        ({"scan_weeks": 0}, "whole weeks; got 0"),
        ({"blood_days": (2,)}, "days 4 to 21"),
    ],
)
def test_an_arm_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        emulate(replace(arm("N01"), **changes), patients=4)
