"""What was lived through, kept to be learned from again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Shaped

from dosefront.learn.fragment import Fragment

Columns = dict[str, Shaped[np.ndarray, "rows ..."]]


class Replay:
    """The last ``capacity`` transitions, overwritten in turn."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._columns: Columns = {}
        self._next = 0
        self.size = 0

    def __getstate__(self) -> dict[str, Any]:
        """Without the room that is not filled yet."""
        filled = {name: column[: self.size] for name, column in self._columns.items()}
        return {**vars(self), "_columns": filled}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        for name, filled in self._columns.items():
            self._columns[name] = np.empty((self._capacity, *filled.shape[1:]), filled.dtype)
            self._columns[name][: self.size] = filled

    def add(self, fragment: Fragment) -> None:
        """Keep the decisions of a fragment; each with the observation that followed."""
        for name, rows in transitions(fragment).items():
            kept = rows[-self._capacity :]
            if name not in self._columns:
                self._columns[name] = np.empty((self._capacity, *kept.shape[1:]), kept.dtype)
            places = (self._next + np.arange(len(kept))) % self._capacity
            self._columns[name][places] = kept
        self._next = (self._next + len(kept)) % self._capacity
        self.size = min(self._capacity, self.size + len(kept))

    def draw(self, count: int, generator: np.random.Generator) -> Mapping[str, Any]:
        """Transitions at random, with replacement."""
        places = generator.integers(self.size, size=count)
        return {name: column[places] for name, column in self._columns.items()}


def transitions(fragment: Fragment) -> Columns:
    """The decisions of a fragment, in the order of time, then of environments.

    Where a course ends, the observation that followed is its last.
    """
    decided = fragment.decided.T

    def rows(column: Shaped[np.ndarray, "envs steps ..."]) -> Shaped[np.ndarray, "rows ..."]:
        return np.swapaxes(column, 0, 1)[decided]

    return {
        "observations": rows(fragment.observations[:, :-1]),
        "actions": rows(fragment.actions),
        "rewards": rows(fragment.rewards),
        "followers": rows(fragment.observations[:, 1:]),
        "terminated": rows(fragment.terminated),
    }
