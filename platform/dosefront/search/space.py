"""Settings that vary from trial to trial."""

import math
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from dosefront.experiment import AlgorithmSettings, SpanSection
from dosefront.search.progress import Progress

Space = Mapping[str, SpanSection | tuple[Any, ...]]
"""By setting: a span, or what to choose from."""
STREAM = 2
"""Sets these draws apart from those of weights."""


@runtime_checkable
class Sampler(Protocol):
    """Chooses settings out of a space; the same arguments give the same settings."""

    def __call__(
        self, space: Space, progress: Progress, *, numbers: tuple[int, ...]
    ) -> dict[str, Any]:
        """One value of each setting; ``numbers`` seed the draw."""
        ...


def space_of(algorithm: AlgorithmSettings, space: Space) -> Space:
    """The part of a space that an algorithm has."""
    return {key: space[key] for key in space if key in type(algorithm).model_fields}


def random_settings(
    space: Space, progress: Progress, *, numbers: tuple[int, ...]
) -> dict[str, Any]:
    """Each setting by itself, evenly over its span or choices."""
    generator = np.random.default_rng([*numbers, STREAM])
    return {key: _drawn(values, float(generator.random())) for key, values in space.items()}


def _drawn(values: SpanSection | tuple[Any, ...], share: float) -> Any:
    if not isinstance(values, SpanSection):
        return values[int(share * len(values))]
    low, high = values.ends
    if values.log:
        return math.exp(math.log(low) + share * math.log(high / low))
    return low + share * (high - low)


def rounded(settings: Mapping[str, Any], algorithm: AlgorithmSettings) -> dict[str, Any]:
    """The settings with whole numbers where the algorithm wants them, else four digits."""
    return {
        key: value
        if not isinstance(value, float)
        else round(value)
        if algorithm.is_whole(key)
        else float(f"{value:.4g}")
        for key, value in settings.items()
    }
