"""The front of a run, for people and for programs."""

import csv
import io
import sys
from pathlib import Path

import pytest

from dosefront.cli import main
from dosefront.records import FrontSummary, RunFolder, write_front


@pytest.fixture
def run(front_summary: FrontSummary, tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    folder.create()
    write_front(folder, front_summary)
    return folder


def asked(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["dosefront", "front", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_csv_is_the_table_of_the_run(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(monkeypatch, run.path, "--csv") == 0
    printed = capsys.readouterr().out
    assert printed == run.table_csv.read_text()
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["kind"] for row in rows].count("comparator") == 5


def test_one_form_at_a_time(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(monkeypatch, run.path, "--csv", "--json") == 2
    assert "Leave one out" in capsys.readouterr().err
