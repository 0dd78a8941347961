"""The difference of two rates of the same patients: closed form, definition, coverage."""

import numpy as np
import pytest

from dosefront.front import paired_rate_difference


def test_nobody_who_differs_leaves_an_interval_that_shrinks_with_the_patients() -> None:
    # Tango's interval without discordant pairs has the closed form z2 / (n + z2).
    for patients in (50, 2847):
        happened = np.arange(patients) % 3 == 0
        found = paired_rate_difference(happened, happened)
        half = 1.959964**2 / (patients + 1.959964**2)
        assert found.low == pytest.approx(-half, rel=1e-6)
        assert found.high == pytest.approx(half, rel=1e-6)


def score(gained: int, lost: int, patients: int, difference: float) -> float:
    """The score statistic by its definition, the nuisance parameter found by search."""
    shares = np.linspace(max(0.0, -difference), (1.0 - difference) / 2.0, 400_001)[1:-1]
    likelihood = (
        gained * np.log(shares + difference)
        + lost * np.log(shares)
        + (patients - gained - lost) * np.log(1.0 - 2.0 * shares - difference)
    )
    share = shares[np.argmax(likelihood)]
    error = np.sqrt((2.0 * share + difference - difference**2) / patients)
    return ((gained - lost) / patients - difference) / error


@pytest.mark.parametrize(("gained", "lost", "patients"), [(12, 3, 60), (1, 9, 44), (100, 40, 900)])
def test_the_ends_of_the_paired_interval_are_where_the_score_test_rejects(
    gained: int, lost: int, patients: int
) -> None:
    ours = np.array([True] * gained + [False] * (patients - gained))
    theirs = np.array([False] * gained + [True] * lost + [False] * (patients - gained - lost))
    found = paired_rate_difference(ours, theirs)
    assert score(gained, lost, patients, found.low) == pytest.approx(1.96, abs=2e-3)
    assert score(gained, lost, patients, found.high) == pytest.approx(-1.96, abs=2e-3)


@pytest.mark.parametrize("patients", [40, 300])
def test_the_paired_interval_of_a_rate_holds_the_truth_as_often_as_it_says(patients: int) -> None:
    rng = np.random.default_rng(9)  # half of the patients fare alike
    found = {}  # by what the interval depends on
    held = 0
    for _ in range(2000):
        latent, own = rng.random(patients), rng.random(patients) < 0.5
        ours = np.where(own, rng.random(patients), latent) < 0.36
        theirs = latent < 0.30
        counts = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
        if counts not in found:
            found[counts] = paired_rate_difference(ours, theirs)
        held += found[counts].low <= 0.06 <= found[counts].high
    assert 0.935 <= held / 2000 <= 0.965
