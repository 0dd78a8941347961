"""What an audit finds: checks with verdicts, and the returns of the policies it played."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Verdict = Literal["pass", "warn", "fail", "not applicable"]
VERDICTS: Final[tuple[Verdict, ...]] = ("pass", "warn", "fail", "not applicable")


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval; NaN where it could not be computed."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class AuditedObjective:
    """One column of the reward vector, and what the environment says about it."""

    name: str
    unit: str = ""
    sense: Literal["maximise", "minimise"] = "maximise"
    reference: float | None = None
    """Worst value that counts, in clinical units; None where the environment names none."""
    ideal: float | None = None
    """Best value on the scale, in clinical units."""

    def clinical(self, maximised: float) -> float:
        """A value of the maximised scale in clinical units."""
        return maximised + 0.0 if self.sense == "maximise" else 0.0 - maximised

    def clinical_interval(self, maximised: Interval) -> Interval:
        """An interval of the maximised scale in clinical units."""
        ends = sorted((self.clinical(maximised.low), self.clinical(maximised.high)))
        return Interval(self.clinical(maximised.value), ends[0], ends[1])


@dataclass(frozen=True)
class Check:
    """One question asked of the environment, and the answer."""

    group: str
    """What it belongs to: sweep, doses, incentives, seeds, batches or contract."""
    name: str
    verdict: Verdict
    sentence: str
    """What was found and, where that is a fault, what follows from it."""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    """The measurements behind the sentence; JSON values."""


@dataclass(frozen=True)
class SweepRow:
    """What a policy that does not look at the patient achieves; or a comparator, or chance."""

    kind: Literal["constant", "random", "comparator", "switch"]
    label: str
    value_vector: tuple[Interval, ...]
    """Mean return per objective, undiscounted, in clinical units."""
    steps: Interval
    """Length of an episode."""
    terminated: float
    """Share of the episodes that the environment ended itself (not its time limit, nor ours)."""


@dataclass(frozen=True)
class AuditReport:
    """Everything that an audit found."""

    environment: str
    episodes: int
    """Episodes of each policy, on the same seeds for all of them."""
    seed: int
    objectives: tuple[AuditedObjective, ...]
    sweep: tuple[SweepRow, ...]
    checks: tuple[Check, ...]

    @property
    def fails(self) -> bool:
        """Whether any check fails."""
        return self.count("fail") > 0

    def count(self, verdict: Verdict) -> int:
        """How many checks end so."""
        return sum(check.verdict == verdict for check in self.checks)

    def to_mapping(self) -> dict[str, Any]:
        """JSON values; what is not finite becomes null."""
        counts = {verdict: self.count(verdict) for verdict in VERDICTS}
        return {**_json_value(asdict(self)), "counts": counts}


def shown(number: float, *, signed: bool = False) -> str:
    """A number as sentences write it: three digits that count, and no exponent.

    >>> shown(0.12345), shown(-1190.2), shown(8.0), shown(0.5, signed=True)
    ('0.123', '-1,190', '8', '+0.5')
    """
    sign = "+" if signed else ""
    return f"{number:{sign},.0f}" if 1000.0 <= abs(number) < 1e9 else f"{number:{sign}.3g}"


def _json_value(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _json_value(each) for key, each in value.items()}
        case tuple() | list():
            return [_json_value(each) for each in value]
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value
