"""The walk along candidates: each cap's limit on the held-out patients, and who is confirmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from dosefront.decide.candidates import Candidate, Masks, concerned
from dosefront.decide.question import UPPER_LIMIT, Question
from dosefront.decide.recommendation import Judged, Option, Trade
from dosefront.front import (
    confirmed,
    difference_of,
    estimate_of,
    gaps,
    geometric_choice,
    probability_feasible,
    upper_limits,
)


@dataclass(frozen=True)
class Walk:
    """Candidates in the order in which they are tested on the held-out patients."""

    candidates: Sequence[Candidate]
    question: Question
    masks: Masks | None
    """The subgroups."""

    @cached_property
    def limits(self) -> Float[np.ndarray, "candidates caps"]:
        """One-sided limit of each capped quantity, turned so that less is safer."""
        columns = []
        for number, (cap, mask) in enumerate(zip(self.question.caps, self.concerned, strict=True)):
            values = np.stack([each.capped[number][mask] for each in self.candidates])
            if cap.is_floor:
                values = -values.astype(float) if values.dtype != bool else ~values
            limits = upper_limits(values, confidence=self.question.confidence)
            # The share of those without it is turned into minus the share of those with it.
            shift = 1.0 if cap.is_floor and values.dtype == bool else 0.0
            columns.append(limits - shift)
        return np.column_stack(columns)

    @cached_property
    def concerned(self) -> tuple[Bool[np.ndarray, " patients"], ...]:
        """The patients whom each cap is about."""
        patients = len(self.candidates[0].benefit)
        return tuple(concerned(cap, self.masks, patients) for cap in self.question.caps)

    @cached_property
    def bounds(self) -> Float[np.ndarray, " caps"]:
        """The caps, turned like the limits."""
        return np.array([cap.sign * cap.bound for cap in self.question.caps])

    @cached_property
    def passed(self) -> int:
        """How many candidates are confirmed: the first so many."""
        return int(confirmed(self.limits, self.bounds).sum())

    def chosen(self) -> int | None:
        """Place of the candidate that the question's method picks; None if none is confirmed.

        The choice is made on the select cohort, so what held-out patients show of it is not
        flattered by having been chosen for it.
        """
        if self.passed == 0:
            return None
        within = self.candidates[: self.passed]
        benefits = np.array([each.select_benefit for each in within])
        if self.question.method == UPPER_LIMIT:
            return int(np.argmax(benefits))
        names = [cap.quantity.name for cap in self.question.caps]
        columns = [names.index(name) for name in dict.fromkeys(names)]  # a subgroup's is no other
        risks = np.array([each.select_risks for each in within])[:, columns]
        values = np.column_stack([benefits, -risks])
        return geometric_choice(self.question.method, values)

    def nearest(self) -> int:
        """Place of the candidate whose worst limit lies least beyond its cap, where some do."""
        found = gaps(self.limits, self.bounds)
        return int(np.argmin(np.where(found > 0.0, found, np.inf)))

    def probability_feasible(self, place: int) -> float:
        """That a candidate keeps every cap, over resamples of the held-out patients."""
        excess = [
            np.where(mask, cap.sign * (values.astype(float) - cap.bound), 0.0)
            for values, mask, cap in zip(
                self.candidates[place].capped, self.concerned, self.question.caps, strict=True
            )
        ]
        return probability_feasible(np.stack(excess))

    def option(self, place: int) -> Option:
        """What readers are told of a candidate."""
        candidate = self.candidates[place]
        return Option(
            id=candidate.id,
            label=candidate.label,
            benefit=estimate_of(candidate.benefit),
            judged=self.judged(place),
            verdict=self._verdict(place),
        )

    def _verdict(self, place: int) -> Literal["within", "beyond", "untested"]:
        if place < self.passed:
            return "within"
        return "beyond" if np.any(self.limits[place] > self.bounds) else "untested"

    def judged(self, place: int) -> tuple[Judged, ...]:
        """What readers are told of its capped quantities."""
        values, limits = self.candidates[place].capped, self.limits[place].tolist()
        return tuple(
            Judged(
                estimate=estimate_of(value[mask]),
                limit=cap.sign * limit if np.isfinite(limit) else None,
                margin=cap.sign * cap.bound - limit if np.isfinite(limit) else None,
                patients=int(mask.sum()),
            )
            for cap, value, mask, limit in zip(
                self.question.caps, values, self.concerned, limits, strict=True
            )
        )

    def trade(self, place: int, *, against: int) -> Trade:
        """What a candidate would change against another, patient by patient."""
        other, own = self.candidates[against], self.candidates[place]
        return Trade(
            option=self.option(place),
            benefit=difference_of(own.benefit, other.benefit),
            risks=tuple(
                difference_of(ours[mask], theirs[mask])
                for ours, theirs, mask in zip(own.capped, other.capped, self.concerned, strict=True)
            ),
        )
