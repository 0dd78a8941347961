"""Which points of a front a headline is about, decided on the select cohort alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from dosefront.clinical.measures import HEADLINE, RESPONSE, SERIOUS
from dosefront.errors import UsageError
from dosefront.evaluate import Archive
from dosefront.front import Estimate
from dosefront.records import ComparatorRecord, FrontPoint, Outcome


@dataclass(frozen=True)
class Choice:
    """A point, and why it is shown."""

    point: FrontPoint
    reason: str


def choices(archive: Archive, asked: Sequence[str] = ()) -> tuple[Choice, ...]:
    """The points asked for, or the two that a clinic asks for first.

    These are, out of the front: the one with most response among those with no more serious adverse
    events than the usual care, and the one with fewest of these among those with no less response.
    Both are compared on the select cohort, on which the front itself was decided; no result on
    other patients counts.

    Raises:
        UsageError: no such point, an environment without these endpoints, or no point for either.
    """
    if asked:
        points = dict.fromkeys(archive.point(each).id for each in asked)
        return tuple(Choice(archive.point(each), "as asked for") for each in points)
    usual = usual_care(archive)
    front = [point for point in archive.summary.points if point.on_front]
    found = {point.id: archive.judged(point).select for point in front}
    response, serious = (_rate(usual.select, name) for name in (RESPONSE, SERIOUS))
    safe = [point for point in front if _rate(found[point.id], SERIOUS) <= serious]
    able = [point for point in front if _rate(found[point.id], RESPONSE) >= response]
    chosen = {}
    if safe:
        best = max(safe, key=lambda point: _rate(found[point.id], RESPONSE))
        chosen[best.id] = Choice(
            best, f"most response with no more serious events than {usual.title}"
        )
    if able:
        best = min(able, key=lambda point: _rate(found[point.id], SERIOUS))
        reason = f"fewest serious events with no less response than {usual.title}"
        if best.id in chosen:
            reason = f"{chosen[best.id].reason}, and {reason}"
        chosen[best.id] = Choice(best, reason)
    if not chosen:
        raise UsageError(
            f"on the select cohort no point of the front has as few serious adverse events as "
            f"{usual.title} ({serious:.1%}), and none as much response ({response:.1%}). Name "
            f"points with --point; `dosefront front {archive.folder.path}` shows them."
        )
    return tuple(chosen.values())


def usual_care(archive: Archive) -> ComparatorRecord:
    """The comparator that a headline is against: the first that the environment offers.

    Raises:
        UsageError: there is none, or it has no such endpoints.
    """
    first = next(iter(archive.comparators.values()), None)
    missing = set(HEADLINE) - (first.select.endpoints.keys() if first else set())
    if first is None or missing:
        found = "no comparators" if first is None else f"no {' and no '.join(sorted(missing))}"
        raise UsageError(
            f"a headline compares {' and '.join(HEADLINE)} with the usual care's; "
            f"{archive.summary.environment} has {found}. Use `dosefront evaluate "
            f"{archive.folder.path}`, which compares objectives."
        )
    return first


def _rate(outcome: Outcome, endpoint: str) -> float:
    estimate: Estimate = outcome.endpoints[endpoint]
    return estimate.value
