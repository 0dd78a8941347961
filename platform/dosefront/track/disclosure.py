"""What may leave a run for a tracker: figures of whole cohorts, none of a handful of patients."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from dosefront.front import Estimate
from dosefront.records import FrontSummary

FEWEST_PATIENTS: Final = 5
"""A figure that fewer patients make, or all but so few, could be traced to them."""
ERROR_NAME: Final = re.compile(r"^[\w.]*?(\w+(?:Error|Exception|Interrupt|Exit))\b", re.MULTILINE)


def disclosed(summary: FrontSummary) -> FrontSummary:
    """What of a front may leave: no endpoint that fewer than five patients decide, no error's text.

    An endpoint is left out where the sum over patients, or what it lacks to one for each, is a
    whole number from 1 to 4: a rate's patients with and without, and grades that add up to no more.
    """
    patients = summary.held_out_patients
    return replace(
        summary,
        points=tuple(
            replace(each, endpoints=_kept(each.endpoints, patients)) for each in summary.points
        ),
        comparators=tuple(
            replace(each, endpoints=_kept(each.endpoints, patients)) for each in summary.comparators
        ),
        failed_trials=tuple(
            replace(each, error=error_name(each.error)) for each in summary.failed_trials
        ),
    )


def error_name(error: str) -> str:
    """The kind of an error, without its message, which may quote a patient's data.

    >>> error_name("Traceback (most recent call last): ...\\nbuiltins.ValueError: MRN 1234 is odd")
    'ValueError'
    """
    names = ERROR_NAME.findall(error)
    return names[-1] if names else "see the ledger"


def _kept(endpoints: Mapping[str, Estimate], patients: int) -> dict[str, Estimate]:
    return {
        name: each
        for name, each in endpoints.items()
        if not _is_small(each.value * patients, patients)
    }


def _is_small(total: float, patients: int) -> bool:
    count = round(total)
    is_whole = abs(total - count) <= 1e-6
    return is_whole and (0 < count < FEWEST_PATIENTS or 0 < patients - count < FEWEST_PATIENTS)
