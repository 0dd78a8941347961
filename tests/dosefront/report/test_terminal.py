"""The front on terminals of any width."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dosefront.front import Estimate, Objective
from dosefront.records import FrontSummary
from dosefront.report import DISCLAIMER, front_plot, front_table
from dosefront.report.terminal import written


def printed_table(summary: FrontSummary, width: int) -> str:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as capture:
        console.print(front_table(summary, width=width))
    return capture.get()


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_names_every_trial_and_comparator_with_its_interval(
    front_summary: FrontSummary, width: int
) -> None:
    text = printed_table(front_summary, width)
    for point in front_summary.points:
        (line,) = [line for line in text.splitlines() if line.rstrip().endswith(point.id)]
        for estimate in point.value_vector:
            assert written(estimate) in line
        assert f"{len(point.dominates)}/5" in line
    for comparator in front_summary.comparators:
        assert comparator.title in text


def test_a_narrow_table_keeps_the_value_vectors(front_summary: FrontSummary) -> None:
    text = printed_table(front_summary, 60)
    for point in (*front_summary.points, *front_summary.comparators):
        for estimate in point.value_vector:
            assert written(estimate) in text
    assert max(map(len, text.splitlines())) <= 60
    assert "…" not in text


def test_policies_stand_along_the_front(front_summary: FrontSummary) -> None:
    lines = printed_table(front_summary, 80).splitlines()[2:12]
    toxicities = [float(line.split("] ")[1].split()[0]) for line in lines]
    assert toxicities == sorted(toxicities)


def test_seeds_show_where_they_differ(front_summary: FrontSummary) -> None:
    assert " s1" not in printed_table(front_summary, 120)
    points = (front_summary.points[0], replace(front_summary.points[1], seed=2))
    text = printed_table(replace(front_summary, points=points), 120)
    assert "PPO (0, 1) s1" in text
    assert "PPO (0.25, 0.75) s2" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_plot_fits_its_width_and_shows_everything(
    front_summary: FrontSummary, width: int
) -> None:
    text = front_plot(front_summary, width=width, height=24)
    plot, legend = text.split("\n\n")
    lines = plot.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == 24
    for letter, comparator in zip("abcde", front_summary.comparators, strict=True):
        assert sum(line.partition("│")[2].count(letter) for line in lines) <= 1
        assert f"{letter} {comparator.title}" in legend
    assert DISCLAIMER in legend
    assert "\x1b" not in text


def test_better_policies_stand_higher(front_summary: FrontSummary) -> None:
    lines = front_plot(front_summary, width=80, height=24).splitlines()
    rows = [row for row, line in enumerate(lines[1:21]) for mark in line if mark == "■"]
    assert len(rows) == 5
    columns = [lines[1 + row].index("■") for row in rows]
    assert columns == sorted(
        columns, reverse=True
    )  # less efficacy further down, less toxicity left


def test_points_on_one_spot_are_told_apart(front_summary: FrontSummary) -> None:
    twins = tuple(
        replace(each, value_vector=front_summary.comparators[0].value_vector)
        for each in front_summary.comparators[:2]
    )
    lines = front_plot(replace(front_summary, comparators=twins)).splitlines()[1:17]
    assert sum("a" in line for line in lines) == 1
    assert sum("b" in line for line in lines) == 1


def test_an_estimate_without_width_has_two_decimals() -> None:
    assert written(Estimate(1 / 3, 1 / 3, 1 / 3 + 1e-17)) == "0.33 [0.33, 0.33]"


@given(value=st.floats(-1e6, 1e6), below=st.floats(0.0, 1e3), above=st.floats(0.0, 1e3))
def test_what_is_written_differs_from_the_number_by_less_than_a_tenth_of_the_interval(
    value: float, below: float, above: float
) -> None:
    estimate = Estimate(value, value - below, value + above)
    number = float(written(estimate).split(" ")[0])
    width = estimate.high - estimate.low
    assert abs(number - value) <= max(0.1 * width, 0.005) + 1e-9


def test_objectives_that_do_not_fit_have_their_intervals_and_trials_below(
    front_summary: FrontSummary,
) -> None:
    third = Objective("time", "weeks", "maximise", reference=0.0, ideal=100.0)
    wide = replace(
        front_summary,
        objectives=(*front_summary.objectives, third),
        points=tuple(
            replace(each, value_vector=(*each.value_vector, Estimate(20.0, 18.0, 22.0)))
            for each in front_summary.points
        ),
        comparators=(),
    )
    lines = printed_table(wide, 80).splitlines()
    row = next(number for number, line in enumerate(lines) if "PPO (1, 0)" in line)
    assert "20.0" in lines[row]
    assert "[18.0, 22.0]" in lines[row + 1]
    assert wide.points[0].trial in "".join(lines)
    assert "[18.0, 22.0]" in printed_table(wide, 103).splitlines()[2]
