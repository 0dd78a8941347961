"""AhnChemo: the known score, and the cells against closed forms and another integrator."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from posology.classics import AhnChemoVectorEnv, ConstantAction, advance_cells, return_vectors
from posology.classics.cell_populations import NAMES, PUBLISHED


@dataclass
class FullDoseFor:
    """Full dose for a number of days, one for each patient, then none."""

    days: np.ndarray
    steps: int = field(default=0, init=False)

    def actions(self, observations: np.ndarray) -> np.ndarray:
        self.steps += 1
        return np.where(self.steps <= 4 * self.days, 1.0, 0.0)[:, None]


def slopes(_: float, y: np.ndarray, dose: float) -> list[float]:
    n, t, i, b = y
    kill = 1.0 - np.exp(-b)
    return [
        n * (1.0 - n) - t * n - 0.1 * kill * n,
        1.5 * t * (1.0 - t) - 0.5 * i * t - t * n - 0.3 * kill * t,
        0.33 + 0.01 * i * t / (0.3 + t) - i * t - 0.2 * i - 0.2 * kill * i,
        dose - b,
    ]


def cells_after(start: list[float], dose: float, days: float, **changed: float) -> np.ndarray:
    parameters = PUBLISHED.copy()
    for name, value in changed.items():
        parameters[NAMES.index(name)] = value
    steps = round(days * 8)
    return advance_cells(
        np.array(start)[:, None], parameters[:, None], np.array([dose]), days=days, steps=steps
    )[:, 0]


def test_full_dose_for_20_days_and_then_none_scores_400_66_and_no_other_duration_more() -> None:
    days = np.arange(151)
    scores = return_vectors(AhnChemoVectorEnv(151, continuous=True), FullDoseFor(days)).sum(axis=1)
    assert scores[20] == pytest.approx(400.66, abs=0.005)
    assert scores.argmax() == 20


@pytest.mark.parametrize("dose", [0.0, 0.4, 1.0])
def test_a_course_is_that_of_another_integrator(dose: float) -> None:
    start = [0.9, 0.2, 0.005, 0.0]
    exact = solve_ivp(slopes, (0.0, 30.0), start, args=(dose,), rtol=1e-10, atol=1e-12).y[:, -1]
    assert cells_after(start, dose, 30.0) == pytest.approx(exact, rel=1e-5)


def test_the_drug_rises_and_falls_exponentially() -> None:
    rising = cells_after([0.9, 0.2, 0.1, 0.0], 0.7, 2.0, d2=1.3)[3]
    assert rising == pytest.approx(0.7 / 1.3 * (1.0 - np.exp(-1.3 * 2.0)), rel=1e-5)
    assert cells_after([0.9, 0.2, 0.1, 0.5], 0.0, 2.0)[3] == pytest.approx(
        0.5 * np.exp(-2.0), rel=1e-5
    )


def test_cells_alone_grow_logistically_and_immune_cells_turn_over() -> None:
    n, t, i, b = cells_after([0.2, 0.0, 0.1, 0.0], 0.0, 3.0, r2=0.8, b2=1.25)
    assert n == pytest.approx(0.8 / (1.0 + (0.8 / 0.2 - 1.0) * np.exp(-0.8 * 3.0)), rel=1e-6)
    assert i == pytest.approx(1.65 + (0.1 - 1.65) * np.exp(-0.2 * 3.0), rel=1e-6)
    assert (t, b) == (0.0, 0.0)
    t = cells_after([0.0, 0.2, 0.0, 0.0], 0.0, 3.0, s=0.0)[1]
    assert t == pytest.approx(1.0 / (1.0 + 4.0 * np.exp(-1.5 * 3.0)), rel=1e-6)


def test_an_untreated_patient_dies_of_the_tumour_and_pays_100() -> None:
    env = AhnChemoVectorEnv(1)
    env.reset()
    paid, terminated = [], False
    while not terminated:
        _, rewards, terminated, _, infos = env.step(np.array([0]))
        paid.append(rewards[0])
    assert infos["endpoints"]["died"][0]
    assert paid[-1].tolist() == [-100.0, 0.0, 0.0]
    exact = solve_ivp(
        slopes,
        (0.0, 60.0),
        [0.9, 0.2, 0.005, 0.0],
        args=(0.0,),
        rtol=1e-9,
        events=lambda _, y, dose: y[0] - 0.63,
    )
    assert infos["endpoints"]["days"][0] == np.ceil(4.0 * exact.t_events[0][0]) / 4.0


def test_a_spread_of_parameters_is_relative_and_makes_patients_differ() -> None:
    env = AhnChemoVectorEnv(300, spread=0.1, patients=300)
    env.reset(options={"patients": np.arange(300)})
    relative = env.parameters / PUBLISHED[:, None]
    assert relative.min() == pytest.approx(0.95, abs=0.001)
    assert relative.max() == pytest.approx(1.05, abs=0.001)
    returns = return_vectors(env, ConstantAction(4), options={"patients": np.arange(300)})
    assert np.unique(returns[:, 0]).size == 300
