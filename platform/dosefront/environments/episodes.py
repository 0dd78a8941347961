"""Which seed an episode has: the patients of an environment that has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dosefront.errors import UsageError

SPLITS: Mapping[str, int] = {"train": 0, "select": 1, "held-out": 2}
WINDOWS = 1 << 29
"""Seeds of one split. With two more bits for the split they stay below 2**31, which every
environment takes."""


@dataclass(frozen=True)
class EpisodeCohort:
    """The episodes of a split; an episode is a seed, and what the environment draws from it.

    >>> cohort = EpisodeCohort(seed=2026, split="select", size=500)
    >>> cohort.patient_seed(7) == EpisodeCohort(seed=2026, split="held-out", size=9).patient_seed(7)
    False
    """

    seed: int = 0
    split: str = "train"
    size: int | None = None
    """How many can be named; None sets no end."""
    twins: int = 1
    """This many neighbouring slots have the same episodes."""

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise UsageError(f'unknown split "{self.split}". Choose one of {", ".join(SPLITS)}.')

    def patient_seed(self, index: int) -> int:
        """Seed of a named episode: another one for each index and each split."""
        first = _random_word(self.seed, SPLITS[self.split])
        return self._in_split(first + index)

    def training_seed(self, key: int, *, slot: int, course: int) -> int:
        """Seed of a slot's k-th episode; it does not depend on how many slots there are."""
        return self._in_split(_random_word(key, SPLITS[self.split], slot // self.twins, course))

    def _in_split(self, number: int) -> int:
        return (number % WINDOWS) * 4 + SPLITS[self.split]

    def checked(self, patients: Any, slots: int) -> list[int]:
        """Indices of the episodes that ``reset`` was asked to begin with, one a slot."""
        chosen = np.asarray(patients, np.int64)
        end = np.inf if self.size is None else self.size
        if chosen.shape != (slots,) or (chosen < 0).any() or (chosen >= end).any():
            raise ValueError(
                f"options['patients'] must name {slots} episodes from 0 to {end - 1}; "
                f"got {patients!r}."
            )
        return [int(each) for each in chosen]


def _random_word(*words: int) -> int:
    return int(np.random.SeedSequence(words).generate_state(1)[0])
