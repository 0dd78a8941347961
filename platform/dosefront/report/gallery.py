"""Every figure of a run, written to a folder."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from dosefront.evaluate import Archive, run_courses
from dosefront.front import normalise
from dosefront.records import FrontPoint, FrontSummary, RunFolder, read_subgroups
from dosefront.records.storage import storage_error, write_atomically
from dosefront.report.canvas import Arm, Format, write_figure
from dosefront.report.course_figure import draw_courses
from dosefront.report.dose_figures import draw_cycles, draw_dose_maps
from dosefront.report.events_figure import draw_events, event_rows
from dosefront.report.figure import draw_front
from dosefront.report.forest_figure import draw_forest
from dosefront.report.front_figures import draw_attainment, draw_growth, draw_projections
from dosefront.report.palette import LABEL, arm_colours
from dosefront.report.plane import DISCLAIMER, point_title
from dosefront.report.survival_figure import draw_survival
from dosefront.report.swimmer_figure import draw_swimmer
from dosefront.report.waterfall_figure import draw_waterfall

MOST_POINTS: Final = 3
"""Points that are shown where none are asked for."""


@dataclass(frozen=True)
class Gallery:
    """What was written."""

    points: tuple[str, ...]
    """Ids of the points shown, in the order of their colours."""
    comparator: str | None
    """Which conventional care they are shown against; None where only fronts could be drawn."""
    files: tuple[Path, ...]


def write_gallery(
    folder: RunFolder, points: Sequence[str], *, formats: Sequence[Format], out: Path
) -> Gallery:
    """Write the figures of a run in each format.

    Of the front always: itself (every pair of objectives beyond two), its growth, and what seeds
    attain where there are several. Of courses of treatment, where the environment has them and
    conventional care: survival, waterfall, adverse events, groups, doses, and for each point
    single patients.

    Args:
        folder: of the run.
        points: ids of those shown; the front's own choice of :func:`spread_points` if empty.
        formats: of the files.
        out: folder to write.

    Raises:
        UsageError: there is no such point.
        StorageError: the folder cannot be written.
    """
    archive = Archive.read(folder)
    summary = archive.summary
    asked = {point.id: point for point in map(archive.point, points)}
    chosen = tuple(asked.values()) or spread_points(summary)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(out, error) from error
    files: list[Path] = []
    colours = arm_colours([each.id for each in chosen], [LABEL])
    for name, draw in _front_figures(summary, {each.id: colours[each.id] for each in chosen}):
        files += write_figure(draw(), out / name, formats)
    cared = any(each.id == LABEL for each in summary.comparators)
    courses = run_courses(folder, [LABEL, *(each.id for each in chosen)]) if cared else {}
    if courses:
        titles = {each.id: each.title for each in summary.comparators}
        titles |= {each.id: point_title(each) for each in chosen}
        care, *arms = (Arm(id_, titles[id_], colours[id_], courses[id_]) for id_ in courses)
        context = f"Run {summary.run}, virtual patients of the held-out cohort. {DISCLAIMER}"
        for name, draw in _course_figures(folder, care, arms, context):
            files += write_figure(draw(), out / name, formats)
        files.append(_write_events(care, arms, out / "adverse-events.csv"))
    return Gallery(tuple(each.id for each in chosen), LABEL if courses else None, tuple(files))


def spread_points(summary: FrontSummary, most: int = MOST_POINTS) -> tuple[FrontPoint, ...]:
    """Points on the front nearest to evenly spread along it, from the highest first objective.

    Along the front is the way through its points in order of the first objective, each objective
    measured on the scale of the reference box.
    """
    front = [point for point in summary.points if point.on_front]
    values = np.array(
        [
            [
                objective.maximised(each.value)
                for objective, each in zip(summary.objectives, point.value_vector, strict=True)
            ]
            for point in front
        ]
    )
    scaled = normalise(values, summary.objectives)
    order = np.argsort(-scaled[:, 0], kind="stable")
    way = np.append(0.0, np.linalg.norm(np.diff(scaled[order], axis=0), axis=1).cumsum())
    places = np.linspace(0.0, way[-1], min(most, len(front)))
    nearest = dict.fromkeys(int(np.abs(way - place).argmin()) for place in places)
    return tuple(front[order[index]] for index in nearest)


_Drawing = tuple[str, Callable[[], Figure]]


def _front_figures(summary: FrontSummary, arms: dict[str, str]) -> Iterator[_Drawing]:
    if len(summary.objectives) == 2:
        yield "front", partial(draw_front, summary, arms)
    else:
        yield "front", partial(draw_projections, summary, arms)
    if summary.history:
        yield "hypervolume", partial(draw_growth, summary)
    if summary.attainment:
        yield "attainment", partial(draw_attainment, summary)


def _course_figures(
    folder: RunFolder, care: Arm, arms: Sequence[Arm], context: str
) -> Iterator[_Drawing]:
    yield "survival", partial(draw_survival, care, arms, context)
    yield "waterfall", partial(draw_waterfall, care, arms, context)
    yield "adverse-events", partial(draw_events, care, arms, context)
    groups = read_subgroups(folder)
    if groups:
        yield "forest", partial(draw_forest, care, arms, groups, context)
    if np.ptp(care.courses.regimen) == 0:  # or else drugs of several regimens would be averaged
        yield "doses", partial(draw_cycles, care, arms, context)
        yield "dose-map", partial(draw_dose_maps, care, arms, context)
    for arm in arms:
        yield f"swimmer-{arm.id}", partial(draw_swimmer, care, arm, context)
        yield f"courses-{arm.id}", partial(draw_courses, care, arm, context)


def _write_events(care: Arm, arms: Sequence[Arm], path: Path) -> Path:
    text = io.StringIO()
    rows = event_rows(care, arms)
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
    return path
