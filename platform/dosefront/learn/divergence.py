"""A training that has gone wrong, with what it was learning from."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dosefront.errors import DosefrontError
from dosefront.records import npz_bytes


class DivergedError(DosefrontError):
    """Rewards or losses are not finite."""

    def __init__(self, reason: str, batch: bytes) -> None:
        super().__init__(reason, batch)
        self.reason = reason
        self.batch = batch
        """The columns it was learning from, as a `.npz` file."""

    def __str__(self) -> str:
        return (
            f"training diverged: {self.reason}. The batch is kept beside the trial; "
            "lower the learning rate, or look for the reward that is not finite."
        )

    @classmethod
    def from_columns(cls, reason: str, columns: Mapping[str, Any]) -> "DivergedError":
        """With the columns written out."""
        return cls(reason, npz_bytes({name: np.asarray(each) for name, each in columns.items()}))
