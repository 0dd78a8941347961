"""Differences between two arms in groups of patients."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Shaped

from dosefront.front import Estimate, difference_of

EVERYBODY = "all patients"
LEAST_SHOWN = 20
"""A group of fewer is left out: its interval says nothing, and its patients could be told."""


@dataclass(frozen=True)
class GroupDifference:
    """One row of a forest plot."""

    group: str
    patients: int
    difference: Estimate
    """Mean of arm less other over the group's patients, who are paired."""


def group_differences(
    values: Shaped[np.ndarray, " patients"],
    others: Shaped[np.ndarray, " patients"],
    groups: Mapping[str, Bool[np.ndarray, " patients"]],
) -> tuple[GroupDifference, ...]:
    """All patients, then each group of at least ``LEAST_SHOWN``, in the order given."""
    everybody = {EVERYBODY: np.ones(values.size, np.bool_)}
    return tuple(
        GroupDifference(
            name,
            int(mask.sum()),
            difference_of(values[mask], others[mask]),
        )
        for name, mask in {**everybody, **groups}.items()
        if mask.sum() >= LEAST_SHOWN or name == EVERYBODY
    )
