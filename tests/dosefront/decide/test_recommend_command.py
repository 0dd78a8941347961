"""`dosefront recommend`: what it prints, and how it exits."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

import dosefront.cli
from dosefront.decide import Request, recommend
from dosefront.records import RunFolder
from dosefront.report import protocol_sentence

POLICIES = {1: (0.10, 0.02), 2: (0.30, 0.08), 3: (0.36, 0.12), 4: (0.40, 0.149)}
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Command:
    """Runs the command on a run; gives its exit code, stdout and stderr."""

    def run(folder: RunFolder, *arguments: str) -> tuple[int, str, str]:
        words = ["dosefront", "recommend", str(folder.path), "--maximise", "response"]
        monkeypatch.setattr(sys, "argv", [*words, *arguments])
        monkeypatch.setenv("COLUMNS", "160")
        with pytest.raises(SystemExit) as caught:
            dosefront.cli.main()
        output = capsys.readouterr()
        return int(caught.value.code or 0), output.out, output.err

    return run


def test_it_says_what_is_recommended_and_what_the_next_point_costs(
    make_run: Any, command: Command
) -> None:
    folder = make_run(POLICIES, subgroups=True)
    code, out, err = command(folder, "--cap", "sae<=0.15")
    assert code == 0
    found = recommend(folder, Request("response", ("sae<=0.15",)))
    assert out.startswith(f"Recommended: {found.chosen.id}, PPO w=(0.5, 0.5) s3\n")
    assert (
        "serious adverse event: 12.0 % [10.1, 14.2], upper 95 % limit 13.8 %, cap 15.0 %, "
        "margin 1.2 points\n"
    ) in out
    gain = found.next_point.benefit
    interval = f"[{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
    assert f"Next point, {found.next_point.option.id}: +4.0 points {interval} of confirmed" in out
    assert "regimen: cisplatin 53.6 % of the label's dose intensity; Label: 53 %" in out
    assert "renal_impaired       100" in out
    assert "100.0 % [96.4, 100.0] / 100.0 % !" in out
    assert protocol_sentence(found) in out
    assert "In silico, for research use only; not for patient care." in out
    assert f"Next: dosefront export {folder.path} --point {found.chosen.id}" in err


def test_no_policy_within_the_caps_is_exit_4_with_the_nearest_and_its_gap(
    make_run: Any, command: Command
) -> None:
    code, out, err = command(make_run(POLICIES), "--cap", "sae<=1%")
    assert code == 4
    assert "Recommended" not in out
    assert "upper limit 2.9 %, cap 1.0 %, gap 1.9 points" in " ".join(err.split())
    assert "nothing was relaxed" in err


@pytest.mark.parametrize(("cap", "code"), [("sae<=0.15", 0), ("sae<=0.01", 4)])
def test_json_is_all_of_it_feasible_or_not(
    make_run: Any, command: Command, cap: str, code: int
) -> None:
    exit_code, out, _ = command(make_run(POLICIES), "--cap", cap, "--json")
    found = json.loads(out)
    assert exit_code == code
    assert found["is_feasible"] is (code == 0)
    assert len(found["shortlist"]) == 4
    assert "not for patient care" in found["protocol"]


def test_a_choice_by_geometry_is_called_so(make_run: Any, command: Command) -> None:
    _, out, _ = command(make_run(POLICIES), "--cap", "sae<=0.15", "--method", "knee")
    assert "chosen by geometry (knee)" in out
    assert "from no clinical worth" in out


def test_a_mixture_is_called_a_randomisation(make_run: Any, command: Command) -> None:
    folder = make_run(POLICIES)
    assert "andomis" not in command(folder, "--cap", "sae<=0.15")[1]
    _, out, _ = command(folder, "--cap", "sae<=0.15", "--mixtures")
    assert "Randomisation: each patient is randomised between two policies" in out


def test_policies_far_beyond_the_caps_are_counted_not_listed(
    make_run: Any, command: Command
) -> None:
    many = {number: (0.1 + 0.05 * number, 0.05 * number) for number in range(1, 11)}
    _, out, _ = command(make_run(many), "--cap", "sae<=0.15")
    assert "5 more lie beyond the caps: --json" in out


@pytest.mark.parametrize("cap", ["sea<=0.15", "sae", "sae<=15", "toxicity<=15%"])
def test_what_cannot_be_understood_is_exit_2_in_one_sentence(
    make_run: Any, command: Command, cap: str
) -> None:
    code, out, err = command(make_run(POLICIES), "--cap", cap)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "Traceback" not in err
