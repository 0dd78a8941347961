"""A front as the rows of a table."""

from collections.abc import Sequence

from dosefront.front import Objective
from dosefront.records.front_summary import ComparatorPoint, FrontPoint, FrontSummary


def front_rows(summary: FrontSummary) -> list[dict[str, object]]:
    """One row per trial and comparator: what it is, then its held-out figures."""
    trials: list[dict[str, object]] = [
        {
            "id": point.id,
            "kind": "trial",
            "algorithm": point.algorithm,
            "preference": point.preference,
            "weights": " ".join(f"{weight:g}" for weight in point.weights),
            "seed": point.seed,
            "on_front": point.on_front,
            "dominates": " ".join(point.dominates),
            "checkpoint": point.checkpoint,
            **figures(point, summary.objectives),
        }
        for point in summary.points
    ]
    comparators: list[dict[str, object]] = [
        {"id": point.id, "kind": "comparator", **figures(point, summary.objectives)}
        for point in summary.comparators
    ]
    return [*trials, *comparators]


def figures(
    point: FrontPoint | ComparatorPoint, objectives: Sequence[Objective]
) -> dict[str, float]:
    """Value vector in clinical units and endpoints, each with the ends of its interval."""
    names = [objective.name for objective in objectives]
    estimates = {**dict(zip(names, point.value_vector, strict=True)), **point.endpoints}
    return {
        f"{name}{ending}": figure
        for name, estimate in estimates.items()
        for ending, figure in (
            ("", estimate.value),
            ("_low", estimate.low),
            ("_high", estimate.high),
        )
    }
