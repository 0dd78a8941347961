"""What policies did to each held-out patient, and the intervals that follow from it."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError, UsageError
from dosefront.front import Estimate, hypervolume_interval, probability_nondominated
from dosefront.records.folder import RunFolder
from dosefront.records.front_statistics import seed_fronts
from dosefront.records.front_summary import FrontPoint, FrontSummary
from dosefront.records.patient_results import read_returns

log = logging.getLogger(__name__)


def returns_of(
    points: Sequence[FrontPoint], folder: RunFolder
) -> Float[np.ndarray, "points patients objectives"]:
    """Return vectors of each held-out patient, maximised, of points of the run.

    Raises:
        FrontError: the policies were judged on cohorts of different sizes.
        UsageError: a file is missing or damaged.
    """
    returns = [read_returns(_file_of(point, folder)) for point in points]
    shapes = {each.shape for each in returns}
    if len(shapes) > 1:
        raise FrontError(
            f"the policies of {folder.path} were judged on different cohorts: their returns have "
            f"the shapes {sorted(shapes)}. Use one run folder per cohort."
        )
    return np.stack(returns)


def with_intervals(summary: FrontSummary, folder: RunFolder) -> FrontSummary:
    """The summary with what its held-out patients tell one by one.

    Where a patients' file is missing the summary stays without, and a warning names the file: a
    rival left out would make the others look better.
    """
    try:
        returns = returns_of(summary.points, folder)
    except (FrontError, UsageError) as error:
        log.warning("the front has no intervals over patients: %s", error)
        return summary
    rows = {point.id: row for row, point in enumerate(summary.points)}
    objectives = summary.objectives

    def interval(front: Sequence[FrontPoint]) -> Estimate:
        return hypervolume_interval(returns[[rows[point.id] for point in front]], objectives)

    whole = interval([point for point in summary.points if point.on_front])
    own = {
        group: interval(front) for group, front in seed_fronts(summary.points, objectives).items()
    }
    shares = probability_nondominated(returns).tolist()
    return replace(
        summary,
        points=tuple(
            replace(point, probability_nondominated=share)
            for point, share in zip(summary.points, shares, strict=True)
        ),
        hypervolume_low=whole.low,
        hypervolume_high=whole.high,
        hypervolume_per_seed=tuple(
            replace(each, low=over_patients.low, high=over_patients.high)
            for each in summary.hypervolume_per_seed
            for over_patients in [own[each.algorithm, each.seed]]
        ),
    )


def _file_of(point: FrontPoint, folder: RunFolder) -> Path:
    number = None if point.id == point.trial else int(point.id.removeprefix(f"{point.trial}-"))
    return folder.held_out(point.trial, number)
