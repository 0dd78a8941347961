"""What comes of a question: the policy, what it costs to go further, and what the regimen is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dosefront.decide.question import Cap, Question
from dosefront.front import Estimate


@dataclass(frozen=True)
class Judged:
    """A capped quantity of one policy, on the patients whom the cap concerns."""

    estimate: Estimate
    """In clinical units, with its two-sided 95 % interval."""
    limit: float | None
    """One-sided confidence limit on the side of the cap; None where too few patients had any."""
    margin: float | None
    """From the limit to the cap, in the quantity's unit; negative beyond the cap."""
    patients: int


@dataclass(frozen=True)
class Option:
    """A policy of the shortlist, on the held-out patients."""

    id: str
    label: str
    benefit: Estimate
    judged: tuple[Judged, ...]
    """One for each cap."""
    verdict: Literal["within", "beyond", "untested"]
    """`untested`: its limits lie within the caps, but the walk had stopped: nothing is claimed."""


@dataclass(frozen=True)
class Trade:
    """What another policy would change, on the same held-out patients."""

    option: Option
    benefit: Estimate
    """Its mean less that of the recommended policy."""
    risks: tuple[Estimate, ...]
    """The same of each capped quantity."""


@dataclass(frozen=True)
class Mixture:
    """Each patient is randomised between two policies."""

    first: str
    second: str
    share: float
    """Of patients who are given the second."""
    benefit: Estimate
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Subgroup:
    """The recommended policy on a group of the held-out patients."""

    name: str
    patients: int
    benefit: Estimate
    judged: tuple[Judged, ...]
    """Against each cap on all patients; for information, no part of the test."""


@dataclass(frozen=True)
class Intensity:
    """How much of a drug the policy gives."""

    drug: str
    given: Estimate
    """Relative dose intensity: given per week over the label's."""
    usual: Estimate | None
    """The same of the comparator."""


@dataclass(frozen=True)
class Regimen:
    """The recommended policy in the words of a prescription."""

    drugs: tuple[Intensity, ...]
    cycles: Estimate | None
    usual_cycles: Estimate | None
    """The same of the comparator."""


@dataclass(frozen=True)
class Care:
    """Conventional care on the same held-out patients."""

    title: str
    benefit: Estimate
    risks: tuple[Estimate, ...]
    """One for each cap on all patients."""


@dataclass(frozen=True)
class Recommendation:
    """An answer; without a policy where none is known to keep the caps."""

    run: str
    question: Question
    chosen: Option | None
    nearest: Option
    """The chosen one, or else the policy whose worst limit lies least beyond its cap."""
    probability_feasible: float
    """That the nearest keeps every cap: share of bootstrap resamples of the held-out patients."""
    shortlist: tuple[Option, ...]
    """In the order in which they were tested."""
    safer_ties: tuple[Trade, ...]
    next_point: Trade | None
    """The next policy of the shortlist with more of what is maximised."""
    mixture: Mixture | None
    subgroups: tuple[Subgroup, ...]
    regimen: Regimen
    care: Care | None
    """The first comparator; None where the environment has none."""
    select_patients: int
    held_out_patients: int

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return {
            "is_feasible": self.chosen is not None,
            **asdict(self),
            "question": _asked(self.question),
        }


def _asked(question: Question) -> Mapping[str, Any]:
    def cap(each: Cap) -> Mapping[str, Any]:
        return {
            "quantity": each.quantity.name,
            "side": ">=" if each.is_floor else "<=",
            "bound": each.bound,
            "subgroup": each.subgroup,
        }

    return {
        "maximise": question.maximise.name,
        "caps": [cap(each) for each in question.caps],
        "confidence": question.confidence,
        "method": question.method,
        "mixtures": question.mixtures,
    }
