"""What a search asks that its experiment cannot give."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from dosefront.experiment.document import Location
from dosefront.experiment.search import SearchSection, SpanSection
from dosefront.experiment.settings import ALGORITHM_SETTINGS, AlgorithmSettings, name_of
from dosefront.experiment.values import told
from dosefront.suggestion import suggestion

LEARNED = {"chebyshev": "chebyshev", "epsilon": "epsilon-constraint"}
"""Scalarization by the targets of a gap."""
MOST_TRIED = 256
"""Combinations of other settings beside which a value is tried."""
DECIDED = {"name": "algorithms", "start": "warm_start"}
"""Settings that other keys decide."""


def search_faults(
    search: SearchSection, *, objectives: int, algorithms: Sequence[AlgorithmSettings]
) -> list[InitErrorDetails]:
    """The faults of a search, each at its place within the section."""
    faults = [*_space_faults(search, algorithms)]
    if search.preferences != "planned":
        faults += _preference_faults(search, objectives, algorithms)
    budget = search.budget
    is_endless = search.preferences in ("random", "gap") or search.space
    if is_endless and not (budget.trials or budget.steps or budget.hours or budget.gain):
        message = (
            "this search has no end; found no budget. Add one, such as budget: {trials: 24}, or "
            "one of steps, hours, gain."
        )
        faults.append(told((), message))
    return faults


def _preference_faults(
    search: SearchSection, objectives: int, algorithms: Sequence[AlgorithmSettings]
) -> Iterator[InitErrorDetails]:
    asked = search.preferences
    single = [each for each in algorithms if not each.is_conditioned]
    if not single:
        yield told(
            ("preferences",),
            f"{asked} chooses one preference for each trial; every algorithm here learns all at "
            "once. Add one that learns a preference, such as PPO, or use planned.",
        )
    if asked == "gap" and objectives != 2:
        yield told(
            ("preferences",),
            f"a gap lies between points of two objectives; found {objectives} objectives. Use "
            "corner or random.",
        )
    needed = {"gap": LEARNED[search.targets], "corner": "linear"}.get(asked)
    for algorithm in single:
        if needed and needed not in algorithm.scalarizations:
            able = [
                name_of(each)
                for each in ALGORITHM_SETTINGS
                if needed in each.scalarizations and not each.is_conditioned
            ]
            yield told(
                ("targets",) if asked == "gap" else ("preferences",),
                f"this search asks for {needed}, which {algorithm.name} does not learn; "
                f"{', '.join(able)} can.",
            )


def _space_faults(
    search: SearchSection, algorithms: Sequence[AlgorithmSettings]
) -> Iterator[InitErrorDetails]:
    known = {key for each in algorithms for key in type(each).model_fields} - DECIDED.keys()
    for key, values in search.space.items():
        if key in DECIDED:
            message = f"{key} does not vary: {DECIDED[key]} decides it. Remove it."
            yield told(("space", key, "[key]"), message)
        elif key not in known:
            message = f'unknown setting "{key}". {suggestion(key, known)}'
            yield told(("space", key, "[key]"), message)
        else:
            for place, value in _placed(values):
                for refusal in _refusals(key, value, search, algorithms):
                    yield InitErrorDetails(**{**refusal, "loc": ("space", key, *place)})
    for (one, first), (other, second) in itertools.combinations(enumerate(algorithms, 1), 2):
        if search.space and fixed_settings(first, search) == fixed_settings(second, search):
            message = f"it varies all in which algorithms {one} and {other} differ. Keep one."
            yield told(("space",), message)


def fixed_settings(algorithm: AlgorithmSettings, search: SearchSection) -> dict[str, Any]:
    """The settings that are the same in every trial of an algorithm."""
    varied = {"start", *search.space}
    return {
        key: value for key, value in algorithm.model_dump(mode="json").items() if key not in varied
    }


def _placed(values: SpanSection | tuple[Any, ...]) -> Iterator[tuple[Location, Any]]:
    """The values that are tried, and where they stand."""
    if isinstance(values, SpanSection):
        kind = "log" if values.log else "range"
        yield from (((kind, number), end) for number, end in enumerate(values.ends))
    else:
        yield from (((number,), value) for number, value in enumerate(values))


def _refusals(
    key: str, value: Any, search: SearchSection, algorithms: Sequence[AlgorithmSettings]
) -> list[InitErrorDetails]:
    """Why an algorithm refuses a value beside all that others may have; nothing if none does."""
    for algorithm in algorithms:
        if key not in type(algorithm).model_fields:
            continue
        others = {
            each: [value for _, value in _placed(values)]
            for each, values in search.space.items()
            if each != key and each in type(algorithm).model_fields
        }
        refusals: list[InitErrorDetails] = []
        for chosen in itertools.islice(itertools.product(*others.values()), MOST_TRIED):
            beside = dict(zip(others, chosen, strict=True))
            refusals = _refused(algorithm, {**beside, key: value}, beside)
            if not refusals:
                break
        if refusals:
            return refusals
    return []


def _refused(
    algorithm: AlgorithmSettings, settings: dict[str, Any], beside: dict[str, Any]
) -> list[InitErrorDetails]:
    """The faults of settings, but for those that lie at what stands beside."""
    try:
        algorithm.changed(settings)
    except ValidationError as error:
        return [
            InitErrorDetails(
                type=each["type"], loc=(), input=each["input"], ctx=each.get("ctx", {})
            )
            for each in error.errors()
            if each["loc"][0] not in beside
        ]
    return []
