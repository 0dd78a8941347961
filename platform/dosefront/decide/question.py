"""What is asked of a front: what to maximise, within which caps."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from dosefront.decide.quantities import Quantity, named_quantity
from dosefront.errors import UsageError
from dosefront.front import GEOMETRY
from dosefront.suggestion import suggestion

UPPER_LIMIT: Final = "upper-limit"
METHODS: Final = (UPPER_LIMIT, *GEOMETRY)
NUMBER: Final = r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<percent>%?)"
CAP: Final = re.compile(rf"\s*(?P<name>.*\S)\s*(?P<side><=|>=)\s*{NUMBER}\s*")


@dataclass(frozen=True)
class Request:
    """What the user typed."""

    maximise: str
    caps: tuple[str, ...]
    """Such as `sae<=0.15`."""
    subgroup_caps: tuple[str, ...] = ()
    """Such as `renal_impaired:sae<=0.20`."""
    confidence: float = 0.95
    method: str = UPPER_LIMIT
    mixtures: bool = False


@dataclass(frozen=True)
class Cap:
    """A limit on a quantity, over all patients or over a group of them."""

    quantity: Quantity
    bound: float
    """In clinical units; a share is between 0 and 1."""
    is_floor: bool = False
    """Whether the quantity must not fall below the bound, rather than exceed it."""
    subgroup: str | None = None

    @property
    def sign(self) -> float:
        """What turns the quantity so that less is safer."""
        return -1.0 if self.is_floor else 1.0

    def __str__(self) -> str:
        group = f"{self.subgroup}:" if self.subgroup else ""
        return f"{group}{self.quantity.name} {'>=' if self.is_floor else '<='} {self.bound:g}"


@dataclass(frozen=True)
class Question:
    """The request, understood."""

    maximise: Quantity
    caps: tuple[Cap, ...]
    confidence: float
    """One-sided, of each cap's limit."""
    method: str
    """`upper-limit`: the most of what is maximised. Others choose by geometry."""
    mixtures: bool


def question_of(
    request: Request, quantities: Mapping[str, Quantity], subgroups: Collection[str] | None
) -> Question:
    """The request in terms of the run.

    Args:
        request: as typed.
        quantities: of the run, by name.
        subgroups: names of its groups of patients; None where it tells none.

    Raises:
        UsageError: a name is unknown, a cap is malformed or in another unit, or there is none.
    """
    if request.method not in METHODS:
        raise UsageError(
            f'a choice is made by one of {", ".join(METHODS)}; got "{request.method}". '
            f"{suggestion(request.method, METHODS)}"
        )
    if not 0.5 <= request.confidence < 1.0:
        raise UsageError(
            f"the confidence must be at least 0.5 and below 1; got {request.confidence:g}. "
            "Give 0.95 for an upper limit that 95 of 100 samples keep."
        )
    maximise = named_quantity(request.maximise, quantities)
    if maximise.is_harm:
        raise UsageError(
            f'less of "{maximise.name}" is better, so it is not maximised. '
            f'Cap it: --cap "{request.maximise}<=...", and maximise a benefit.'
        )
    caps = [parse_cap(text, quantities) for text in request.caps]
    caps += [_subgroup_cap(text, quantities, subgroups) for text in request.subgroup_caps]
    if not caps:
        raise UsageError(
            f'a recommendation needs a cap; without one the most of "{maximise.name}" wins, '
            'whatever it does to patients. Add --cap "sae<=0.15".'
        )
    return Question(
        maximise=maximise,
        caps=tuple(caps),
        confidence=request.confidence,
        method=request.method,
        mixtures=request.mixtures,
    )


def parse_cap(text: str, quantities: Mapping[str, Quantity], *, subgroup: str | None = None) -> Cap:
    """The cap that is written as `NAME<=NUMBER`, `NAME>=NUMBER` or with a percentage.

    Raises:
        UsageError: malformed, an unknown name, or a number that is not of the quantity's unit.
    """
    match = CAP.fullmatch(text)
    if match is None:
        raise UsageError(
            f'a cap is written NAME<=NUMBER or NAME>=NUMBER; got "{text}". '
            'Write, for example, "sae<=0.15".'
        )
    quantity = named_quantity(match["name"], quantities)
    number = float(match["number"])
    if match["percent"] and not quantity.is_share:
        raise UsageError(
            f'"{quantity.name}" is no share of patients but {quantity.unit or "a number"}; got '
            f'"{text}". Give the cap in that unit, without %.'
        )
    bound = number / 100.0 if match["percent"] else number
    if quantity.is_share and not 0.0 <= bound <= 1.0:
        raise UsageError(
            f'"{quantity.name}" is a share of patients, between 0 and 1; got "{text}". '
            f"For {number:g} of 100 patients write {number:g}% or {number / 100.0:g}."
        )
    if not math.isfinite(bound):
        raise UsageError(f'a cap is a finite number; got "{text}". Give one.')
    return Cap(quantity, bound, is_floor=match["side"] == ">=", subgroup=subgroup)


def _subgroup_cap(
    text: str, quantities: Mapping[str, Quantity], subgroups: Collection[str] | None
) -> Cap:
    if subgroups is None:
        raise UsageError(
            f'the run tells no subgroups, so "{text}" cannot be judged. Runs of posology write '
            "subgroups.npz when their comparators are judged: `dosefront resume` writes it for an "
            "older one."
        )
    group, colon, cap = text.rpartition(":")  # names of groups may hold colons, of endpoints not
    if not colon or not group.strip():
        raise UsageError(
            f'a cap on a subgroup is written GROUP:NAME<=NUMBER; got "{text}". '
            'Write, for example, "renal_impaired:sae<=0.20".'
        )
    if group.strip() not in subgroups:
        raise UsageError(
            f'the run has no subgroup "{group.strip()}". {suggestion(group.strip(), subgroups)}'
        )
    return parse_cap(cap, quantities, subgroup=group.strip())
