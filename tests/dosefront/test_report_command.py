"""`dosefront report`: the page of a run, and what it says when there is none."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dosefront.cli import app
from dosefront.errors import UsageError
from dosefront.records import (
    ComparatorRecord,
    FrontSummary,
    Ledger,
    RunFolder,
    TrialRecord,
    write_front,
)


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
