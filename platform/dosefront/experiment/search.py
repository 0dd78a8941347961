"""Which trials an experiment asks for beyond the planned ones, as it writes it."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from dosefront.experiment.values import (
    Count,
    Number,
    Positive,
    Section,
    Share,
    Text,
    Whole,
    without_bare_words,
)


class GainSection(Section):
    """The end of a search whose front has ceased to grow."""

    below: Positive = 0.002
    """Growth of the hypervolume, as a share of the reference box."""
    over: Count = 6
    """Ended trials over which it is measured."""


class BudgetSection(Section):
    """When a search ends; the first limit that is reached counts."""

    trials: Count | None = None
    """Of all seeds and algorithms together."""
    steps: Count | None = None
    """Environment steps of all trials together; none begins that would exceed them."""
    hours: Positive | None = None
    """Of the sweep, by the clock; what runs then is finished."""
    gain: GainSection | None = None
    """For each seed and algorithm by itself."""


def _ordered(ends: tuple[float, ...]) -> tuple[float, ...]:
    low, high = ends
    if not low < high:
        raise ValueError(f"expected the lower end first; found [{low:g}, {high:g}]. Exchange them.")
    return ends


def _above_nought(ends: tuple[float, ...]) -> tuple[float, ...]:
    if not ends[0] > 0.0:
        raise ValueError(f"expected ends above 0; found {ends[0]:g}. Use range.")
    return ends


Ends = Annotated[tuple[Number, ...], Field(min_length=2, max_length=2), AfterValidator(_ordered)]


class SpanSection(Section):
    """Every number between two ends."""

    range: Ends | None = None
    """Evenly."""
    log: Annotated[Ends, AfterValidator(_above_nought)] | None = None
    """Evenly in the logarithm."""

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.range is None) == (self.log is None):
            raise ValueError("expected range or log, such as {log: [1e-4, 1e-2]}. Keep one.")
        return self

    @property
    def ends(self) -> tuple[float, ...]:
        """The lowest and the highest number."""
        return self.log or self.range or ()


def _form_of_values(values: Any) -> str:
    return "<span>" if isinstance(values, dict | SpanSection) else "<choices>"


Choices = Annotated[tuple[Any, ...], Field(min_length=1), BeforeValidator(without_bare_words)]
"""One of these values."""
Values = Annotated[
    Annotated[SpanSection, Tag("<span>")] | Annotated[Choices, Tag("<choices>")],
    Discriminator(_form_of_values),
]

STOPS_ACROSS = {"asha", "hyperband", "median", "pbt"}
"""Schedulers of Ray Tune that compare scalar rewards."""


def _scheduler(written: Any) -> Any:
    """A mapping where the name alone stands for the defaults."""
    return {"name": written} if isinstance(written, str) else written


def _compares_neighbours(name: Any) -> Any:
    if isinstance(name, str) and name.lower() in STOPS_ACROSS:
        raise ValueError(
            f"{name} compares scalarized rewards, which have another unit under every preference: "
            "it would stop one end of the front. front-asha compares value vectors of trials with "
            "neighbouring preferences. Use it."
        )
    return name


class SchedulerSection(Section):
    """Which trials stop early: the worst of those with neighbouring preferences."""

    name: Annotated[Literal["front-asha"], BeforeValidator(_compares_neighbours)]
    reduction: Annotated[Count, Field(ge=2)] = 4
    """Of so many neighbours one goes on at each rung."""
    grace: Count = 20_000
    """Environment steps until the first rung; each further one takes `reduction` times as many."""
    distance: Share = 0.1
    """Largest difference of a weight, or of a limit as a share of the reference box, between
    neighbours."""


class SearchSection(Section):
    """What is asked after the planned trials."""

    preferences: Literal["planned", "random", "gap", "corner"] = "planned"
    """planned: no other. random: uniform on the simplex. gap: in the middle of the front's widest
    gap. corner: weights at which a convex front may gain most."""
    targets: Literal["chebyshev", "epsilon"] = "chebyshev"
    """How a gap is aimed at: by Chebyshev weights, or by a limit on the second objective."""
    warm_start: Annotated[bool, Field(strict=True)] = True
    """Begin from the policy of this search that serves the new preference best."""
    seed: Whole = 0
    """Of random preferences and settings."""
    space: dict[Text, Values] = Field(default={})
    """Settings of the algorithms that vary from trial to trial."""
    sampler: Literal["random", "optuna"] = "random"
    """Who chooses among them."""
    budget: BudgetSection = BudgetSection()
    scheduler: Annotated[
        SchedulerSection | None,
        BeforeValidator(
            _scheduler, json_schema_input_type=SchedulerSection | Literal["front-asha"] | None
        ),
    ] = None
