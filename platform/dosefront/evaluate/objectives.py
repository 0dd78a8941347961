"""Which objectives an experiment asks for, and where they lie in the environment's rewards."""

from collections.abc import Mapping, Sequence
from typing import Any

from dosefront.front import Objective


def chosen_objectives(
    metadata: Mapping[str, Any], names: Sequence[str]
) -> tuple[tuple[Objective, ...], list[int]]:
    """The named objectives in the given order, and their columns in the reward vector."""
    offered = tuple(Objective.from_mapping(each) for each in metadata["objectives"])
    columns = [[each.name for each in offered].index(name) for name in names]
    return tuple(offered[column] for column in columns), columns
