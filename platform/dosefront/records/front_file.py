"""`front.json` and `table.csv`: the front of a run as other programs read it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dosefront.errors import FrontError
from dosefront.front import Estimate, Objective
from dosefront.records.folder import RunFolder
from dosefront.records.front_rows import front_rows
from dosefront.records.front_summary import (
    AlgorithmHypervolume,
    AttainmentSurface,
    ComparatorPoint,
    FailedTrial,
    FrontGrowth,
    FrontPoint,
    FrontSummary,
    SeedHypervolume,
)
from dosefront.records.storage import parse_json, write_atomically

SCHEMA_VERSION: Final = 3


def write_front(folder: RunFolder, summary: FrontSummary) -> None:
    """Write `front.json` and `table.csv`, each replaced as a whole."""
    write_atomically(folder.front_json, _text(_to_mapping(summary)).encode())
    write_atomically(folder.table_csv, front_csv(summary).encode())


def read_front(path: Path) -> FrontSummary:
    """The summary that `write_front` wrote to this `front.json`."""
    try:
        stored = parse_json(path.read_bytes())
        version = stored["schema_version"]
    except OSError as error:
        raise FrontError(
            f"cannot read {path}: {error.strerror}. Give a run's front.json; "
            "`dosefront sweep` writes one."
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise FrontError(
            f"{path} is not a front: {error}. Write it again by resuming its run."
        ) from error
    if version != SCHEMA_VERSION:
        raise FrontError(
            f"{path} must have schema_version {SCHEMA_VERSION}; found {version}. "
            f"`dosefront resume {path.parent}` writes it anew; no trial runs again."
        )
    try:
        return _from_mapping(stored)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise FrontError(
            f"{path} is damaged: {type(error).__name__}: {error}. "
            "Write it again by resuming its run."
        ) from error


def _text(fields: Mapping[str, Any]) -> str:
    """JSON with a line for each field and each element of a list.

    Python indents ten times slower than it writes, which thousands of points would feel.
    """
    lines = [f" {json.dumps(name)}: {_value(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _value(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, allow_nan=False)
    elements = ",\n  ".join(json.dumps(each, allow_nan=False) for each in value)
    return f"[\n  {elements}\n ]"


def _to_mapping(summary: FrontSummary) -> dict[str, Any]:
    names = [objective.name for objective in summary.objectives]
    return {
        "schema_version": SCHEMA_VERSION,
        "run": summary.run,
        "environment": {
            "id": summary.environment,
            "version": summary.environment_version,
            "options": summary.environment_options,
        },
        "objectives": [objective.to_mapping() for objective in summary.objectives],
        "cohorts": {
            "seed": summary.cohort_seed,
            "select": summary.select_patients,
            "held_out": summary.held_out_patients,
        },
        "points": [_named_vector(point, names) for point in summary.points],
        "comparators": [_named_vector(point, names) for point in summary.comparators],
        "hypervolume": {
            "front": summary.hypervolume,
            "low": summary.hypervolume_low,
            "high": summary.hypervolume_high,
            "comparators": summary.comparators_hypervolume,
            "per_seed": [asdict(each) for each in summary.hypervolume_per_seed],
            "by_algorithm": [asdict(each) for each in summary.hypervolume_by_algorithm],
        },
        "attainment": [asdict(each) for each in summary.attainment],
        "history": [asdict(each) for each in summary.history],
        "points_beyond_reference": summary.points_beyond_reference,
        "comparators_dominated": summary.comparators_dominated,
        "failed_trials": [asdict(trial) for trial in summary.failed_trials],
    }


def _from_mapping(stored: Mapping[str, Any]) -> FrontSummary:
    return FrontSummary(
        run=stored["run"],
        environment=stored["environment"]["id"],
        environment_version=stored["environment"]["version"],
        environment_options=stored["environment"]["options"],
        cohort_seed=stored["cohorts"]["seed"],
        objectives=tuple(Objective.from_mapping(each) for each in stored["objectives"]),
        select_patients=stored["cohorts"]["select"],
        held_out_patients=stored["cohorts"]["held_out"],
        points=tuple(_point(each) for each in stored["points"]),
        comparators=tuple(
            ComparatorPoint(**{**each, **_estimates(each)}) for each in stored["comparators"]
        ),
        **_hypervolumes(stored["hypervolume"]),
        attainment=tuple(
            AttainmentSurface(**{**each, "vertices": tuple(map(tuple, each["vertices"]))})
            for each in stored["attainment"]
        ),
        history=tuple(FrontGrowth(**each) for each in stored["history"]),
        points_beyond_reference=stored["points_beyond_reference"],
        comparators_dominated=stored["comparators_dominated"],
        failed_trials=tuple(FailedTrial(**each) for each in stored["failed_trials"]),
    )


def _point(stored: Mapping[str, Any]) -> FrontPoint:
    lists = ("weights", "dominates", "select_vector")
    return FrontPoint(
        **{**stored, **_estimates(stored), **{name: tuple(stored[name]) for name in lists}}
    )


def _hypervolumes(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "hypervolume": stored["front"],
        "hypervolume_low": stored["low"],
        "hypervolume_high": stored["high"],
        "hypervolume_per_seed": tuple(SeedHypervolume(**each) for each in stored["per_seed"]),
        "hypervolume_by_algorithm": tuple(
            AlgorithmHypervolume(**each) for each in stored["by_algorithm"]
        ),
        "comparators_hypervolume": stored["comparators"],
    }


def _named_vector(point: FrontPoint | ComparatorPoint, names: Sequence[str]) -> dict[str, Any]:
    """The point's fields, with the name of its objective beside each value."""
    vector = zip(names, point.value_vector, strict=True)
    return {
        **vars(point),
        "value_vector": [{"objective": name, **vars(estimate)} for name, estimate in vector],
        "endpoints": {name: vars(estimate) for name, estimate in point.endpoints.items()},
    }


def _estimates(stored: Mapping[str, Any]) -> dict[str, Any]:
    def estimate(each: Mapping[str, Any]) -> Estimate:
        return Estimate(each["value"], each["low"], each["high"])

    return {
        "value_vector": tuple(estimate(each) for each in stored["value_vector"]),
        "endpoints": {name: estimate(each) for name, each in stored["endpoints"].items()},
    }


def front_csv(summary: FrontSummary) -> str:
    """One row per trial and comparator, value vectors in clinical units."""
    rows = front_rows(summary)
    text = io.StringIO()
    columns = dict.fromkeys(column for row in rows for column in row)
    writer = csv.DictWriter(text, fieldnames=list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
