"""Conventional care and simple comparators, as policies over the clinic's observation.

Each returns fractions of the label doses, for the environments with continuous actions. They see
what a learned policy sees, at the same weekly visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

from posology.dosing.observation import decode
from posology.patients import standard_uniforms
from posology.treatment import DOSE_LEVELS, Regimen

Column = Float[np.ndarray, " patients"]


@dataclass(frozen=True)
class LabelWithRules:
    """The label regimen with its dose-modification rules, which trials and clinics follow.

    A cycle starts when the counts have recovered, is delayed week by week until then, and treatment
    ends when the delay is too long. Febrile neutropenia, grade 4 neutropenia of more than 7 days or
    a deep platelet nadir reduces docetaxel to 65 and then 50 mg/m2; falling creatinine clearance
    reduces and then stops cisplatin; grade 3 neuropathy ends treatment. Doses never rise again.

    ``level`` scales both label doses: 1 for the label, less for lower dose levels.
    """

    regimen: Regimen
    level: float = 1.0

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        seen = decode(observations)
        rules = self.regimen.rules
        recovered = (seen["neutrophils"] >= rules.start_neutrophils) & (
            seen["platelets"] >= rules.start_platelets
        )
        treats = recovered & ~self._has_stopped(seen)
        first = np.rint(seen["cycles begun"]) == 0
        docetaxel = np.where(first, self.level, self._docetaxel(seen))
        crcl = seen["creatinine clearance"]
        renal = np.where(
            crcl >= rules.cisplatin_full_crcl,
            1.0,
            np.where(crcl >= rules.cisplatin_stop_crcl, rules.cisplatin_reduction, 0.0),
        )
        before = np.where(first, self.level, seen["cisplatin, last fraction"])
        cisplatin = np.minimum(self.level * renal, before)
        return (np.stack([docetaxel, cisplatin], axis=1) * treats[:, None]).astype(np.float32)

    def _docetaxel(self, seen: Mapping[str, Column]) -> Column:
        """Docetaxel's next dose: the last one, or a level below it after a toxic cycle."""
        rules = self.regimen.rules
        first, second = (self.level * reduction for reduction in rules.docetaxel_reductions)
        last = seen["docetaxel, last fraction"]
        toxic = (
            (seen["febrile neutropenia since dose"] > 0.5)
            | (seen["grade 4 neutropenia over 7 days since dose"] > 0.5)
            | (seen["platelet nadir since dose"] < rules.reduction_platelets)
        )
        reduced = np.where(last > first + 0.01, first, second)
        return np.where(toxic, np.minimum(reduced, last), last)

    def _has_stopped(self, seen: Mapping[str, Column]) -> Bool[np.ndarray, " patients"]:
        rules = self.regimen.rules
        longest = self.regimen.interval_weeks + rules.longest_delay_weeks
        begun = np.rint(seen["cycles begun"]) > 0
        since = np.where(begun, seen["weeks since dose"], seen["week"])
        late = np.rint(since) > np.where(begun, longest, rules.longest_delay_weeks)
        return late | (np.rint(seen["sensory neuropathy"]) >= rules.stop_neuropathy_grade)


@dataclass(frozen=True)
class FixedDose:
    """The same fraction of both label doses whenever a cycle is due; 0 is no treatment."""

    fraction: float

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        return np.full((len(observations), 2), self.fraction, np.float32)


@dataclass(frozen=True)
class RandomDose:
    """A random level of each drug at every visit, drawn from what the visit shows.

    The draw is a hash of the observation, so it needs no memory and repeats under the same seed.
    """

    seed: int = 0

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        words = np.ascontiguousarray(observations, np.float32).view(np.uint32).astype(np.uint64)
        mixed = (words * np.uint64(0x9E3779B97F4A7C15)).sum(axis=1)
        numbers = (mixed >> np.uint64(16)).astype(np.int64)
        u = standard_uniforms(self.seed, numbers, count=2).T
        return np.array(DOSE_LEVELS, np.float32)[(u * len(DOSE_LEVELS)).astype(np.int64)]


@dataclass(frozen=True)
class Comparator:
    """A named policy that every front is shown against."""

    name: str
    title: str
    policy: LabelWithRules | FixedDose | RandomDose
    options: Mapping[str, bool] = field(default_factory=lambda: {"continuous": True})
    """Constructor arguments of the environment that takes the policy's actions."""


def conventional_care(regimen: Regimen) -> tuple[Comparator, ...]:
    """The comparators of a regimen, conventional care first."""
    return (
        Comparator("label-with-rules", "Label with rules", LabelWithRules(regimen)),
        Comparator("label-without-rules", "Label without rules", FixedDose(1.0)),
        Comparator(
            "one-level-down",
            "One level down",
            LabelWithRules(regimen, level=regimen.rules.one_level_down),
        ),
        Comparator("no-treatment", "No treatment", FixedDose(0.0)),
        Comparator("random", "Random", RandomDose()),
    )
