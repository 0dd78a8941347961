"""`dosefront audit` as a user meets it: what it prints, and its exit code."""

import json
import sys

import pytest

from dosefront.cli import main

QUICK = ("--episodes", "8", "--max-steps", "20")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dosefront", "audit", *arguments])
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_sound_environment_exits_with_zero_and_shows_policies_and_findings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "CartPole-v1", "--episodes", "8") == 0
    text = capsys.readouterr().out
    assert "★" in text
    assert "random" in text
    assert "pass same seed" in text
    assert "n/a  any batch" in text
    assert text.rstrip().splitlines()[-1].endswith("n/a")
    assert max(map(len, text.splitlines())) <= 100


def test_a_failing_check_exits_with_one_and_is_named_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "Pendulum-v1", *QUICK) == 1
    last = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert "1 fail" in last
    assert "FAIL: impossible action" in last
    assert "warn: episodes end" in last


def test_json_holds_every_check_and_every_policy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "CartPole-v1", "--episodes", "8", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["environment"] == "CartPole-v1"
    assert {check["verdict"] for check in report["checks"]} == {"pass", "not applicable"}
    constants = [row for row in report["sweep"] if row["kind"] == "constant"]
    assert [row["label"] for row in constants] == ["0", "1"]
    # Pushed one way only, the pole falls within eight to ten steps (Sutton & Barto's physics).
    assert all(8.0 <= row["steps"]["value"] <= 11.0 for row in constants)


def test_an_unknown_name_exits_with_two_and_suggests_the_nearest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "posology/DocetaxelCisplatn-v0") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert 'Did you mean "posology/DocetaxelCisplatin-v0"?' in " ".join(captured.err.split())


def test_options_reach_the_constructor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "Pendulum-v1", "--option", "wheels=3") == 2
    assert "cannot be made with wheels=3" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("arguments", [["--episodes", "2"], ["--seed", "-1"], ["--max-steps", "0"]])
def test_numbers_out_of_range_are_refused(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    assert run(monkeypatch, "CartPole-v1", *arguments) == 2
