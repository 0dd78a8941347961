"""Pages in a headless Chromium; without one these tests are skipped."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dosefront.records import FrontSummary, TrialRecord
from dosefront.report.page import RunContents, page_html

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # for pages that are open, and the run they show

from opened import Opened  # noqa: E402  the path comes first
from page_run import made_run  # noqa: E402  the path comes first

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
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[[RunContents], Opened]]:
    """Opens the page of a run."""
    tabs = []

    def open_it(run: RunContents) -> Opened:
        path = tmp_path / "report.html"
        path.write_text(page_html(run), encoding="utf-8")
        tabs.append(chromium.new_page(viewport={"width": 1200, "height": 900}))
        return Opened(tabs[-1], path)

    yield open_it
    for tab in tabs:
        tab.close()


@pytest.fixture
def opened(
    open_page: Callable[[RunContents], Opened],
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
) -> Opened:
    """The page of the made run."""
    return open_page(made_run(front_summary, trial_records))
