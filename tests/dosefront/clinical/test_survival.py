"""Survival curves against a published example, and against what must hold of any."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosefront.clinical import product_limit
from dosefront.errors import FrontError

# Weeks in remission with 6-mercaptopurine, Freireich et al. (1963), Blood 21:699; the estimate and
# its standard errors are those of Klein & Moeschberger (2003), Survival Analysis, table 4.1.
WEEKS = np.array(
    [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], float
)
RELAPSED = np.arange(21) < 9
PUBLISHED = {
    # week: still in remission, standard error, at risk
    6: (0.857, 0.0764, 21),
    7: (0.807, 0.0869, 17),
    10: (0.753, 0.0963, 15),
    13: (0.690, 0.1068, 12),
    16: (0.627, 0.1141, 11),
    22: (0.538, 0.1282, 7),
    23: (0.448, 0.1346, 6),
}


def test_the_remissions_of_freireich_are_those_of_the_textbook() -> None:
    curve = product_limit(WEEKS, RELAPSED)
    assert curve.times.tolist() == [0.0, *PUBLISHED]
    for step, (week, (share, _, at_risk)) in enumerate(PUBLISHED.items(), start=1):
        assert curve.survival[step] == pytest.approx(share, abs=0.0006)
        assert curve.at_risk(np.array([float(week)])).tolist() == [at_risk]
    assert curve.median()[0] == 23.0


def test_limits_are_greenwoods_on_the_log_log_scale() -> None:
    curve = product_limit(WEEKS, RELAPSED)
    for step, (share, error, _) in enumerate(PUBLISHED.values(), start=1):
        # Delta method: the error of ln(-ln S) is that of S over |S ln S|.
        reach = 1.96 * error / abs(share * math.log(share))
        low, high = (share ** math.exp(sign * reach) for sign in (1.0, -1.0))
        assert curve.low[step] == pytest.approx(low, abs=0.003)
        assert curve.high[step] == pytest.approx(high, abs=0.003)


def test_the_medians_limits_are_where_the_curves_limits_reach_a_half() -> None:
    # R: survfit(Surv(weeks, relapsed) ~ 1, conf.type = "log-log") gives 23, from 13 to NA.
    assert product_limit(WEEKS, RELAPSED).median() == (23.0, 13.0, math.inf)


def test_a_censored_patient_is_at_risk_of_the_events_of_that_time() -> None:
    curve = product_limit(np.array([2.0, 2.0]), np.array([True, False]))
    assert curve.survival.tolist() == [1.0, 0.5]


def test_nobody_is_left_when_all_had_the_event() -> None:
    curve = product_limit(np.array([1.0, 2.0]), np.array([True, True]))
    assert curve.survival.tolist() == [1.0, 0.5, 0.0]
    assert np.isnan(curve.low[-1])
    assert np.isnan(curve.high[-1])


def test_a_curve_needs_patients() -> None:
    with pytest.raises(FrontError, match="needs patients"):
        product_limit(np.zeros(0), np.zeros(0, bool))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_without_censoring_the_curve_is_the_share_that_lasted_longer(weeks: list[int]) -> None:
    durations = np.array(weeks, float)
    curve = product_limit(durations, np.ones(durations.size, bool))
    lasted = (durations[None, :] > curve.times[:, None]).mean(axis=1)
    np.testing.assert_allclose(curve.survival, lasted, atol=1e-12)
    inner = curve.survival > 0.0
    assert (curve.low[inner] <= curve.survival[inner] + 1e-12).all()
    assert (curve.high[inner] >= curve.survival[inner] - 1e-12).all()
