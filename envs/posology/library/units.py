"""Conversions between units, each a named function."""

from __future__ import annotations

import math
import re

import numpy as np
from jaxtyping import Float

Column = Float[np.ndarray, " patients"]

MINUTES_PER_HOUR = 60.0
HOURS_PER_DAY = 24.0
DAYS_PER_WEEK = 7
HOURS_PER_WEEK = HOURS_PER_DAY * DAYS_PER_WEEK

_QUANTITY = re.compile(r"\s*([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*(\S.*?)?\s*")


def parse_quantity(text: str, *, unit: str) -> float:
    """Number in a text such as "75 mg/m2", whose unit must be ``unit``.

    >>> parse_quantity("75 mg/m2", unit="mg/m2")
    75.0

    Raises:
        ValueError: not a number with a unit, another unit, or a negative number.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f'expected a number in {unit}, such as "75 {unit}"; got "{text}".')
    number, found = float(match[1]), (match[2] or "").replace("²", "2")
    if found != unit:
        raise ValueError(
            f'expected {unit}; got "{text}" ({found or "no unit"}). Write it in {unit}.'
        )
    if number < 0:
        raise ValueError(f'"{text}" is negative. Give 0 {unit} or more.')
    return number


def per_milligram_from_per_micromole(slope: float, *, molar_mass: float) -> float:
    """Slope [L/mg] of one in [L/umol], for a molar mass [g/mol].

    >>> round(per_milligram_from_per_micromole(15.5711, molar_mass=807.9), 2)
    19.27
    """
    return slope * 1000.0 / molar_mass


def milligrams_from_micromoles(amount: float, *, molar_mass: float) -> float:
    """Mass [mg] of an amount [umol] of molar mass [g/mol]; so too [mg/L] of [umol/L].

    >>> milligrams_from_micromoles(2.0, molar_mass=500.0)
    1.0
    """
    return amount * molar_mass / 1000.0


def micromoles_from_milligrams(mass: float, *, molar_mass: float) -> float:
    """Amount [umol] in a mass [mg] of molar mass [g/mol]; so too [umol/L] of [mg/L]."""
    return mass * 1000.0 / molar_mass


def milligrams_from_micrograms(mass: float) -> float:
    """Mass [mg] of one in [ug]; so too [mg/L] of [ug/L]."""
    return mass / 1000.0


def platinum_milligrams(drug_mg: float, *, molar_mass: float) -> float:
    """Platinum mass [mg] in a mass [mg] of a drug with one platinum atom, of molar mass [g/mol].

    >>> round(platinum_milligrams(1.0, molar_mass=397.29), 4)  # oxaliplatin
    0.491
    """
    return drug_mg * PLATINUM_MOLAR_MASS / molar_mass


def hourly_from_per_minute(rate: float) -> float:
    """Rate per hour of one per minute, such as [L/h] of [L/min].

    >>> hourly_from_per_minute(2.7)  # gemcitabine's clearance
    162.0
    """
    return rate * MINUTES_PER_HOUR


def hourly_from_daily(rate: float) -> float:
    """Rate per hour of one per day, such as [L/h] of [L/d]."""
    return rate / HOURS_PER_DAY


def daily_from_monthly(rate: Column) -> Column:
    """Rate [1/d] of one in [1/mo], a month being a twelfth of 365.25 days."""
    return rate * 12.0 / 365.25


def litres_per_hour(flow_ml_min: Column) -> Column:
    """Flow or clearance [L/h] of one in [mL/min]."""
    return flow_ml_min * MINUTES_PER_HOUR / 1000.0


def per_173_m2(flow_ml_min: Column, *, bsa_m2: Column) -> Column:
    """Filtration rate [mL/min/1.73m2] of one in [mL/min] in a body of surface ``bsa_m2``."""
    return flow_ml_min * STANDARD_BODY_SURFACE / bsa_m2


def area_mg_h_per_l_from_mg_min_per_ml(area: float) -> float:
    """Area under the curve [mg h/L] of one in [mg*min/mL], in which carboplatin is prescribed.

    >>> round(area_mg_h_per_l_from_mg_min_per_ml(5.0), 2)
    83.33
    """
    return area * 1000.0 / MINUTES_PER_HOUR


def calvert_dose_mg(
    target: float | Column, gfr_ml_min: Column, *, nonrenal: float = 25.0, cap: float = 125.0
) -> Column:
    """Carboplatin dose [mg] for a target area [mg*min/mL]: target * (GFR + 25).

    The filtration rate [mL/min] counts up to ``cap``, as the label asks.

    >>> calvert_dose_mg(5.0, np.array([75.0, 140.0])).tolist()
    [500.0, 750.0]
    """
    return target * (np.minimum(gfr_ml_min, cap) + nonrenal)


def log_sd_from_cv(cv: float) -> float:
    """Standard deviation of the log of a lognormal with coefficient of variation ``cv``."""
    return math.sqrt(math.log1p(cv * cv))


STANDARD_BODY_SURFACE = 1.73
"""Body surface [m2] to which filtration rates are referred, a convention."""

PLATINUM_MOLAR_MASS = 195.08
"""Molar mass of platinum [g/mol], IUPAC."""
