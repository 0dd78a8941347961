"""One side of a comparison: the fronts of its seeds, from a run or from another tool's points."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from dosefront.compare.points_file import read_points
from dosefront.errors import FrontError, UsageError
from dosefront.front import Objective, nondominated
from dosefront.records import (
    FrontPoint,
    FrontSummary,
    RunFolder,
    front_among,
    read_front,
    returns_of,
    select_values_of,
    values_of,
)


@dataclass(frozen=True)
class SeedFront:
    """The front that one seed reached, maximised."""

    seed: int | None
    values: Float[np.ndarray, "points objectives"]
    """Held-out means."""
    chosen_by: Float[np.ndarray, "points objectives"]
    """Means by which a preference chooses: on select where there is such a cohort."""
    returns: Float[np.ndarray, "points patients objectives"] | None
    """Of each held-out patient, where they are known."""


@dataclass(frozen=True)
class Side:
    """What is compared under one name."""

    label: str
    objectives: tuple[Objective, ...]
    environment: str | None
    """Id and version; None for points of another tool."""
    patients: str | None
    """Which held-out patients: two sides with the same text were judged on the same ones."""
    fronts: tuple[SeedFront, ...]
    """By seed."""
    notes: tuple[str, ...] = ()
    """What readers should know of it."""


class _Asked(NamedTuple):
    """What an argument names."""

    text: str
    path: Path
    algorithm: str | None
    seed: int | None


def read_sides(texts: Sequence[str], objectives: Sequence[Objective] = ()) -> tuple[Side, ...]:
    """The sides that `PATH[:ALGORITHM[:SEED]]` name.

    Paths are folders of runs, their front.json, or CSV and JSON files of points; ``objectives`` are
    those of the points, the first run's if left out.

    Raises:
        FrontError: a front cannot be read.
        UsageError: no such path, algorithm or seed, or nobody tells the points' objectives.
    """
    asked = [_asked(text) for text in texts]
    summaries = {
        each.path: read_front(RunFolder(each.path).front_json) for each in asked if _is_run(each)
    }
    known = tuple(objectives) or next((each.objectives for each in summaries.values()), ())
    short = [":".join(map(str, filter(None, (each.path.name, *each[2:])))) for each in asked]
    labels = short if len(set(short)) == len(short) else list(texts)
    return tuple(
        replace(
            _of_run(each, summaries[each.path]) if _is_run(each) else _of_points(each, known),
            label=label,
        )
        for each, label in zip(asked, labels, strict=True)
    )


def _asked(text: str) -> _Asked:
    head = text
    rest: list[str] = []
    while not Path(head).expanduser().exists() and len(rest) < 2 and ":" in head:
        head, _, last = head.rpartition(":")
        rest.insert(0, last)
    path = Path(head).expanduser()
    if not path.exists():
        raise UsageError(
            f'nothing at "{text}". Give the folder of a run, RUN:ALGORITHM, RUN:ALGORITHM:SEED, '
            "or a CSV or JSON file of points."
        )
    if path.name == "front.json":
        path = path.parent
    algorithm, seed = (*rest, None, None)[:2]
    if seed is not None and not seed.isdigit():
        raise UsageError(f'the seed in "{text}" must be a whole number; got "{seed}". Correct it.')
    return _Asked(text, path, algorithm or None, None if seed is None else int(seed))


def _is_run(asked: _Asked) -> bool:
    return asked.path.is_dir()


def _of_run(asked: _Asked, summary: FrontSummary) -> Side:
    by_seed: dict[int, list[FrontPoint]] = {}
    for point in summary.points:
        if asked.algorithm in (None, point.algorithm) and asked.seed in (None, point.seed):
            by_seed.setdefault(point.seed, []).append(point)
    if not by_seed:
        offered = ", ".join(
            f"{each.algorithm}:{each.seed}" for each in summary.hypervolume_per_seed
        )
        raise UsageError(f'"{asked.text}" names no policy. {asked.path} has {offered}.')
    objectives, folder = summary.objectives, RunFolder(asked.path)
    members = {seed: front_among(by_seed[seed], objectives) for seed in sorted(by_seed)}
    returns: dict[int, Float[np.ndarray, "points patients objectives"]] = {}
    notes: tuple[str, ...] = ()
    try:
        returns = {seed: returns_of(front, folder) for seed, front in members.items()}
    except (FrontError, UsageError) as error:
        notes = (f"{asked.text} has no interval over patients: {error}",)
    cohort = {
        "environment": summary.environment,
        "version": summary.environment_version,
        "options": summary.environment_options,
        "cohort seed": summary.cohort_seed,
        "held-out patients": summary.held_out_patients,
    }
    return Side(
        label=asked.text,
        objectives=objectives,
        environment=f"{summary.environment} (version {summary.environment_version})",
        patients=json.dumps(cohort, sort_keys=True),
        fronts=tuple(
            SeedFront(
                seed,
                values=values_of(front, objectives),
                chosen_by=select_values_of(front, objectives),
                returns=returns.get(seed),
            )
            for seed, front in members.items()
        ),
        notes=notes,
    )


def _of_points(asked: _Asked, objectives: Sequence[Objective]) -> Side:
    if len(objectives) < 2:
        raise UsageError(
            f"the objectives of {asked.path} are not known: no run is compared with it. Give each "
            "with --objective name:maximise:reference:ideal."
        )
    by_seed: dict[int | None, list[Float[np.ndarray, "points objectives"]]] = {}
    for group, values in read_points(asked.path, objectives).items():
        if asked.algorithm in (None, group.algorithm) and asked.seed in (None, group.seed):
            by_seed.setdefault(group.seed, []).append(values)
    if not by_seed:
        raise UsageError(f'"{asked.text}" names no point of {asked.path}. Leave the name out.')
    fronts = []
    for seed, parts in sorted(by_seed.items(), key=lambda each: each[0] or 0):
        values = np.concatenate(parts)
        members = values[nondominated(values)]
        fronts.append(SeedFront(seed, values=members, chosen_by=members, returns=None))
    return Side(
        label=asked.text,
        objectives=tuple(objectives),
        environment=None,
        patients=None,
        fronts=tuple(fronts),
        notes=(f"{asked.text} was chosen by the values that are shown, which flatters it",),
    )
