"""What an environment pays, as an experiment names it."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dosefront.experiment.document import Location
from dosefront.experiment.values import Number, Section, Text, placed_faults


class RewardSection(Section):
    """One component of the rewards."""

    name: Text
    unit: str = ""
    sense: Literal["maximise", "minimise"] = "maximise"
    """Of the clinical quantity. A reward vector is maximised already; what comes from info is not,
    and is negated where it is to be minimised."""
    reference: Number
    """Worst return that still counts, in clinical units: the corner of the hypervolume."""
    ideal: Number
    """Best return on the scale, in clinical units."""
    info: Text | None = None
    """Key of info that holds it; null takes the next number of the reward vector."""
    description: str = ""

    @model_validator(mode="after")
    def _ideal_is_better(self) -> Self:
        is_maximised = self.sense == "maximise"
        if not (self.ideal > self.reference if is_maximised else self.ideal < self.reference):
            side = "above" if is_maximised else "below"
            message = (
                f"ideal must be {side} the reference ({self.reference:g}), as the sense is "
                f"{self.sense}; got {self.ideal:g}. Exchange them, or name the other sense."
            )
            raise placed_faults({("ideal",): message})
        return self

    def to_mapping(self) -> dict[str, Any]:
        """What was given, as JSON holds it."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _with_distinct_names(rewards: tuple[RewardSection, ...]) -> tuple[RewardSection, ...]:
    names = [each.name for each in rewards]
    again: dict[Location, str] = {
        (index, "name"): f'"{name}" is the name of entry {names.index(name) + 1} too. Rename one.'
        for index, name in enumerate(names)
        if name in names[:index]
    }
    if again:
        raise placed_faults(again)
    return rewards


Rewards = Annotated[
    tuple[RewardSection, ...], Field(min_length=1), AfterValidator(_with_distinct_names)
]
"""Components in the order of the reward vector."""
