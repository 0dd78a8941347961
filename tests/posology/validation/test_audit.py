"""The audit finds the fault that was built in, and no other."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from posology.validation import AuditReport, Settings, Subject, audit_environment

WEEKS = 8
SETTINGS = Settings(episodes=48, seed=3)
OBJECTIVES = (
    {"name": "efficacy", "unit": "mm", "sense": "maximise", "reference": -5.0, "ideal": 20.0},
    {"name": "toxicity", "unit": "events", "sense": "minimise", "reference": 30.0, "ideal": -1.0},
)


def uniform(keys: np.ndarray) -> np.ndarray:
    """A number from 0 to 1 for each key, the same in any company."""
    mixed = (keys.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(40)).astype(float) / 2.0**24


@dataclass(frozen=True)
class Tolerant:
    """A comparator that gives less to those who tolerate less."""

    title: str = "By tolerance"
    label: str = "tolerant"

    @property
    def policy(self) -> "Tolerant":
        return self

    @property
    def options(self) -> dict[str, Any]:
        return {}

    def actions(self, observations: np.ndarray) -> np.ndarray:
        dose = np.where(observations[:, 0] < 0.5, 1.0, 0.1)
        return np.repeat(dose[:, None], 2, axis=1).astype(np.float32)


class Clinic(VectorEnv):
    """Two drugs for patients with a tolerance that shows; sound but for the fault asked for."""

    metadata: ClassVar[dict[str, Any]] = {
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "objectives": OBJECTIVES,
    }

    def __init__(self, num_envs: int = 1, *, fault: str = "") -> None:
        self.num_envs = num_envs
        self.fault = fault
        self.single_observation_space = gym.spaces.Box(-5.0, 5.0, (2,), np.float32)
        self.single_action_space = gym.spaces.Box(0.0, 1.0, (2,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.reward_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float32)
        self.reward_dim = 2
        if fault == "no autoreset mode":
            self.metadata = {"objectives": OBJECTIVES}
        if fault == "one objective too few":
            self.metadata = {**Clinic.metadata, "objectives": OBJECTIVES[:1]}
        if fault == "small box":
            small = {**OBJECTIVES[0], "reference": -0.5, "ideal": 0.5}
            self.metadata = {**Clinic.metadata, "objectives": (small, OBJECTIVES[1])}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        if seed is not None:
            self.generator = np.random.default_rng(
                None if self.fault == "ignores the seed" else seed
            )
        if self.fault == "reseeds numpy's global generator":
            np.random.seed(seed)  # noqa: NPY002  the fault
        self.patients = self.generator.integers(0, 1000, self.num_envs)
        if options and "patients" in options:
            self.patients = np.array(options["patients"])
        self.week = np.zeros(self.num_envs, np.int64)
        self.ended = np.zeros(self.num_envs, np.bool_)
        return self._observations(), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, ...]:
        doses = np.asarray(actions, np.float64)
        if self.fault != "takes NaN" and not np.isfinite(doses).all():
            raise ValueError("a dose is a number")
        fresh = self.ended
        efficacy, toxicity = self._effects(np.nan_to_num(doses))
        rewards = np.stack([efficacy, -toxicity], axis=1)
        if self.fault != "pays for resets":
            rewards[fresh] = 0.0
        self.week += 1
        if self.fault == "NaN reward":
            rewards[self.week == 3, 0] = np.nan
        if fresh.any():
            self.patients[fresh] = self.generator.integers(0, 1000, fresh.sum())
            self.week[fresh] = 0
        self.ended = self.week >= WEEKS
        truncated = np.zeros(self.num_envs, np.bool_)
        return self._observations(), rewards.astype(np.float32), self.ended, truncated, {}

    def comparators(self) -> tuple[Tolerant, ...]:
        return (Tolerant(),)

    def _numbers(self, stream: int) -> np.ndarray:
        return uniform(self.patients * 1009 + self.week * 17 + stream)

    def _sensitivity(self) -> np.ndarray:
        return uniform(self.patients)

    def _effects(self, doses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first, second = doses.T
        efficacy = first + second + 0.1 * self._numbers(1)
        toxicity = (0.2 + 2.0 * self._sensitivity()) * (first**2 + second**2)
        if self.fault == "toxicity falls with dose":
            toxicity = 2.0 - first - second
        if self.fault == "a drug that protects":
            toxicity = first**2 * (1.0 - 0.8 * second) + 0.2 * second
        if self.fault == "dose harms":
            efficacy = -efficacy
        if self.fault == "depends on the batch":
            efficacy = efficacy + 0.01 * self.num_envs
        return efficacy, toxicity

    def _observations(self) -> np.ndarray:
        seen = np.stack([self._sensitivity(), self._numbers(2)], axis=1).astype(np.float32)
        return seen * 1e3 if self.fault == "observes the unobservable" else seen


class Ward(gym.Env):
    """One patient, three actions and a scalar reward; sound but for the fault asked for."""

    metadata: ClassVar[dict[str, Any]] = {}

    def __init__(self, fault: str = "", doses: list[list[float]] | None = None) -> None:
        self.fault = fault
        self.observation_space = gym.spaces.Box(-10.0, 10.0, (1,), np.float32)
        self.action_space = gym.spaces.Discrete(3)
        if doses is not None:
            self.action_doses = np.array(doses)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.week = 0
        return self._observation(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if not isinstance(action, int) or action not in (0, 1, 2):
            raise ValueError(f"no such action: {action}")
        if self.fault == "raises" and action == 2:
            raise RuntimeError("out of stock")
        self.week += 1
        reward = 0.1 * action + 0.1 * float(self.np_random.random())
        if self.fault == "dying early pays":
            reward -= 1.0
        if self.fault == "the calendar decides":
            reward = float(action == (2 if self.week <= 5 else 0))
        dies = self.fault == "dying early pays" and action == 2
        done = self.week >= 10 and self.fault != "never ends"
        return self._observation(), reward, done or dies, False, {}

    def _observation(self) -> np.ndarray:
        return np.array([float(self.np_random.random())], np.float32)


@functools.cache
def clinic(fault: str = "") -> AuditReport:
    subject = Subject("clinic", lambda slots, **options: Clinic(slots, fault=fault), True)
    return audit_environment(subject, SETTINGS)


@functools.cache
def ward(fault: str = "") -> AuditReport:
    doses = [[0.0], [1.0], [2.0]] if fault == "" else None
    subject = Subject("ward", lambda slots: Ward(fault, doses), False)
    return audit_environment(subject, Settings(episodes=16, max_steps=30))


def names(report: AuditReport, *verdicts: str) -> set[str]:
    return {check.name for check in report.checks if check.verdict in verdicts}


def test_a_sound_vector_environment_passes_every_check() -> None:
    report = clinic()
    assert names(report, "warn", "fail", "not applicable") == set()
    assert len(report.checks) == 21
    assert not report.fails


def test_a_sound_single_environment_passes_what_applies_to_it() -> None:
    report = ward()
    assert names(report, "warn", "fail") == set()
    assert names(report, "not applicable") == {
        "constant against comparators",
        "reference box",
        "objectives",
        "any batch",
    }


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("ignores the seed", "same seed"),
        ("reseeds numpy's global generator", "global generator"),
        ("toxicity falls with dose", "toxicity against dose"),
        ("a drug that protects", "toxicity against dose"),
        ("NaN reward", "finite rewards"),
        ("depends on the batch", "any batch"),
        ("no autoreset mode", "autoreset"),
        ("pays for resets", "autoreset"),
        ("one objective too few", "objectives"),
        ("observes the unobservable", "observations"),
    ],
)
def test_exactly_the_check_of_a_built_in_fault_fails(fault: str, check: str) -> None:
    assert names(clinic(fault), "fail") == {check}


@pytest.mark.parametrize(
    ("audited", "fault", "check"),
    [
        (clinic, "small box", "reference box"),
        (clinic, "takes NaN", "impossible action"),
        (ward, "dying early pays", "ending early"),
        (ward, "the calendar decides", "switching by the calendar"),
        (ward, "never ends", "episodes end"),
    ],
)
def test_exactly_the_check_of_a_dubious_habit_warns(
    audited: Callable[[str], AuditReport], fault: str, check: str
) -> None:
    report = audited(fault)
    assert names(report, "fail") == set()
    assert check in names(report, "warn")
    assert names(report, "warn") - {"different seeds"} == {check}


def test_where_every_dose_harms_holding_for_ever_is_best() -> None:
    report = clinic("dose harms")
    assert names(report, "fail") == set()
    assert names(report, "warn") >= {"holding for ever", "constant against comparators"}


def test_a_dose_that_pays_by_killing_is_named_with_the_time_of_death() -> None:
    (check,) = [each for each in ward("dying early pays").checks if each.name == "ending early"]
    assert check.numbers["shortest_action"] == "2"
    assert check.numbers["shortest_steps"] == 1.0
    assert "2 ends its episodes after 1 of 10 steps" in check.sentence


def test_an_action_that_raises_fails_and_leaves_the_rest_unjudged() -> None:
    report = ward("raises")
    failed = {check.sentence for check in report.checks if check.verdict == "fail"}
    assert any("2: RuntimeError: out of stock" in sentence for sentence in failed)
    assert {check.name for check in report.checks if check.verdict == "fail"} == {"exceptions"}


def test_an_observation_outside_its_space_is_shown_with_its_place_and_bounds() -> None:
    (check,) = [
        each for each in clinic("observes the unobservable").checks if each.name == "observations"
    ]
    assert "at [0, 0], outside [-5, 5]" in check.sentence


def test_an_environment_without_chance_is_said_to_be_one() -> None:
    assert "different seeds" in names(ward("the calendar decides"), "pass")
    still = Subject("still", lambda slots: Still(), False)
    report = audit_environment(still, Settings(episodes=8))
    assert "different seeds" in names(report, "warn")


class Still(gym.Env):
    """No chance and no effect."""

    def __init__(self) -> None:
        self.observation_space = gym.spaces.Discrete(2)
        self.action_space = gym.spaces.MultiDiscrete([2, 2])

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        return 0, {}

    def step(self, action: np.ndarray) -> tuple[int, float, bool, bool, dict[str, Any]]:
        return 1, 1.0, True, False, {}


def test_actions_that_change_nothing_are_a_warning() -> None:
    report = audit_environment(Subject("still", lambda slots: Still(), False), Settings(episodes=8))
    assert "constant actions" in names(report, "warn")


def test_toxicity_that_treatment_should_lower_may_be_declared() -> None:
    class Burden(Clinic):
        metadata: ClassVar[dict[str, Any]] = {**Clinic.metadata, "lowered_by_dose": ("toxicity",)}

    def make(slots: int, **options: Any) -> Burden:
        return Burden(slots, fault="toxicity falls with dose")

    report = audit_environment(Subject("burden", make, True), SETTINGS)
    assert names(report, "fail") == set()


def test_comparators_that_do_what_a_constant_does_are_not_compared_with_constants() -> None:
    class Fixed(Clinic):
        def comparators(self) -> tuple[Tolerant, ...]:
            return (Full(title="Full dose"),)

    report = audit_environment(Subject("fixed", lambda slots: Fixed(slots), True), SETTINGS)
    assert names(report, "warn", "fail") == set()
    assert names(report, "not applicable") == {"constant against comparators"}


class Full(Tolerant):
    """The full dose, whoever it is."""

    def actions(self, observations: np.ndarray) -> np.ndarray:
        return np.ones((len(observations), 2), np.float32)


def test_actions_below_zero_are_no_doses() -> None:
    class Steering(Still):
        def __init__(self) -> None:
            super().__init__()
            self.action_space = gym.spaces.Box(-1.0, 1.0, (2,))

    report = audit_environment(Subject("steering", lambda slots: Steering(), False))
    assert "dose response" in names(report, "not applicable")


def test_the_table_shows_clinical_units_and_every_kind_of_policy() -> None:
    report = clinic()
    assert {row.kind for row in report.sweep} == {"constant", "random", "comparator", "switch"}
    (hold,) = [row for row in report.sweep if row.label == "(0, 0)"]
    (full,) = [row for row in report.sweep if row.label == "(1, 1)"]
    assert hold.value_vector[1].value == 0.0
    # Sensitivity is uniform: 8 weeks of (0.2 + 2 x 0.5) x 2 events.
    assert full.value_vector[1].value == pytest.approx(19.2, abs=4.0)
    assert full.value_vector[0].value == pytest.approx(8 * 2.05, abs=0.2)
    assert full.steps.value == 8.0
    assert full.terminated == 1.0


def test_the_report_becomes_json_without_nan() -> None:
    text = json.dumps(clinic("NaN reward").to_mapping(), allow_nan=False)
    counts = json.loads(text)["counts"]
    assert counts["fail"] == 1
    assert sum(counts.values()) == len(json.loads(text)["checks"])


def test_the_same_audit_twice_says_the_same() -> None:
    assert clinic.__wrapped__() == clinic()


def test_too_few_episodes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 episodes"):
        Settings(episodes=4)


def test_actions_that_cannot_be_swept_are_refused() -> None:
    class Wordy(Still):
        def __init__(self) -> None:
            super().__init__()
            self.action_space = gym.spaces.Text(3)

    with pytest.raises(ValueError, match="Discrete, MultiDiscrete"):
        audit_environment(Subject("wordy", lambda slots: Wordy(), False))


def test_an_environment_that_cannot_step_is_refused() -> None:
    class Locked(Still):
        def step(self, action: np.ndarray) -> tuple[int, float, bool, bool, dict[str, Any]]:
            raise OSError("no licence")

    with pytest.raises(ValueError, match="OSError: no licence"):
        audit_environment(Subject("locked", lambda slots: Locked(), False))
