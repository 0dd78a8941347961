"""A made run as the page shows it."""

import sys
from pathlib import Path

import pytest

from dosefront.records import FrontSummary, TrialRecord
from dosefront.report.page import RunContents

sys.path.insert(0, str(Path(__file__).parents[3]))  # for the run, which browsers read too

from page_run import made_run


@pytest.fixture(scope="session")
def run(front_summary: FrontSummary, trial_records: tuple[TrialRecord, ...]) -> RunContents:
    """Two policies and the label, with their courses."""
    return made_run(front_summary, trial_records)
