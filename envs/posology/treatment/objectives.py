"""What is maximised: two clinical quantities, paid step by step so that a course sums to them."""

from __future__ import annotations

from collections.abc import Mapping

DEATH_UNITS = 10.0
"""Event units of a death by toxicity, beside those of the event that caused it."""

OBJECTIVES: tuple[Mapping[str, str | float], ...] = (
    {
        "name": "efficacy",
        "unit": "mean log shrinkage",
        "sense": "maximise",
        "reference": -0.05,
        "ideal": 0.2,
        "description": (
            "ln(baseline size / size) of the tumour, averaged over the weeks of the horizon and "
            "counted as zero after progression or death. 0.1 is a tumour 10 % smaller for all of "
            "the horizon, or 33 % smaller for a quarter of it."
        ),
    },
    {
        "name": "toxicity",
        "unit": "grade >= 3 events",
        "sense": "minimise",
        "reference": 12.0,
        "ideal": 0.0,
        "description": (
            "Onsets of CTCAE grade 3 adverse events in a course; reaching grade 4 counts twice, "
            f"death by toxicity {DEATH_UNITS:g} times more."
        ),
    },
)
"""Name, unit, sense, reference and ideal (clinical units) of each objective."""
