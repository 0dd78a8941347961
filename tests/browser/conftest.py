"""Pages in a headless Chromium; without one these tests are skipped."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dosefront.front import Objective
from dosefront.records import FrontSummary, TrialRecord
from dosefront.report.page import page_html

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # for pages that are open, and the run they show

from opened import Opened  # noqa: E402  the path comes first
from page_run import made_run, with_third_objective  # noqa: E402  the path comes first

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in the extra dev")
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    with playwright.sync_playwright() as started:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def opened(
    chromium: Any,
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
    tmp_path: Path,
) -> Iterator[Opened]:
    """The page of the made run."""
    path = tmp_path / "report.html"
    path.write_text(page_html(made_run(front_summary, trial_records)), encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 1200, "height": 900})
    yield Opened(tab, path)
    tab.close()


@pytest.fixture
def opened_of_three(
    chromium: Any,
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
    tmp_path: Path,
) -> Iterator[Opened]:
    """The page of a made run with three objectives."""
    path = tmp_path / "report.html"
    third = Objective("time", "wk", "maximise", reference=0.0, ideal=100.0)
    summary = with_third_objective(front_summary, third)
    path.write_text(page_html(made_run(summary, trial_records)), encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 1200, "height": 900})
    yield Opened(tab, path)
    tab.close()
