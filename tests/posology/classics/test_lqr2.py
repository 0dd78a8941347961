"""LQR2: the exact front, by Riccati's equation, by roll-out and by quadrature."""

import moocore
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve_discrete_are

from posology.classics import (
    LinearFeedback,
    LQR2VectorEnv,
    optimal_gains,
    return_vectors,
    value_vectors,
    weight_sweep,
)

REFERENCE = (-310.0, -310.0)


def hypervolume(points: np.ndarray) -> float:
    return float(moocore.hypervolume(points, ref=REFERENCE, maximise=True))


def coordinate_values(gain: float, state_cost: float, action_cost: float) -> float:
    """Return of one coordinate, alone from 10 under a = -gain s: a geometric series."""
    return -100.0 * (state_cost + action_cost * gain**2) / (1.0 - 0.9 * (1.0 - gain) ** 2)


def exact_point(weight: float) -> np.ndarray:
    """The front's point at a weight, from the scalar quadratic equation of each coordinate."""
    values = np.zeros(2)
    for own in (0, 1):
        share = weight if own == 0 else 1.0 - weight
        q, r = share * 0.9 + (1.0 - share) * 0.1, share * 0.1 + (1.0 - share) * 0.9
        b = q - (1.0 - 0.9) * r / 0.9  # p^2 - b p - q r / 0.9 = 0
        p = (b + np.sqrt(b**2 + 4.0 * q * r / 0.9)) / 2.0
        gain = 0.9 * p / (r + 0.9 * p)
        values[own] += coordinate_values(gain, 0.9, 0.1)
        values[1 - own] += coordinate_values(gain, 0.1, 0.9)
    return values


def test_the_extremes_and_the_centre_are_the_known_ones() -> None:
    values = value_vectors(optimal_gains(weight_sweep(3)))
    assert values == pytest.approx(
        np.array([[-272.0208, -130.6136], [-158.8403, -158.8403], [-130.6136, -272.0208]]),
        abs=5e-5,
    )


@pytest.mark.parametrize("weight", [0.0, 0.13, 0.5, 0.9])
def test_a_rolled_out_riccati_policy_earns_its_exact_value(weight: float) -> None:
    gains = optimal_gains(np.array([[weight, 1.0 - weight]]))
    exact = value_vectors(gains)[0]
    policy = LinearFeedback(gains[0])
    rolled = return_vectors(LQR2VectorEnv(1), policy, discount=0.9)[0]
    assert rolled == pytest.approx(exact, abs=5e-5)
    assert return_vectors(LQR2VectorEnv(1, discounted=True), policy)[0] == pytest.approx(
        exact, abs=5e-5
    )
    assert exact == pytest.approx(exact_point(weight), rel=1e-12)


def test_the_gain_is_that_of_another_riccati_solver() -> None:
    w = 0.3
    q, r = np.diag([0.34, 0.66]), np.diag([0.66, 0.34])
    root = np.sqrt(0.9) * np.eye(2)
    p = solve_discrete_are(root, root, q, r)
    gain = np.linalg.solve(r + 0.9 * p, 0.9 * p)
    assert optimal_gains(np.array([[w, 1.0 - w]]))[0] == pytest.approx(gain, abs=1e-12)


def test_no_other_feedback_scores_higher_at_the_weights() -> None:
    w = np.array([0.7, 0.3])
    best = optimal_gains(w[None])
    rng = np.random.default_rng(0)
    others = best + 0.05 * rng.standard_normal((200, 2, 2))
    assert (value_vectors(others) @ w < value_vectors(best)[0] @ w).all()


@pytest.mark.parametrize(
    ("count", "share"), [(5, 0.9395), (11, 0.9808), (21, 0.9913), (51, 0.9968), (1001, 1.0)]
)
def test_perfect_sweeps_reach_the_known_shares_of_29860_695(count: int, share: float) -> None:
    found = hypervolume(value_vectors(optimal_gains(weight_sweep(count))))
    assert found / 29860.695 == pytest.approx(share, abs=1e-4)


def test_a_sweep_of_1001_weights_has_29860_695_and_finer_ones_near_the_fronts_own_area() -> None:
    sweeps = {n: value_vectors(optimal_gains(weight_sweep(n))) for n in (1001, 4001)}
    assert hypervolume(sweeps[1001]) == pytest.approx(29860.695, abs=5e-4)

    def slice_above(weight: float) -> float:
        step = 1e-5
        rise = (exact_point(weight + step)[0] - exact_point(weight - step)[0]) / (2.0 * step)
        return rise * (exact_point(weight)[1] + 310.0)

    left = exact_point(0.0) + 310.0
    area = left[0] * left[1] + quad(slice_above, 0.0, 1.0, epsabs=1e-6)[0]
    assert area == pytest.approx(29865.607, abs=0.002)
    missing = {n: area - hypervolume(values) for n, values in sweeps.items()}
    assert missing[4001] == pytest.approx(missing[1001] / 4.0, rel=0.01)


def test_the_reward_is_paid_on_the_state_before_the_step() -> None:
    env = LQR2VectorEnv(1)
    env.reset()
    observations, rewards, _, _, _ = env.step(np.array([[-3.0, 2.0]]))
    assert observations.tolist() == [[7.0, 12.0]]
    first = 0.9 * 100.0 + 0.1 * 100.0 + 0.1 * 9.0 + 0.9 * 4.0
    second = 0.1 * 100.0 + 0.9 * 100.0 + 0.9 * 9.0 + 0.1 * 4.0
    assert rewards[0] == pytest.approx([-first, -second])


def test_a_course_needs_a_step() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        LQR2VectorEnv(horizon=0)
