"""An environment in which things go wrong on purpose."""

import os
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

MISHAP_AT = 300
"""Steps of one environment before its mishap: in training only, for nothing else takes so many."""
HORIZON = 10


class Walk(gymnasium.Env[Any, Any]):
    """Pays for going right and charges for going at all; ten steps.

    Args:
        mishap: "raise", "hang", "eat" (memory) or "none".
        times: how many mishaps there are, over all processes.
        marks: folder where each leaves a mark, so that there are no more; and where each process
            leaves a byte for every course that it begins, in `courses/PARENT-PROCESS`. A trial's
            parent is the raylet of its machine.
        slow: seconds that a step takes.
    """

    observation_space = gymnasium.spaces.Box(0.0, 1.0, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, mishap: str, times: int, marks: str, slow: float = 0.0) -> None:
        self._mishap, self._times, self._marks = mishap, times, Path(marks)
        self._slow = slow
        self._taken = self._time = self._place = 0
        self._courses = self._marks / "courses"
        self._courses.mkdir(exist_ok=True)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._time = self._place = 0
        with (self._courses / f"{os.getppid()}-{os.getpid()}").open("ab") as courses:
            courses.write(b".")
        return self._seen(), {}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        time.sleep(self._slow)
        self._taken += 1
        if self._taken == MISHAP_AT and self._is_next():
            self._suffer()
        self._time += 1
        self._place += int(action)
        reward = np.array([float(action), -(float(action) ** 2) * self._place / HORIZON])
        return self._seen(), reward, self._time >= HORIZON, False, {}

    def _seen(self) -> Any:
        return np.array([self._time, self._place], np.float32) / HORIZON

    def _is_next(self) -> bool:
        for number in range(self._times):
            try:
                (self._marks / f"mishap-{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return True
        return False

    def _suffer(self) -> None:
        if self._mishap == "raise":
            raise RuntimeError("the pump ran dry")
        if self._mishap == "hang":
            time.sleep(1e6)
        if self._mishap == "eat":
            eaten = []
            while True:
                eaten.append(np.ones(2**25))  # a quarter of a GiB, touched
                time.sleep(0.05)
        if self._mishap == "die":
            os._exit(9)
