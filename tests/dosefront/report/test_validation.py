"""The table, the file and the figure say what the cells say."""

import csv
import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from rich.console import Console
from rich.table import Table

from dosefront.errors import StorageError, UsageError
from dosefront.report import DISCLAIMER
from dosefront.report.validation import (
    agreement_table,
    validation_mapping,
    validation_table,
    write_validation_table,
)
from dosefront.report.validation_figure import (
    BEYOND,
    WITHIN,
    draw_validation,
    write_validation_figure,
)
from posology.library import trial_arms
from posology.validation import TOLERANCES, ArmResult, Cell, Estimate, agreements, compare


def estimate(value: float) -> Estimate:
    return Estimate(value, 0.95 * value, 1.05 * value, 0.85 * value, 1.15 * value)


@pytest.fixture(scope="module")
def cells() -> tuple[Cell, ...]:
    """Every arm at four fifths of what was published; TAX 326's PFS is not reached."""
    results = []
    for arm in trial_arms():
        published = {name: getattr(arm, name) for name in (*TOLERANCES, "survival_months")}
        found = {name: estimate(0.8 * x) for name, x in published.items() if x is not None}
        if arm.id == "N01":
            found["progression_months"] = Estimate(math.inf, 20.0, math.inf, 15.0, math.inf)
        results.append(ArmResult(arm, 2000, 1, "held-out", found, None, 5.0))
    return compare(results)


@pytest.fixture(scope="module")
def figure(cells: tuple[Cell, ...]) -> Figure:
    return draw_validation(cells)


def printed(table: Table, *, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()]


def shown(cells: tuple[Cell, ...], *, width: int) -> list[str]:
    return printed(validation_table(cells, width=width), width=width)


def test_simulated_and_published_stand_side_by_side_and_beyond_is_marked(
    cells: tuple[Cell, ...],
) -> None:
    lines = {line.split()[0]: line.split() for line in shown(cells, width=150)[2:]}
    # ORR 25.3 against 31.6 %, PFS not reached, neutropenia 59.8 against 74.8 %, OS 9.0.
    assert lines["N01"][2:6] == ["25/32", "n.r./5.1!", "60/75!", "9.0/11.3"]
    assert lines["B05"][2:5] == ["–", "–", "52/66!"]


@pytest.mark.parametrize("width", [70, 80, 100, 150])
def test_no_line_is_wider_than_the_terminal_and_verdicts_stay(
    cells: tuple[Cell, ...], width: int
) -> None:
    lines = shown(cells, width=width)
    assert max(map(len, lines)) <= width
    for heading in ("ORR", "PFS", "neut. 3/4"):
        assert heading in lines[0]


def test_agreement_is_told_in_numbers_people_can_check(cells: tuple[Cell, ...]) -> None:
    some = [cell for cell in cells if cell.arm.id in ("N07", "N08")]
    table = agreement_table(agreements(some))
    lines = [" ".join(line.split()) for line in printed(table, width=80)]
    # 13.6 - 17 and 20.8 - 26 %; of 63 % neutropenia 12.6 are missing.
    assert lines[1] == "Objective response calibration 2 2 (100%) -4.3 % 4.4 %"
    assert lines[3] == "Median OS calibration 2 -1.9 months 1.9 months"
    assert lines[-1] == "overall calibration 5 3 (60%)"


def test_the_file_holds_every_cell_and_the_table_can_be_computed_from_it(
    cells: tuple[Cell, ...], tmp_path: Path
) -> None:
    path = tmp_path / "model-validation.csv"
    write_validation_table(cells, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(cells)
    response = next(row for row in rows if row["endpoint"] == "response_pct")
    assert (response["arm"], response["confidence"], response["calibrated"]) == (
        "N01",
        "verified",
        "True",
    )
    difference = float(response["simulated"]) - float(response["published"])
    assert float(response["difference"]) == pytest.approx(difference, abs=1e-3)
    assert (abs(difference) <= float(response["tolerance"])) is (response["within"] == "True")
    unreached = next(row for row in rows if row["endpoint"] == "progression_months")
    assert math.isinf(float(unreached["simulated"]))


def test_json_has_null_for_what_was_not_reached(cells: tuple[Cell, ...]) -> None:
    mapping = validation_mapping(cells, agreements(cells), {"X1": "no model"})
    progression = next(
        each for each in mapping["cells"] if each["endpoint"] == "progression_months"
    )
    assert progression["simulated"] is None
    assert progression["simulated_low"] == 20.0
    assert progression["within"] is False
    assert mapping["left_out"] == {"X1": "no model"}


def test_nothing_to_write_is_refused_and_a_folder_that_is_gone_is_a_storage_error(
    cells: tuple[Cell, ...], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="nothing is written"):
        write_validation_table([], tmp_path / "none.csv")
    with pytest.raises(StorageError, match=r"gone/a\.png"):
        write_validation_figure(cells, tmp_path / "gone" / "a.png")


def test_a_panel_says_how_many_arms_are_within_its_tolerance(
    cells: tuple[Cell, ...], figure: Figure
) -> None:
    for axes, endpoint in zip(figure.axes, TOLERANCES, strict=True):
        finite = [
            cell
            for cell in cells
            if cell.endpoint == endpoint
            and cell.difference is not None
            and math.isfinite(cell.difference)
        ]
        within = sum(cell.within is True for cell in finite)
        assert f"{within} of {len(finite)} within {TOLERANCES[endpoint]:g}" in axes.get_title()
        labels = [text.get_text() for text in axes.texts if isinstance(text, Annotation)]
        assert sorted(labels) == sorted(cell.arm.id for cell in finite)


def test_points_lie_in_the_band_exactly_where_their_colour_says_so(figure: Figure) -> None:
    for axes, tolerance in zip(figure.axes, TOLERANCES.values(), strict=True):
        drawn = [bars.lines[0] for bars in axes.containers]
        assert drawn
        for line in drawn:
            for published, simulated in zip(line.get_xdata(), line.get_ydata(), strict=True):
                colour = WITHIN if abs(simulated - published) <= tolerance else BEYOND
                assert line.get_color() == colour


def test_labels_hardly_overlap(figure: Figure) -> None:
    figure.draw_without_rendering()
    for axes in figure.axes:
        labels = [text for text in axes.texts if isinstance(text, Annotation)]
        extents = [Text.get_window_extent(label) for label in labels]
        both = [
            Bbox.intersection(first, second) for first, second in itertools.combinations(extents, 2)
        ]
        covered = sum(each.width * each.height for each in both if each is not None)
        assert covered <= 0.05 * sum(each.width * each.height for each in extents)


def test_arms_that_are_no_calibration_are_hollow(cells: tuple[Cell, ...]) -> None:
    others = tuple(replace(cell, calibrated=False) for cell in cells)
    for axes in draw_validation(others).axes:
        assert {bars.lines[0].get_markerfacecolor() for bars in axes.containers} == {"white"}


def test_the_caption_says_how_many_and_what_it_is_not_for(figure: Figure) -> None:
    caption = figure.get_supxlabel().replace("\n", " ")
    assert "2,000 virtual patients" in caption
    assert "109 to 746 patients" in caption
    assert "1 simulated median was not reached" in caption
    assert DISCLAIMER in caption


def test_axes_carry_units(figure: Figure) -> None:
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels == ["published [%]", "published [months]", "published [%]"]


def test_one_arm_is_a_figure_too(cells: tuple[Cell, ...]) -> None:
    adjuvant = tuple(cell for cell in cells if cell.arm.id == "B05")
    assert len(draw_validation(adjuvant).axes) == 3
