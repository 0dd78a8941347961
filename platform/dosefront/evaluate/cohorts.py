"""The three disjoint sets of patients: learn on one, choose on another, report on the third."""

from collections.abc import Mapping
from typing import Any

TRAIN, SELECT, HELD_OUT = "train", "select", "held-out"


def cohort_options(
    options: Mapping[str, Any], cohorts: Mapping[str, int], split: str
) -> dict[str, Any]:
    """An environment's constructor arguments with the cohort of one split."""
    size = cohorts[split.replace("-", "_")]
    return {**options, "cohort_seed": cohorts["seed"], "split": split, "patients": size}
