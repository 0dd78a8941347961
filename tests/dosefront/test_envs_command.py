"""`dosefront envs` as a user meets it."""

import json
import sys

import gymnasium
import pytest

from dosefront.cli import main
from posology.library import regimen_names, tumour_names
from posology.treatment import OBJECTIVES


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dosefront", "envs", *arguments])
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_list_shows_each_regimen_once_with_its_doses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    text = capsys.readouterr().out
    shown = [line.split()[0] for line in text.splitlines() if line.startswith("posology/")]
    own = {name for name in gymnasium.registry if name.startswith("posology/")}
    assert set(shown) == {name for name in own if not name.endswith("Continuous-v0")}
    assert len(shown) == len(set(shown))
    assert "carboplatin AUC 5 d1; every 21 d, 6 cycles" in text
    headings = [line for line in text.splitlines() if line and line[0].isupper()]
    assert len(headings) == len(tumour_names()) + 1
    assert max(map(len, text.splitlines())) <= 100


def test_one_environment_is_shown_with_its_reference_boxes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "posology/TAC-v0") == 0
    text = capsys.readouterr().out
    assert "Discrete(125)" in text
    assert all(f"  {name} [" in text for name in OBJECTIVES)


def test_json_holds_regimen_agents_and_objectives(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--json") == 0
    entries = {each["id"]: each for each in json.loads(capsys.readouterr().out)}
    regimens = [each["regimen"]["name"] for each in entries.values() if each["regimen"]]
    assert sorted(regimens) == sorted([*regimen_names()] * 2)  # discrete and continuous
    given = entries["posology/Gemcitabine-v0"]
    assert given["regimen"]["components"] == [
        {"agent": "gemcitabine", "dose": "1000 mg/m2", "days": [1, 8, 15]}
    ]
    assert [each["name"] for each in given["objectives"]] == ["efficacy", "toxicity"]
    further = [each["name"] for each in given["further_objectives"]]
    assert further == ["twist", "drug", "response", "sae"]


def test_an_unknown_id_exits_with_two_and_suggests_the_nearest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "posology/FOLFOX7-v0") == 2
    assert "Did you mean" in capsys.readouterr().err
