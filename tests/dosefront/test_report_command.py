"""`dosefront report`: the page of a run, and what it says when there is none."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dosefront.cli.program import app
from dosefront.errors import UsageError
from dosefront.records import (
    ComparatorRecord,
    FrontSummary,
    Ledger,
    RunFolder,
    TrialRecord,
    write_front,
)
from dosefront.report.page import load

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the courses, which other tests read too

from page_run import made_courses


@pytest.fixture
def folder(
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
    comparator_records: tuple[ComparatorRecord, ...],
    tmp_path: Path,
) -> RunFolder:
    """A run whose policies are lost."""
    folder = RunFolder(tmp_path / "run")
    folder.create()
    ledger = Ledger(folder.ledger)
    for record in (*trial_records, *comparator_records):
        ledger.append(record)
    write_front(folder, front_summary)
    return folder


def test_a_run_whose_policies_are_lost_still_has_a_page_of_its_front(
    folder: RunFolder, tmp_path: Path
) -> None:
    out = tmp_path / "front.html"
    result = CliRunner().invoke(app, ["report", str(folder.path), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    page = out.read_text(encoding="utf-8")
    assert told["page"] == str(out)
    assert told["bytes"] == len(page.encode())
    (reason,) = told["left_out"]
    assert "policy.npz" in reason  # the first that is missing; the others are not asked for
    assert '<section id="front"' in page
    assert '<section id="regimen"' not in page


def test_the_page_stands_in_the_run_and_its_path_is_all_that_stdout_holds(
    folder: RunFolder,
) -> None:
    result = CliRunner().invoke(app, ["report", str(folder.path)])
    assert result.stdout.strip() == str(folder.path / "report.html")
    assert (folder.path / "report.html").exists()
    assert "Next:" in result.stderr


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert isinstance(result.exception, UsageError)
    assert "holds no run" in str(result.exception)


def test_a_page_shows_policies_along_the_front_and_all_conventional_care(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    courses = made_courses(dose=0.5)
    monkeypatch.setattr(load, "run_courses", lambda _, arms: dict.fromkeys(arms, courses))
    told: list[tuple[int, int, str]] = []
    run = load.load_run(folder, lambda *progress: told.append(progress))
    front = [point.id for point in run.summary.points if point.on_front]
    care = [each.id for each in run.summary.comparators]
    assert {arm.id for arm in run.arms.shown} == {*front, *care}
    assert run.arms.reference is not None
    assert run.arms.reference.id == "label-with-rules"
    assert all(known is courses for _, known in run.arms.with_courses)
    assert [done for done, _, _ in told] == list(range(len(front) + len(care)))
    assert run.missing == ()


def test_of_a_long_front_so_many_policies_are_shown_its_ends_among_them(
    folder: RunFolder, front_summary: FrontSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "MOST_POLICIES", 3)
    monkeypatch.setattr(load, "run_courses", lambda *_: {})
    run = load.load_run(folder, lambda *_: None)
    front = [point for point in front_summary.points if point.on_front]
    efficacy = {point.id: point.value_vector[0].value for point in front}
    shown = [efficacy[arm.id] for arm in run.arms.shown if arm.id in efficacy]
    assert len(shown) == 3 < len(front)
    assert (min(shown), max(shown)) == (min(efficacy.values()), max(efficacy.values()))
