"""`dosefront compare` at the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dosefront.cli.program import app
from dosefront.compare import parse_objective, read_sides
from dosefront.errors import UsageError
from dosefront.report.comparison_figure import attained_difference

BOX = ["--objective", "gain:maximise:0:10", "--objective", "harm:minimise:10:0"]


@pytest.fixture
def points(tmp_path: Path) -> tuple[str, str]:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("seed,gain,harm\n1,5,5\n2,6,5\n")
    second.write_text("seed,gain,harm\n1,4,5\n2,4,5\n")
    return str(first), str(second)


def test_json_tells_the_difference_and_files_are_written(
    points: tuple[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["compare", *points, *BOX, "--json", "--out", str(out)])
    assert result.exit_code == 0, result.output
    stored = json.loads((out / "comparison.json").read_text())
    assert json.loads(result.stdout) == stored
    (difference,) = stored["hypervolume_differences"]
    assert difference["value"] == pytest.approx(0.275 - 0.2)
    assert difference["over_patients"] is None
    assert difference["over_seeds"]["low"] < 0.075 < difference["over_seeds"]["high"]
    assert (out / "attainment.png").read_bytes().startswith(b"\x89PNG")


def test_tables_name_every_front(points: tuple[str, str]) -> None:
    result = CliRunner().invoke(app, ["compare", *points, *BOX])
    assert result.exit_code == 0, result.output
    assert "first.csv" in result.stdout
    assert "+0.075" in result.stdout


@pytest.mark.parametrize("times", [1, 2])
def test_one_front_is_refused_and_so_is_the_same_twice(points: tuple[str, str], times: int) -> None:
    result = CliRunner().invoke(app, ["compare", *points[:1] * times, *BOX])
    assert isinstance(result.exception, UsageError)
    assert "two different fronts" in str(result.exception)


def test_the_picture_shows_the_share_of_seeds_that_attain_a_place(
    points: tuple[str, str],
) -> None:
    first, second = read_sides(points, [parse_objective(each) for each in BOX[1::2]])
    grid = np.array([[[3.0, -6.0], [4.5, -6.0], [5.5, -6.0], [5.5, -4.0]]])
    assert attained_difference(first, second, grid).tolist() == [[0.0, 1.0, 0.5, 0.0]]
