"""`dosefront validate-model` as a user meets it: what it prints and writes, and its exit code."""

import csv
import json
import sys
from importlib import resources
from pathlib import Path

import pytest

from dosefront.cli import main

TABLE = (resources.files("posology.library") / "data" / "trials.csv").read_text(encoding="utf-8")
HEADER, TAX326 = TABLE.splitlines()[:2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dosefront", "validate-model", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_arms_are_emulated_shown_and_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--only", "N01", "--only", "B05", "--patients", "40")
    assert run(monkeypatch, *arguments, "--out", "out/here") == 0
    captured = capsys.readouterr()
    assert "2 arms, 40 virtual patients each" in captured.out
    assert "docetaxel-cisplatin" in captured.out
    assert "Grade 3/4 neutropenia " in captured.out
    assert max(map(len, captured.out.splitlines())) <= 100
    assert "model-validation.csv" in captured.err
    written = folder / "out" / "here"
    assert {path.name for path in written.iterdir()} == {
        "model-validation.csv",
        "model-validation.png",
    }
    with (written / "model-validation.csv").open(encoding="utf-8", newline="") as file:
        assert {row["arm"] for row in csv.DictReader(file)} == {"N01", "B05"}


def test_json_alone_is_on_stdout_and_the_seed_decides_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for seed in ("1", "1", "2"):
        arguments = ("--only", "B01", "--patients", "30", "--seed", seed, "--json")
        assert run(monkeypatch, *arguments) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1] != found[2]
    assert {cell["virtual_patients"] for cell in found[0]["cells"]} == {30}
    assert found[0]["left_out"] == {}


def test_a_users_own_arms_are_no_calibration(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = folder / "mine.csv"
    mine.write_text(f"{HEADER}\n{TAX326.replace('N01', 'MINE')}\n", encoding="utf-8")
    assert run(monkeypatch, "--arms", "mine.csv", "--patients", "30", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {(cell["arm"], cell["calibrated"]) for cell in found["cells"]} == {("MINE", False)}
    assert {each["calibrated"] for each in found["agreement"]} == {False}


def test_faults_of_a_file_name_row_and_column(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = TAX326.replace("31.6", "131.6").replace("docetaxel-cisplatin", "docetaxel-cis")
    (folder / "mine.csv").write_text(f"{HEADER}\n{wrong}\n", encoding="utf-8")
    assert run(monkeypatch, "--arms", "mine.csv") == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "row 2 (N01), column ORR_pct: expected 0 to 100 %; got '131.6'" in told
    assert list(folder.iterdir()) == [folder / "mine.csv"]


def test_an_arm_that_cannot_be_emulated_is_left_out_and_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    early = TAX326.replace("N01", "EARLY").replace('"7,14,21"', '"2,21"')
    (folder / "mine.csv").write_text(f"{HEADER}\n{TAX326}\n{early}\n", encoding="utf-8")
    assert run(monkeypatch, "--arms", "mine.csv", "--patients", "20", "--json") == 0
    captured = capsys.readouterr()
    assert "days 4 to 21" in json.loads(captured.out)["left_out"]["EARLY"]
    assert "left out: EARLY" in captured.err
    assert run(monkeypatch, "--arms", "mine.csv", "--only", "EARLY") == 2
    assert "no arm can be emulated" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--only", "N99"), "no arm is called N99; there are N01"),
        (("--arms", "gone.csv"), "gone.csv"),
        (("--patients", "0"), "--patients"),
    ],
)
def test_what_is_not_there_is_refused(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    told: str,
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert list(folder.iterdir()) == []
