"""Commands that only read answer at once: they import neither torch, nor Ray, nor W&B."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dosefront.records import FrontSummary, RunFolder, write_front

HEAVY = {"torch", "ray", "wandb"}
RUN = """
import atexit, json, sys
atexit.register(lambda: print("\\n" + json.dumps(sorted(sys.modules)), file=sys.stderr))
from dosefront.cli import main
main()
"""


def modules_of(*arguments: str) -> set[str]:
    """Top-level modules that the command imported."""
    command = [sys.executable, "-c", RUN, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return {name.partition(".")[0] for name in json.loads(result.stderr.splitlines()[-1])}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["front", "--help"], ["sweep", "--help"], ["recommend", "--help"]]
)
def test_help_is_light(arguments: list[str]) -> None:
    assert modules_of(*arguments) & HEAVY == set()


def test_reading_a_front_is_light(front_summary: FrontSummary, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.create()
    write_front(folder, front_summary)
    modules = modules_of("front", str(tmp_path))
    assert modules & {*HEAVY, "matplotlib", "numba"} == set()


def test_comparing_fronts_needs_no_figures_either(tmp_path: Path) -> None:
    points = [tmp_path / name for name in ("first.csv", "second.csv")]
    for path in points:
        path.write_text("gain,harm\n1,2\n")
    box = ["--objective", "gain:maximise:0:10", "--objective", "harm:minimise:10:0"]
    modules = modules_of("compare", *map(str, points), *box)
    assert modules & {*HEAVY, "matplotlib", "numba"} == set()


def test_recommending_is_light() -> None:
    code = "import json, sys, dosefront.decide; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in json.loads(result.stdout)} & HEAVY == set()


def test_rendering_a_manifest_is_light() -> None:
    assert modules_of("cluster", "render", "--kind", "kuberay-job") & HEAVY == set()


@pytest.mark.parametrize("room", ["export", "clinical", "report"])
def test_running_policies_again_is_light(room: str) -> None:
    code = f"import json, sys, dosefront.{room}; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in json.loads(result.stdout)} & HEAVY == set()


def test_writing_a_page_is_light() -> None:
    code = "import json, sys, dosefront.report.page; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in json.loads(result.stdout)} & HEAVY == set()
