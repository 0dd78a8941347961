"""Conventional care and simple comparators, as policies over the clinic's observation.

Each returns fractions of the label doses, for the environments with continuous actions. They see
what a learned policy sees, at the same visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from posology.dosing.observation import decode, features
from posology.patients import standard_uniforms
from posology.treatment import DOSE_LEVELS, DrugRules, Regimen

Column = Float[np.ndarray, " patients"]
Seen = Mapping[str, Column]

_ACUTE_EVENTS = {
    "diarrhoea": "diarrhoea in cycle",
    "mucositis": "mucositis in cycle",
    "hand-foot syndrome": "hand-foot syndrome in cycle",
}


@runtime_checkable
class Policy(Protocol):
    """What turns observations into doses."""

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        ...


@dataclass(frozen=True)
class LabelWithRules:
    """The label regimen with its dose-modification rules, which trials and clinics follow.

    A cycle starts when the counts have recovered, is delayed visit by visit until then, and
    treatment ends when the delay is too long. Events of the last cycle lower a drug's dose by a
    level, falling creatinine clearance reduces and then stops what the kidneys clear, neuropathy
    reduces and then ends the drugs that cause it. Doses within a cycle are reduced or left out by
    that day's counts. Doses never rise again.

    ``level`` scales the label doses: 1 for the label, less for lower dose levels. ``genotyped``
    starts patients with slow variants of DPYD and UGT1A1 at the adjusted doses.
    """

    regimen: Regimen
    level: float = 1.0
    genotyped: bool = False

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        seen = decode(observations, features(self.regimen))
        rules = self.regimen.rules
        new_cycle = seen["cycle due"] > 0.5
        recovered = (seen["neutrophils"] >= rules.start_neutrophils) & (
            seen["platelets"] >= rules.start_platelets
        )
        treats = np.where(new_cycle, recovered & ~self._has_stopped(seen), True)
        doses = [
            np.where(new_cycle, self._next_dose(index, seen), self._within_cycle(index, seen))
            for index in range(len(self.regimen.drugs))
        ]
        return (np.stack(doses, axis=1) * treats[:, None]).astype(np.float32)

    def _next_dose(self, index: int, seen: Seen) -> Column:
        """A drug's dose at the start of a cycle: the last one, or less after a toxic cycle."""
        drug, rules = self.regimen.drugs[index], self.regimen.rules.drugs[index]
        begun = np.rint(seen["cycles begun"])
        start = self.level * self._start_fraction(rules, seen)
        last = np.where(begun == 0, start, seen[f"{drug}, last fraction"])
        if rules.first_cycle < 1.0:  # a lower first dose is not a reduction for toxicity
            last = np.where((begun == 1) & (last > 0.0), np.maximum(last, start), last)
        toxic = self._reducing_event(rules, seen) & (begun > 0)
        first, second = (start * reduction for reduction in rules.reductions)
        reduced = np.where(last > first + 0.01, first, second)
        dose = np.where(toxic, np.minimum(reduced, last), last)
        crcl = seen["creatinine clearance"]
        renal = np.where(crcl >= rules.full_crcl, 1.0, rules.renal_fraction)
        renal = np.where(crcl >= rules.stop_crcl, renal, 0.0)
        dose = np.minimum(dose, start * renal)
        ended = np.rint(seen["sensory neuropathy"]) >= rules.stop_neuropathy_grade
        dose = np.where(ended, 0.0, dose)
        return np.where(begun == 0, dose * rules.first_cycle, dose)

    def _within_cycle(self, index: int, seen: Seen) -> Column:
        """A drug's further dose in a cycle under way."""
        rules = self.regimen.rules
        full = (seen["neutrophils"] >= rules.full_neutrophils) & (
            seen["platelets"] >= rules.full_platelets
        )
        last = seen[f"{self.regimen.drugs[index]}, last fraction"]
        return last * np.where(full, 1.0, rules.within_fraction)

    def _start_fraction(self, rules: DrugRules, seen: Seen) -> Column:
        """Fraction of the label that a patient's genotype starts at."""
        fraction = np.ones_like(seen["week"])
        if not self.genotyped:
            return fraction
        activity, slow = seen["DPYD activity"], np.rint(seen["UGT1A1 slow alleles"])
        known = activity > -0.25
        phenotypes = {
            "DPYD_poor": known & (activity < 0.75),
            "DPYD_intermediate": known & (activity >= 0.75) & (activity < 1.75),
            "UGT1A1_homozygous": slow == 2,
        }
        for phenotype, share in rules.genotype.items():
            fraction = np.where(phenotypes[phenotype], share, fraction)
        return fraction

    def _reducing_event(self, rules: DrugRules, seen: Seen) -> Bool[np.ndarray, " patients"]:
        """Whether the last cycle brought an event after which the drug's dose is reduced."""
        events = {
            "febrile neutropenia": seen["febrile neutropenia in cycle"] > 0.5,
            "long grade 4 neutropenia": seen["grade 4 neutropenia over 7 days in cycle"] > 0.5,
            "platelets": seen["platelet nadir in cycle"] < self.regimen.rules.reduction_platelets,
            "neuropathy": np.rint(seen["sensory neuropathy"]) >= rules.reduce_neuropathy_grade,
        } | {name: np.rint(seen[feature]) >= 3 for name, feature in _ACUTE_EVENTS.items()}
        happened = np.zeros(seen["week"].size, np.bool_)
        for name in rules.reduce_after:
            happened |= events[name]
        return happened

    def _has_stopped(self, seen: Seen) -> Bool[np.ndarray, " patients"]:
        """Whether treatment ended: the delay was too long, or every drug was stopped."""
        rules = self.regimen.rules
        begun = np.rint(seen["cycles begun"]) > 0
        longest = self.regimen.interval_weeks + rules.longest_delay_weeks
        since = np.where(begun, seen["weeks since cycle began"], seen["week"])
        return np.rint(since) > np.where(begun, longest, rules.longest_delay_weeks)


