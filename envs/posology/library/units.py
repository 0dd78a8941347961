"""Conversions between units, each a named function."""

from __future__ import annotations

import math
import re

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


def platinum_milligrams(cisplatin_mg: float, *, molar_mass: float) -> float:
    """Platinum mass [mg] in a mass of cisplatin [mg] of molar mass [g/mol]."""
    return cisplatin_mg * PLATINUM_MOLAR_MASS / molar_mass


def log_sd_from_cv(cv: float) -> float:
    """Standard deviation of the log of a lognormal with coefficient of variation ``cv``."""
    return math.sqrt(math.log1p(cv * cv))


PLATINUM_MOLAR_MASS = 195.08
"""Molar mass of platinum [g/mol], IUPAC."""
