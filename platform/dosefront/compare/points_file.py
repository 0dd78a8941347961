"""Points of other tools: CSV or JSON, a column for each objective, in clinical units."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError, UsageError
from dosefront.front import Objective


class Group(NamedTuple):
    """What points have in common; None where the file does not tell."""

    algorithm: str | None
    seed: int | None


def read_points(
    path: Path, objectives: Sequence[Objective]
) -> dict[Group, Float[np.ndarray, "points objectives"]]:
    """The points in the file, maximised, by algorithm and seed.

    Raises:
        UsageError: the file cannot be read, is empty, or lacks an objective or a number.
    """
    rows = _rows(path)
    if not rows:
        raise UsageError(
            f"{path} holds no points. Give a CSV file with a header, or a JSON list of objects."
        )
    groups: dict[Group, list[list[float]]] = {}
    for number, row in enumerate(rows, start=1):
        values = [
            each.maximised(_number(row, each.name, number=number, path=path)) for each in objectives
        ]
        seed = row.get("seed")
        group = Group(
            algorithm=str(row["algorithm"]) if row.get("algorithm") else None,
            seed=int(_number(row, "seed", number=number, path=path)) if seed else None,
        )
        groups.setdefault(group, []).append(values)
    return {group: np.array(values) for group, values in groups.items()}


def parse_objective(text: str) -> Objective:
    """An objective out of `name:maximise:reference:ideal`.

    >>> parse_objective("toxicity:minimise:12:0").reference
    12.0
    """
    name, *rest = text.split(":")
    try:
        sense, reference, ideal = rest
        if sense not in ("maximise", "minimise"):
            raise ValueError(f'"{sense}" is neither')
        return Objective.from_mapping(
            {
                "name": name,
                "unit": "",
                "sense": sense,
                "reference": float(reference),
                "ideal": float(ideal),
            }
        )
    except (ValueError, FrontError) as error:
        raise UsageError(
            f"an objective is written name:maximise|minimise:reference:ideal; "
            f'got "{text}" ({error}). Example: toxicity:minimise:12:0'
        ) from error


def _rows(path: Path) -> list[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".json":
            return list(csv.DictReader(io.StringIO(text)))
        stored = json.loads(text)
        rows = stored["points"] if isinstance(stored, dict) else stored
        if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            raise ValueError("it is neither a list of objects nor an object with points")
        return rows
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}. Check the path.") from error
    except (ValueError, KeyError, csv.Error) as error:
        raise UsageError(
            f"{path} holds no points: {error}. Give a CSV file with a header, or a JSON list of "
            "objects."
        ) from error


def _number(row: Mapping[str, Any], name: str, *, number: int, path: Path) -> float:
    if name not in row:
        columns = ", ".join(str(column) for column in row)
        raise UsageError(
            f'{path} must have a column "{name}"; it has {columns}. '
            "Name the columns as the objectives."
        )
    try:
        value = float(row[name])
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(
            f'"{name}" of point {number} of {path} must be a finite number; got {row[name]!r}. '
            "Leave the failed policies out."
        )
    return value
