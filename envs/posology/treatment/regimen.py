"""A regimen: what the label gives, on which days, and when it is held, reduced or refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from posology.library import (
    DAYS_PER_WEEK,
    HOURS_PER_DAY,
    contraindicated,
    is_number,
    is_whole_number,
    keys,
    quantity,
    regimen_names,
    text,
)
from posology.pharmacology import MOST_AGENTS, Schedule, schedule

MOST_DRUGS = 3
"""Drugs that one regimen may dose."""
DOSE_LEVELS = (0.0, 0.5, 0.75, 1.0, 1.25)
"""Discrete dose levels of each drug, as fractions of its label dose."""
DOSE_UNITS = ("mg/m2", "mg/mL*min", "mg")
"""By body surface, by the area under the curve (Calvert), flat."""


@dataclass(frozen=True)
class Component:
    """One agent of a regimen: a drug in one kind of administration."""

    agent: str
    drug: int
    """Index of the drug it belongs to."""
    dose: float
    """Label dose of one administration, in ``unit``."""
    unit: str
    """One of ``DOSE_UNITS``."""
    days: tuple[int, ...]
    """Days of the cycle on which it is given, from 1."""
    hours: float
    """Length of one infusion."""

    def doses_in_week(self, week: int) -> int:
        """How often it is given in a week of the cycle, the first being 0."""
        return sum((day - 1) // DAYS_PER_WEEK == week for day in self.days)

    def windows(self, week: int) -> tuple[tuple[float, float], ...]:
        """Start and end of its infusions in a week of the cycle [h from the week's start]."""
        starts = [
            HOURS_PER_DAY * ((day - 1) % DAYS_PER_WEEK)
            for day in self.days
            if (day - 1) // DAYS_PER_WEEK == week
        ]
        return tuple((start, start + self.hours) for start in starts)


@dataclass(frozen=True)
class Guardrails:
    """Limits that refuse a dose whatever the policy asks; each refusal is counted."""

    neutrophils_low: float
    """No cycle begins below this count [10^9/L]."""
    platelets_low: float
    """No cycle begins below this count [10^9/L]."""
    within_neutrophils_low: float
    """No further dose of a cycle is given below this count [10^9/L]."""
    within_platelets_low: float
    """No further dose of a cycle is given below this count [10^9/L]."""
    highest_fraction: float
    """Largest dose as a fraction of the label's."""


@dataclass(frozen=True)
class DrugRules:
    """The label's dose modifications of one drug, which conventional care follows."""

    reductions: tuple[float, float]
    """First and second reduced dose as fractions of the label's; 1 where there is none."""
    reduce_after: frozenset[str]
    """Names of the events after which the dose is reduced."""
    reduce_neuropathy_grade: float
    stop_neuropathy_grade: float
    """The drug ends at this grade; infinite where it never does."""
    full_crcl: float
    """Full dose at or above this creatinine clearance [mL/min]."""
    stop_crcl: float
    """None is given below it, and the guardrails refuse it [mL/min]."""
    renal_fraction: float
    """Fraction of the label dose in between."""
    cumulative_cap: float
    """Total dose that the guardrails let nobody pass [unit of the dose]."""
    first_cycle: float
    """Fraction of the label dose in the first cycle."""
    genotype: Mapping[str, float]
    """Pharmacogenetically adjusted fractions by phenotype."""


@dataclass(frozen=True)
class LabelRules:
    """The regimen's dose modifications, which conventional care follows."""

    start_neutrophils: float
    """A cycle starts at or above this count [10^9/L]."""
    start_platelets: float
    """A cycle starts at or above this count [10^9/L]."""
    longest_delay_weeks: int
    """Treatment ends when a cycle is due for longer than this."""
    reduction_platelets: float
    """A lower nadir is one of the events that reduce doses [10^9/L]."""
    one_level_down: float
    """One dose level below the label, as a fraction of it."""
    full_neutrophils: float
    """A further dose of a cycle is given in full at or above this count [10^9/L]."""
    full_platelets: float
    """A further dose of a cycle is given in full at or above this count [10^9/L]."""
    within_fraction: float
    """Share of it that is given below those counts."""
    gcsf: str
    """``none``, ``secondary`` (after febrile or long grade 4 neutropenia) or ``primary``."""
    drugs: tuple[DrugRules, ...]


@dataclass(frozen=True)
class Regimen:
    """Label doses and schedule of a combination."""

    name: str
    title: str
    tumour: str
    drugs: tuple[str, ...]
    components: tuple[Component, ...]
    interval_weeks: int
    """A cycle is due this long after the last one."""
    cycles: int
    """Most cycles given."""
    treatment_weeks: int
    """No cycle starts after this long."""
    horizon_weeks: int
    """Patients are followed for this long."""
    adverse_event_weeks: int
    """After progression, adverse events are followed for this long after the last dose."""
    guardrails: Guardrails
    rules: LabelRules

    @classmethod
    def labelled(cls, name: str) -> Regimen:
        """The regimen of the library called ``name``."""
        if name not in regimen_names():
            raise ValueError(
                f"unknown regimen {name!r}; the library holds {', '.join(regimen_names())}."
            )
        path = f"regimens/{name}"
        agents = keys(f"{path}/components")
        drugs = tuple(dict.fromkeys(drug_of(agent) for agent in agents))
        return cls(
            name=name,
            title=text(f"{path}/title"),
            tumour=text(f"{path}/tumour"),
            drugs=drugs,
            components=tuple(_component(path, agent, drugs) for agent in agents),
            interval_weeks=int(quantity(f"{path}/interval", "d")) // DAYS_PER_WEEK,
            cycles=int(quantity(f"{path}/cycles", "1")),
            treatment_weeks=int(quantity(f"{path}/treatment_window", "wk")),
            horizon_weeks=int(quantity(f"{path}/horizon", "wk")),
            adverse_event_weeks=int(quantity(f"{path}/adverse_event_follow_up", "wk")),
            guardrails=_guardrails(path),
            rules=_rules(f"{path}/rules", drugs),
        ).checked()

    def checked(self, comedication: Sequence[str] = ()) -> Regimen:
        """This regimen, if it may and can be given.

        Raises:
            ValueError: more drugs or agents than fit, a contraindicated pair of drugs or drug and
                comedication, or doses after the next cycle is due.
        """
        if len(self.drugs) > MOST_DRUGS or len(self.components) > MOST_AGENTS:
            raise ValueError(
                f"{self.name} has {len(self.drugs)} drugs and {len(self.components)} agents; "
                f"at most {MOST_DRUGS} and {MOST_AGENTS} can be given together."
            )
        forbidden = contraindicated([*self.drugs, *comedication])
        if forbidden:
            raise ValueError(f"{self.name} is contraindicated: {'; '.join(forbidden)}.")
        last = max(day for each in self.components for day in each.days)
        if last > self.interval_weeks * DAYS_PER_WEEK:
            raise ValueError(
                f"{self.name} gives a dose on day {last}, but a cycle is due every "
                f"{self.interval_weeks * DAYS_PER_WEEK} d. Lengthen the interval."
            )
        return self

    @property
    def dose_weeks(self) -> tuple[int, ...]:
        """Weeks of the cycle in which something is given."""
        weeks = {(day - 1) // DAYS_PER_WEEK for each in self.components for day in each.days}
        return tuple(sorted(weeks))

    def schedule(self) -> Schedule:
        """Its weeks as the kernel walks them."""
        return schedule(
            [[each.windows(week) for each in self.components] for week in self.dose_weeks],
            agents=len(self.components),
        )

    def main_component(self, drug: int) -> Component:
        """The component in whose doses a drug's total is counted: not its bolus, if it has one."""
        own = [each for each in self.components if each.drug == drug]
        return next((each for each in own if each.agent == self.drugs[drug]), own[0])

    def reference_doses(self) -> np.ndarray:
        """Each agent's reference dose, in the unit of its dose here."""
        return np.array(
            [quantity(f"drugs/{each.agent}/reference/dose", each.unit) for each in self.components]
        )

    def label_per_cycle(self, drug: int) -> float:
        """A drug's label dose of a whole cycle, in its dose unit."""
        main = self.main_component(drug)
        return main.dose * len(main.days)

    def prescribed(
        self,
        *,
        doses: Mapping[str, float] | None = None,
        interval_days: float | None = None,
        cycles: int | None = None,
    ) -> Regimen:
        """This regimen with other label doses (by agent), interval or number of cycles.

        Reduced doses stay what they are in mg/m2.

        Raises:
            ValueError: an agent it does not hold, a dose that is not positive, an interval that is
                no whole number of weeks, or no cycle.
        """
        asked = dict(doses or {})
        held = [each.agent for each in self.components]
        for agent, dose in asked.items():
            if agent not in held:
                raise ValueError(f"{self.name} gives {', '.join(held)}; got {agent!r}.")
            if not is_number(dose) or dose <= 0.0:
                raise ValueError(
                    f"the label dose of {agent} must be above 0; got {dose!r}. "
                    "Give a number in the unit of its label dose, or leave it out."
                )
        days = self.interval_weeks * DAYS_PER_WEEK if interval_days is None else interval_days
        if not is_number(days) or days < DAYS_PER_WEEK or days % DAYS_PER_WEEK:
            found = f"{days:g} d" if is_number(days) else repr(days)
            raise ValueError(f"visits are weekly; got an interval of {found}. Give whole weeks.")
        if cycles is not None and not is_whole_number(cycles, least=1):
            raise ValueError(
                f"a regimen needs at least one cycle; got {cycles!r}. "
                "Give a whole number, or leave it out for the label's."
            )
        drug_rules = []
        for index, rules in enumerate(self.rules.drugs):
            main = self.main_component(index)
            scale = main.dose / asked.get(main.agent, main.dose)
            first, second = (min(1.0, fraction * scale) for fraction in rules.reductions)
            reduces = rules.reductions != (1.0, 1.0)
            drug_rules.append(replace(rules, reductions=(first, second)) if reduces else rules)
        return replace(
            self,
            components=tuple(
                replace(each, dose=asked.get(each.agent, each.dose)) for each in self.components
            ),
            rules=replace(self.rules, drugs=tuple(drug_rules)),
            interval_weeks=int(days) // DAYS_PER_WEEK,
            cycles=self.cycles if cycles is None else cycles,
        ).checked()


def drug_of(agent: str) -> str:
    """The drug that an agent is a kind of administration of."""
    if "part_of" in keys(f"drugs/{agent}"):
        return text(f"drugs/{agent}/part_of")
    return agent


def days_of(text_of_days: str) -> tuple[int, ...]:
    """Days written as "1,8" or "1-5".

    >>> days_of("1-3,8")
    (1, 2, 3, 8)
    """
    days: list[int] = []
    for part in text_of_days.split(","):
        first, _, last = part.partition("-")
        days.extend(range(int(first), int(last or first) + 1))
    return tuple(days)


def _component(path: str, agent: str, drugs: tuple[str, ...]) -> Component:
    place = f"{path}/components/{agent}"
    unit = next(unit for unit in DOSE_UNITS if text(f"{place}/dose/unit") == unit)
    own = f"{place}/infusion" if "infusion" in keys(place) else f"drugs/{agent}/infusion"
    return Component(
        agent=agent,
        drug=drugs.index(drug_of(agent)),
        dose=quantity(f"{place}/dose", unit),
        unit=unit,
        days=days_of(text(f"{place}/days")),
        hours=quantity(own, "h"),
    )


def _guardrails(path: str) -> Guardrails:
    place = f"{path}/guardrails"
    low = quantity(f"{place}/neutrophils_low", "10^9/L")
    platelets = quantity(f"{place}/platelets_low", "10^9/L")
    within = f"{path}/rules/within_cycle"
    rules = "within_cycle" in keys(f"{path}/rules")
    return Guardrails(
        neutrophils_low=low,
        platelets_low=platelets,
        within_neutrophils_low=quantity(f"{within}/hold_neutrophils", "10^9/L") if rules else low,
        within_platelets_low=quantity(f"{within}/hold_platelets", "10^9/L") if rules else platelets,
        highest_fraction=quantity(f"{place}/highest_fraction", "1"),
    )


def _rules(path: str, drugs: tuple[str, ...]) -> LabelRules:
    start = quantity(f"{path}/start_neutrophils", "10^9/L")
    platelets = quantity(f"{path}/start_platelets", "10^9/L")
    within = f"{path}/within_cycle"
    has = "within_cycle" in keys(path)
    return LabelRules(
        start_neutrophils=start,
        start_platelets=platelets,
        longest_delay_weeks=int(quantity(f"{path}/longest_delay", "wk")),
        reduction_platelets=quantity(f"{path}/reduction_platelets", "10^9/L"),
        one_level_down=quantity(f"{path}/one_level_down", "1"),
        full_neutrophils=quantity(f"{within}/full_neutrophils", "10^9/L") if has else start,
        full_platelets=quantity(f"{within}/full_platelets", "10^9/L") if has else platelets,
        within_fraction=quantity(f"{within}/reduced", "1") if has else 0.0,
        gcsf=text(f"{path}/gcsf"),
        drugs=tuple(_drug_rules(path, drug) for drug in drugs),
    )


def _drug_rules(path: str, drug: str) -> DrugRules:
    named = drug in keys(f"{path}/drugs") if "drugs" in keys(path) else False
    place = f"{path}/drugs/{drug}"
    has = keys(place) if named else ()

    def value(name: str, unit: str, missing: float) -> float:
        return quantity(f"{place}/{name}", unit) if name in has else missing

    genotype = keys(f"{place}/genotype") if "genotype" in has else ()
    return DrugRules(
        reductions=(value("first_reduction", "1", 1.0), value("second_reduction", "1", 1.0)),
        reduce_after=frozenset(event.strip() for event in text(f"{place}/reduce_after").split(","))
        if "reduce_after" in has
        else frozenset(),
        reduce_neuropathy_grade=value("reduce_neuropathy_grade", "1", math.inf),
        stop_neuropathy_grade=value("stop_neuropathy_grade", "1", math.inf),
        full_crcl=value("full_crcl", "mL/min", 0.0),
        stop_crcl=value("stop_crcl", "mL/min", 0.0),
        renal_fraction=value("renal_fraction", "1", 1.0),
        cumulative_cap=value("cumulative_cap", "mg/m2", math.inf),
        first_cycle=value("first_cycle", "1", 1.0),
        genotype={name: quantity(f"{place}/genotype/{name}", "1") for name in genotype},
    )
