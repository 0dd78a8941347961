"""cancer-sim: the published daily equation, its limits, and its population."""

import numpy as np
import pytest

from posology.classics import (
    CancerSimVectorEnv,
    ConstantAction,
    draw_lung_patients,
    return_vectors,
)
from posology.classics.lung_patients import STAGE_COUNTS

CAPACITY = 4.0 / 3.0 * np.pi * 15.0**3
FATAL = 4.0 / 3.0 * np.pi * 6.5**3


def env_of(n: int, **options: float) -> CancerSimVectorEnv:
    env = CancerSimVectorEnv(n, **options)
    env.reset(options={"patients": np.arange(n)})
    return env


def test_a_course_is_that_of_the_scalar_account() -> None:
    n = 60
    env = env_of(n)
    actions = np.random.default_rng(0).integers(0, 4, (60, n))
    cohort = env.cohort
    volume = 4.0 / 3.0 * np.pi * (cohort.diameter_cm[:n] / 2.0) ** 3
    chemo = np.zeros(n)
    alive = np.ones(n, bool)
    died = np.zeros(n, bool)
    recovered = np.zeros(n, bool)
    disturbance = env._disturbance.copy()
    luck = env._luck.copy()
    for day in range(60):
        _, rewards, ended, _, infos = env.step(actions[day])
        for k in np.flatnonzero(alive):
            chemo[k] = chemo[k] / 2.0 + (5.0 if actions[day, k] in (2, 3) else 0.0)
            radio = 2.0 if actions[day, k] in (1, 3) else 0.0
            alpha = cohort.radio_kill[k]
            volume[k] *= (
                1.0
                + cohort.growth[k] * np.log(CAPACITY / volume[k])
                - cohort.chemo_kill[k] * chemo[k]
                - (alpha * radio + alpha / 10.0 * radio**2)
                + disturbance[day, k]
            )
            died[k] = volume[k] > FATAL
            recovered[k] = luck[day, k] < np.exp(-max(volume[k], 0.0) * 5.8e8)
            size = 0.0 if recovered[k] else 13.0 if died[k] else np.cbrt(6.0 / np.pi * volume[k])
            days = 60 - day if died[k] else 1
            given = actions[day, k] // 2 + actions[day, k] % 2
            assert rewards[k] == pytest.approx([-size * days / 60.0, -given], rel=1e-6)
            if ended[k]:
                assert infos["endpoints"]["died"][k] == died[k]
                assert infos["endpoints"]["recovered"][k] == recovered[k]
        alive &= ~(died | recovered)
        assert (ended[alive] == (day == 59)).all()
        if not alive.any():
            break
    assert recovered.any()


def test_without_noise_or_treatment_a_tumour_grows_as_gompertz_says() -> None:
    n = 2000
    env = env_of(n, noise=0.0)
    rho = env.cohort.growth[:n]
    start = np.log(env.volume / CAPACITY)
    growing = np.flatnonzero((rho < 1e-3) & (env.cohort.diameter_cm[:n] > 1.0))
    for _ in range(59):
        _, _, ended, _, _ = env.step(np.zeros(n, int))
        assert not ended[growing].any()
    after = np.log(env.volume[growing] / CAPACITY)
    # A day's step differs from the closed form at second order: (rho log K/V)^2 / 2 a day.
    assert after == pytest.approx(start[growing] * np.exp(-59 * rho[growing]), abs=59 * 0.01**2)
    assert after == pytest.approx(_iterated(start[growing], rho[growing], 59), abs=1e-9)


def _iterated(x: np.ndarray, rho: np.ndarray, days: int) -> np.ndarray:
    """Log of the size relative to capacity: x + log(1 - rho x) a day."""
    for _ in range(days):
        x = x + np.log1p(-rho * x)
    return x


def test_daily_chemotherapy_builds_up_to_twice_its_dose() -> None:
    env = env_of(50)
    for day in range(1, 9):
        seen, _, ended, _, _ = env.step(np.full(50, 2))
        assert seen[~ended, 1] == pytest.approx(10.0 * (1.0 - 0.5**day))
        if ended.any():
            break
    assert day > 3


def test_a_fraction_of_radiotherapy_kills_as_the_linear_quadratic_model_says() -> None:
    treated, untreated = env_of(500, noise=0.0), env_of(500, noise=0.0)
    before = treated.volume.copy()
    untreated.step(np.zeros(500, int))
    treated.step(np.ones(500, int))
    alpha = treated.cohort.radio_kill[:500]
    killed = (untreated.volume - treated.volume) / before
    survives = (treated.volume > 0.0) & (untreated.volume < FATAL)
    assert killed[survives] == pytest.approx((alpha * 2.0 + alpha / 10.0 * 4.0)[survives])
    overkilled = 2.4 * alpha > untreated.volume / before
    assert overkilled.any()
    assert (treated.volume[overkilled] == 0.0).all()


def test_more_treatment_means_less_tumour() -> None:
    sizes = []
    for action in (0, 2, 3):
        env = CancerSimVectorEnv(1000)
        returns = return_vectors(env, ConstantAction(action), options={"patients": np.arange(1000)})
        sizes.append(-returns[:, 0].mean())
    assert sizes[0] > sizes[1] > sizes[2]


def test_patients_have_the_published_distribution() -> None:
    n = 40_000
    drawn = draw_lung_patients(5, np.arange(n))
    shares = np.bincount(drawn.stage, minlength=5) / n
    published = np.array(list(STAGE_COUNTS.values())) / sum(STAGE_COUNTS.values())
    assert shares == pytest.approx(published, abs=0.01)
    assert np.bincount(drawn.kind)[1:] / n == pytest.approx(1.0 / 3.0, abs=0.01)
    assert drawn.chemo_kill[drawn.kind < 3].mean() == pytest.approx(0.028, rel=0.001)
    assert drawn.chemo_kill[drawn.kind < 3].std() == pytest.approx(0.0007, rel=0.02)
    assert drawn.chemo_kill[drawn.kind == 3].mean() == pytest.approx(0.0308, rel=0.001)
    assert drawn.diameter_cm.min() >= 0.3
    assert drawn.diameter_cm[drawn.stage == 0].max() <= 5.0
    assert drawn.diameter_cm.max() <= 13.0
    # Moments of a bivariate normal with correlation 0.87, kept to where both are positive.
    rng = np.random.default_rng(0)
    z = rng.standard_normal((2, 400_000))
    alpha = 0.0398 + 0.168 * z[0]
    rho = 7e-5 + 7.23e-3 * (0.87 * z[0] + np.sqrt(1.0 - 0.87**2) * z[1])
    kept = (alpha > 0.0) & (rho > 0.0)
    of_no_gain = drawn.kind > 1
    assert drawn.growth.mean() == pytest.approx(rho[kept].mean(), rel=0.02)
    assert drawn.radio_kill[of_no_gain].mean() == pytest.approx(alpha[kept].mean(), rel=0.02)
    assert np.corrcoef(drawn.growth[of_no_gain], drawn.radio_kill[of_no_gain])[0, 1] == (
        pytest.approx(np.corrcoef(rho[kept], alpha[kept])[0, 1], abs=0.01)
    )


def test_a_patient_is_the_same_in_any_cohort() -> None:
    many, one = draw_lung_patients(5, np.arange(3000)), draw_lung_patients(5, np.array([2345]))
    for name in ("kind", "stage", "diameter_cm", "growth", "radio_kill", "chemo_kill"):
        assert getattr(many, name)[2345] == getattr(one, name)[0]


def test_negative_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="noise must be 0"):
        CancerSimVectorEnv(noise=float("nan"))