@dataclass(frozen=True)
class FixedDose:
    """The same fraction of every label dose whenever one is due; 0 is no treatment."""

    fraction: float
    drugs: int = 2

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        return np.full((len(observations), self.drugs), self.fraction, np.float32)


@dataclass(frozen=True)
class AdaptiveHalf:
    """Treat until the tumour is half its size, rest until it is back at its baseline (Zhang 2017).

    It has no memory but the chart's: a patient whose last cycle is long past is resting.
    """

    regimen: Regimen

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        seen = decode(observations, features(self.regimen))
        size = seen["tumour size, of baseline"]
        overdue = np.rint(seen["weeks since cycle began"]) > self.regimen.interval_weeks + 1
        resting = overdue & (np.rint(seen["cycles begun"]) > 0)
        treats = np.where(resting, size >= 1.0, size > 0.5)
        drugs = len(self.regimen.drugs)
        return np.repeat(treats.astype(np.float32)[:, None], drugs, axis=1)


@dataclass(frozen=True)
class RandomDose:
    """A random level of each drug at every visit, drawn from what the visit shows.

    The draw is a hash of the observation, so it needs no memory and repeats under the same seed.
    """

    drugs: int = 2
    seed: int = 0

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses."""
        words = np.ascontiguousarray(observations, np.float32).view(np.uint32).astype(np.uint64)
        mixed = (words * np.uint64(0x9E3779B97F4A7C15)).sum(axis=1)
        numbers = (mixed >> np.uint64(16)).astype(np.int64)
        u = standard_uniforms(self.seed, numbers, count=self.drugs).T
        return np.array(DOSE_LEVELS, np.float32)[(u * len(DOSE_LEVELS)).astype(np.int64)]


@dataclass(frozen=True)
class Comparator:
    """A named policy that every front is shown against."""

    name: str
    title: str
    policy: Policy
    options: Mapping[str, bool] = field(default_factory=lambda: {"continuous": True})
    """Constructor arguments of the environment that takes the policy's actions."""


def conventional_care(regimen: Regimen) -> tuple[Comparator, ...]:
    """The comparators of a regimen, conventional care first."""
    drugs = len(regimen.drugs)
    level = regimen.rules.one_level_down
    care = [
        Comparator("label-with-rules", "Label with rules", LabelWithRules(regimen)),
        Comparator("label-without-rules", "Label without rules", FixedDose(1.0, drugs)),
        Comparator("one-level-down", "One level down", LabelWithRules(regimen, level=level)),
    ]
    if any(rules.genotype for rules in regimen.rules.drugs):
        adjusted = LabelWithRules(regimen, genotyped=True)
        care.append(Comparator("label-by-genotype", "Label by genotype", adjusted))
    return (
        *care,
        Comparator("adaptive-half", "Adaptive, 50 % rule", AdaptiveHalf(regimen)),
        Comparator("no-treatment", "No treatment", FixedDose(0.0, drugs)),
        Comparator("random", "Random", RandomDose(drugs)),
    )
