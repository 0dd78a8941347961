"""What a handful of patients decide is kept back, and so is the message of an error."""

import dataclasses
import traceback

import pytest

from dosefront.front import Estimate
from dosefront.records import FrontSummary
from dosefront.track.disclosure import disclosed, error_name


@pytest.mark.parametrize(
    ("value", "is_told"),
    [
        (0 / 2000, True),
        (1 / 2000, False),
        (4 / 2000, False),
        (5 / 2000, True),
        (1000 / 2000, True),
        (1995 / 2000, True),
        (1996 / 2000, False),
        (1999 / 2000, False),
        (2000 / 2000, True),
        (0.00117, True),  # a sum of 2.34 counts nobody
        (6.0, True),
    ],
)
def test_an_endpoint_is_told_unless_one_to_four_patients_make_it_or_lack_it(
    front_summary: FrontSummary, value: float, is_told: bool
) -> None:
    endpoints = {"endpoint": Estimate(value, 0.0, 10.0)}
    summary = dataclasses.replace(
        front_summary,
        points=tuple(dataclasses.replace(p, endpoints=endpoints) for p in front_summary.points),
        comparators=tuple(
            dataclasses.replace(c, endpoints=endpoints) for c in front_summary.comparators
        ),
    )
    told = disclosed(summary)
    for each in (*told.points, *told.comparators):
        assert ("endpoint" in each.endpoints) is is_told


def test_all_else_of_the_front_is_told_but_the_text_of_errors(front_summary: FrontSummary) -> None:
    failed = dataclasses.replace(
        front_summary.failed_trials[0], error="ValueError: MRN 90071234 is odd"
    )
    told = disclosed(dataclasses.replace(front_summary, failed_trials=(failed,)))
    assert [each.error for each in told.failed_trials] == ["ValueError"]
    assert dataclasses.replace(told, failed_trials=front_summary.failed_trials) == front_summary


def test_of_an_error_only_its_kind_is_told() -> None:
    try:
        raise KeyError("MRN 90071234")
    except KeyError:
        told = error_name(traceback.format_exc())
    assert told == "KeyError"
    assert error_name("the patient 90071234 is odd") == "see the ledger"
    assert error_name("") == "see the ledger"
