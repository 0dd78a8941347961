"""What may be maximised: clinical quantities, paid step by step so that a course sums to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from posology.library import quantity

DEATH_UNITS = 10.0
"""Event units of a death by toxicity, beside those of the event that caused it."""

EFFICACY, TOXICITY, TWIST, DRUG, RESPONSE, SAE = range(6)

OBJECTIVES = ("efficacy", "toxicity", "twist", "drug", "response", "sae")
"""Every objective that an environment can pay, in the order of ``chart.returns``."""

_DESCRIBED: Mapping[str, Mapping[str, str]] = {
    "efficacy": {
        "unit": "mean log shrinkage",
        "sense": "maximise",
        "description": (
            "ln(baseline size / size) of the tumour, averaged over the weeks of the horizon and "
            "counted as zero after progression or death. 0.1 is a tumour 10 % smaller for all of "
            "the horizon, or 33 % smaller for a quarter of it."
        ),
    },
    "toxicity": {
        "unit": "grade >= 3 events",
        "sense": "minimise",
        "description": (
            "Onsets of CTCAE grade 3 adverse events in a course; reaching grade 4 counts twice, "
            f"death by toxicity {DEATH_UNITS:g} times more."
        ),
    },
    "twist": {
        "unit": "wk",
        "sense": "maximise",
        "description": (
            "Time without symptoms or toxicity: weeks alive, before progression, without an "
            "adverse event of grade 3 or worse."
        ),
    },
    "drug": {
        "unit": "label cycles",
        "sense": "minimise",
        "description": (
            "Drug given, in label cycles: the mean over the regimen's drugs. It stands for cost, "
            "for which prices differ too much to be built in."
        ),
    },
    "response": {
        "unit": "share of patients",
        "sense": "maximise",
        "description": (
            "Confirmed response: 1 when a second scan in a row shows a partial response by RECIST "
            "1.1, once in a course."
        ),
    },
    "sae": {
        "unit": "share of patients",
        "sense": "minimise",
        "description": (
            "Serious adverse event: 1 with the first event of CTCAE grade 3 or worse, once in a "
            "course."
        ),
    },
}
_SHARES: Mapping[str, Mapping[str, float]] = {
    "response": {"reference": 0.0, "ideal": 1.0},
    "sae": {"reference": 1.0, "ideal": 0.0},
}
"""Their boxes hold whatever can happen; those of the others are the regimen's."""


def objectives(
    regimen: str, names: Sequence[str] = ("efficacy", "toxicity")
) -> tuple[Mapping[str, str | float], ...]:
    """Name, unit, sense, description, reference and ideal (clinical units) of each objective.

    Raises:
        ValueError: no objective, an unknown one, or one named twice.
    """
    is_list = bool(names) and not isinstance(names, str) and len(set(names)) == len(names)
    if not is_list or not set(names) <= set(OBJECTIVES):
        raise ValueError(
            f"objectives must be a list of different names of {', '.join(OBJECTIVES)}; "
            f"got {names!r}."
        )
    out: list[Mapping[str, str | float]] = []
    for name in names:
        place, unit = f"boxes/{regimen}/{name}", _DESCRIBED[name]["unit"]
        box = _SHARES.get(name) or {
            end: quantity(f"{place}/{end}", unit) for end in ("reference", "ideal")
        }
        out.append({"name": name, **_DESCRIBED[name], **box})
    return tuple(out)
