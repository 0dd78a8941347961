"""A regimen: what the label gives, how often, and when it is held, reduced or refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from posology.library import DAYS_PER_WEEK, keys, quantity, regimen_names, text


@dataclass(frozen=True)
class Guardrails:
    """Limits that refuse a dose whatever the policy asks; each refusal is counted."""

    neutrophils_low: float
    """No drug is given below this count [10^9/L]."""
    platelets_low: float
    """No drug is given below this count [10^9/L]."""
    crcl_low: float
    """No cisplatin is given below this creatinine clearance [mL/min]."""
    highest_fraction: float
    """Largest dose as a fraction of the label's."""


@dataclass(frozen=True)
class LabelRules:
    """The label's dose modifications, which conventional care follows."""

    start_neutrophils: float
    """A cycle starts at or above this count [10^9/L]."""
    start_platelets: float
    """A cycle starts at or above this count [10^9/L]."""
    longest_delay_weeks: int
    """Treatment ends when a cycle is due for longer than this."""
    docetaxel_reductions: tuple[float, float]
    """First and second reduced dose as fractions of the label's."""
    reduction_platelets: float
    """A lower nadir reduces docetaxel [10^9/L]."""
    cisplatin_reduction: float
    """Fraction of the label dose given with impaired kidneys."""
    cisplatin_full_crcl: float
    """Full dose at or above this creatinine clearance [mL/min]."""
    cisplatin_stop_crcl: float
    """No cisplatin below this creatinine clearance [mL/min]."""
    stop_neuropathy_grade: int
    """Treatment ends at this grade of sensory neuropathy."""
    one_level_down: float
    """One dose level below the label, as a fraction of it."""


@dataclass(frozen=True)
class Regimen:
    """Label doses and schedule of a combination."""

    name: str
    title: str
    drugs: tuple[str, ...]
    label_doses: tuple[float, ...]
    """[mg/m2], one a drug."""
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
        drugs = keys(f"{path}/doses")
        doses = tuple(quantity(f"{path}/doses/{drug}", "mg/m2") for drug in drugs)
        return cls(
            name=name,
            title=text(f"{path}/title"),
            drugs=drugs,
            label_doses=doses,
            interval_weeks=int(quantity(f"{path}/interval", "d")) // DAYS_PER_WEEK,
            cycles=int(quantity(f"{path}/cycles", "1")),
            treatment_weeks=int(quantity(f"{path}/treatment_window", "wk")),
            horizon_weeks=int(quantity(f"{path}/horizon", "wk")),
            adverse_event_weeks=int(quantity(f"{path}/adverse_event_follow_up", "wk")),
            guardrails=_guardrails(f"{path}/guardrails"),
            rules=_rules(f"{path}/rules", docetaxel=doses[0]),
        )

    def prescribed(
        self,
        *,
        doses_mg_per_m2: Mapping[str, float] | None = None,
        interval_days: float | None = None,
        cycles: int | None = None,
    ) -> Regimen:
        """This regimen with other label doses, interval or number of cycles.

        Raises:
            ValueError: a drug it does not hold, a dose that is not positive, an interval that is no
                whole number of weeks, or no cycle.
        """
        doses = dict(zip(self.drugs, self.label_doses, strict=True))
        for drug, dose in (doses_mg_per_m2 or {}).items():
            if drug not in doses:
                raise ValueError(f"{self.name} gives {', '.join(self.drugs)}; got {drug!r}.")
            if not 0.0 < dose < math.inf:
                raise ValueError(f"the label dose of {drug} must be above 0 mg/m2; got {dose:g}.")
            doses[drug] = float(dose)
        days = self.interval_weeks * DAYS_PER_WEEK if interval_days is None else interval_days
        if days < DAYS_PER_WEEK or days % DAYS_PER_WEEK:
            raise ValueError(f"visits are weekly; got an interval of {days:g} d. Give whole weeks.")
        if cycles is not None and cycles < 1:
            raise ValueError(f"a regimen needs at least one cycle; got {cycles}.")
        return replace(
            self,
            label_doses=tuple(doses.values()),
            rules=self._rules_for(doses["docetaxel"]),
            interval_weeks=int(days) // DAYS_PER_WEEK,
            cycles=self.cycles if cycles is None else cycles,
        )

    def _rules_for(self, docetaxel_mg_m2: float) -> LabelRules:
        """The label's rules, whose reduced doses stay what they are in mg/m2."""
        before = self.label_doses[self.drugs.index("docetaxel")]
        first, second = (
            min(1.0, fraction * before / docetaxel_mg_m2)
            for fraction in self.rules.docetaxel_reductions
        )
        return replace(self.rules, docetaxel_reductions=(first, second))


DOSE_LEVELS = (0.0, 0.5, 0.75, 1.0, 1.25)
"""Discrete dose levels of each drug, as fractions of its label dose."""


def _guardrails(path: str) -> Guardrails:
    return Guardrails(
        neutrophils_low=quantity(f"{path}/neutrophils_low", "10^9/L"),
        platelets_low=quantity(f"{path}/platelets_low", "10^9/L"),
        crcl_low=quantity(f"{path}/crcl_low", "mL/min"),
        highest_fraction=quantity(f"{path}/highest_fraction", "1"),
    )


def _rules(path: str, *, docetaxel: float) -> LabelRules:
    return LabelRules(
        start_neutrophils=quantity(f"{path}/start_neutrophils", "10^9/L"),
        start_platelets=quantity(f"{path}/start_platelets", "10^9/L"),
        longest_delay_weeks=int(quantity(f"{path}/longest_delay", "wk")),
        docetaxel_reductions=(
            quantity(f"{path}/docetaxel_first_reduction", "mg/m2") / docetaxel,
            quantity(f"{path}/docetaxel_second_reduction", "mg/m2") / docetaxel,
        ),
        reduction_platelets=quantity(f"{path}/reduction_platelets", "10^9/L"),
        cisplatin_reduction=quantity(f"{path}/cisplatin_reduction", "1"),
        cisplatin_full_crcl=quantity(f"{path}/cisplatin_full_crcl", "mL/min"),
        cisplatin_stop_crcl=quantity(f"{path}/cisplatin_stop_crcl", "mL/min"),
        stop_neuropathy_grade=int(quantity(f"{path}/stop_neuropathy_grade", "1")),
        one_level_down=quantity(f"{path}/one_level_down", "1"),
    )
