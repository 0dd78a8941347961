"""What a trial would report of each finished course."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from posology.library import DAYS_PER_WEEK
from posology.treatment.grading import TERMS
from posology.treatment.regimen import Regimen


def endpoints(chart: np.ndarray, regimen: Regimen) -> Mapping[str, np.ndarray]:
    """Clinical endpoints of each patient, from a record array of ``CHART``.

    Booleans average to rates, numbers to means. "Serious adverse event" is any event of CTCAE
    grade 3 or worse. Relative dose intensity is the dose given per week of treatment, from the
    first visit to an interval after the last cycle began, over the label's.
    """
    week = np.where(chart["ended"], chart["week"], regimen.horizon_weeks)
    event = np.where(chart["progression_week"] > 0, chart["progression_week"], chart["death_week"])
    progression_free = np.where(event > 0, event, week) * DAYS_PER_WEEK
    worst = chart["worst_grades"]
    treated_weeks = chart["week"] - chart["weeks_since_dose"] + regimen.interval_weeks
    treated_weeks = np.where(chart["cycles"] > 0, treated_weeks, regimen.interval_weeks)
    out: dict[str, Any] = {
        "confirmed response": chart["confirmed"],
        "progression-free days": progression_free.astype(float),
        "progressed": chart["progression_week"] > 0,
        "serious adverse event": (worst >= 3).any(axis=1),
        "death by toxicity": chart["death_week"] > 0,
        "charted neutropenia, grade >= 3": chart["charted"][:, 0] >= 3,
        "charted neutropenia, grade 4": chart["charted"][:, 0] >= 4,
        "charted thrombocytopenia, grade >= 3": chart["charted"][:, 1] >= 3,
    }
    for index, term in enumerate(TERMS):
        out[f"{term}, grade >= 3"] = worst[:, index] >= 3
        out[f"{term}, worst grade"] = worst[:, index].astype(float)
    for index, drug in enumerate(regimen.drugs):
        per_week = chart["totals"][:, index] / treated_weeks
        label_per_week = regimen.label_per_cycle(index) / regimen.interval_weeks
        out[f"{drug}, relative dose intensity"] = per_week / label_per_week
    out["cycles"] = chart["cycles"].astype(float)
    out["due visits without a dose"] = chart["delay_weeks"].astype(float)
    out["doses refused by guardrails"] = chart["refusals"].astype(float)
    return out
