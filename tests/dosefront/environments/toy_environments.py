"""Small environments whose every number is known: what strangers' environments may look like."""

import threading
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Text, Tuple
from gymnasium.utils import EzPickle
from gymnasium.vector import AutoresetMode, VectorEnv

OBJECTIVES = (
    {"name": "gain", "unit": "", "sense": "maximise", "reference": 0.0, "ideal": 9.0},
    {"name": "harm", "unit": "", "sense": "minimise", "reference": 9.0, "ideal": 0.0},
)


class Counter(gymnasium.Env[Any, Any]):
    """Counts its steps; pays the action and its negation, and tells both in info.

    It starts at a number drawn from 0 to 999 and ends after `horizon` steps, if that is given.
    """

    action_space: gymnasium.Space[Any] = Discrete(4)
    observation_space: gymnasium.Space[Any] = Box(-1.0, 2000.0, (2,), np.float64)

    def __init__(self, horizon: int | None = None, *, scalar: bool = False) -> None:
        if horizon == 0:
            raise ValueError("an episode has a step")
        self.horizon, self.scalar = horizon, scalar

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.start, self.count = int(self.np_random.integers(1000)), 0
        return self._seen(), {}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action)
        self.count += 1
        amount = float(np.sum(action))
        reward = amount if self.scalar else np.array([amount, -amount])
        info = {"gain": amount, "harm": np.array([amount]), "word": "none"}
        return self._seen(), reward, self.count == self.horizon, False, info

    def _seen(self) -> Any:
        return np.array([self.start, self.count], np.float64)


class DescribedCounter(Counter):
    metadata = {"version": "7", "objectives": OBJECTIVES}  # noqa: RUF012  Gymnasium's attribute


class MisdescribedCounter(Counter):
    metadata = {"objectives": OBJECTIVES[:1]}  # noqa: RUF012  Gymnasium's attribute


class MaskedCounter(Counter):
    """Forbids the action that is its count; by a method, as sb3-contrib has it."""

    def action_masks(self) -> Any:
        return np.arange(4) != self.count % 4


class ToldMaskedCounter(Counter):
    """The same, told in info."""

    def reset(self, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        seen, info = super().reset(**arguments)
        return seen, {**info, "action_mask": np.arange(4) != self.count % 4}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        *results, info = super().step(action)
        return *results, {**info, "action_mask": np.arange(4) != self.count % 4}


class FromOne(Counter):
    """Its actions are 1, 2 and 3."""

    action_space = Discrete(3, start=1)


class SeveralActions(Counter):
    action_space = MultiDiscrete([3, 4], start=[0, 10])


class Words(Counter):
    action_space = Text(3)


class Varying(Counter):
    observation_space = gymnasium.spaces.Sequence(Discrete(3))


class Chambers(Counter):
    """Observes a room out of three, a grid of integers, and the count."""

    observation_space = Dict(
        {
            "count": Discrete(5),
            "grid": Box(0, 9, (2, 2), np.int64),
            "pair": Tuple((Discrete(3, start=1), Box(0.0, 1.0, (1,)))),
        }
    )

    def _seen(self) -> Any:
        return {
            "count": self.count,
            "grid": np.array([[1, 2], [3, 4]]),
            "pair": (3, np.array([0.5], np.float32)),
        }


class Whole(Counter):
    observation_space = Box(0, 2000, (2,), np.int32)

    def _seen(self) -> Any:
        return np.array([7, self.count], np.int32)


class One(Counter):
    observation_space = Discrete(3)

    def _seen(self) -> Any:
        return np.int64(2)


class Raising(Counter):
    def step(self, action: Any) -> Any:
        raise RuntimeError("no power")


def limited() -> Any:
    """A function that makes an environment with a limit."""
    return gymnasium.wrappers.TimeLimit(Counter(), 3)


def nothing() -> int:
    return 5


class Ward(VectorEnv[Any, Any, Any]):
    """A native vector environment that pays nothing."""

    metadata: dict[str, Any] = {  # noqa: RUF012  Gymnasium's attribute
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "version": "1",
        "objectives": OBJECTIVES,
    }

    def __init__(
        self,
        num_envs: int,
        *,
        cohort_seed: int = 0,
        split: str = "train",
        patients: int = 9,
        twins: int = 1,
    ) -> None:
        self.num_envs, self.cohort = num_envs, (cohort_seed, split, patients, twins)
        self.single_observation_space, self.single_action_space = Box(0, 1, (1,)), Discrete(2)


class SameStepWard(Ward):
    metadata = Ward.metadata | {"autoreset_mode": AutoresetMode.SAME_STEP}


class SilentWard(Ward):
    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012  Gymnasium's attribute


class Cohortless(Ward):
    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs)


REWARDS: Sequence[dict[str, Any]] = (
    {"name": "gain", "reference": 0.0, "ideal": 9.0},
    {"name": "loss", "reference": -9.0, "ideal": 0.0},
)


class Remade(Counter, EzPickle):
    """A plain pickle of it comes back as its constructor makes it, without its episode."""

    def __init__(self, horizon: int | None = None) -> None:
        super().__init__(horizon)
        EzPickle.__init__(self, horizon)


class Unpicklable(Counter):
    """Holds what no process can give to another."""

    def __init__(self, horizon: int | None = None) -> None:
        super().__init__(horizon)
        self.lock = threading.Lock()
