"""The figure shows what the summary says, readably."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from dosefront.errors import StorageError
from dosefront.records import FrontSummary
from dosefront.report import DISCLAIMER
from dosefront.report.figure import draw_front, write_front_figure
from dosefront.report.palette import ALGORITHMS


def label_extents(figure: Figure) -> dict[str, Bbox]:
    figure.draw_without_rendering()
    labels = [text for text in figure.axes[0].texts if isinstance(text, Annotation)]
    return {label.get_text(): Text.get_window_extent(label) for label in labels}


def test_every_comparator_has_its_label_and_no_two_overlap(front_summary: FrontSummary) -> None:
    extents = label_extents(draw_front(front_summary))
    assert sorted(extents) == sorted(each.title for each in front_summary.comparators)
    for first, second in itertools.combinations(extents.values(), 2):
        assert Bbox.intersection(first, second) is None


def test_labels_stay_inside_the_axes_and_off_the_points(front_summary: FrontSummary) -> None:
    figure = draw_front(front_summary)
    extents = label_extents(figure)
    axes = figure.axes[0]
    for extent in extents.values():
        inside = Bbox.intersection(extent, axes.get_window_extent())
        assert inside is not None
        assert inside.bounds == pytest.approx(extent.bounds)
        for point in (*front_summary.points, *front_summary.comparators):
            efficacy, toxicity = point.value_vector
            assert not extent.contains(*axes.transData.transform((toxicity.value, efficacy.value)))


def test_the_axes_carry_units_and_directions(front_summary: FrontSummary) -> None:
    axes = draw_front(front_summary).axes[0]
    assert axes.get_xlabel() == "toxicity [events], lower is better"
    assert axes.get_ylabel() == "efficacy [% shrinkage], higher is better"


def test_the_caption_says_how_many_patients_and_what_it_is_not_for(
    front_summary: FrontSummary,
) -> None:
    caption = draw_front(front_summary).get_supxlabel().replace("\n", " ")
    assert "2,000 virtual patients" in caption
    assert "95 % intervals" in caption
    assert DISCLAIMER in caption


def test_policies_behind_the_front_are_hollow(front_summary: FrontSummary) -> None:
    axes = draw_front(front_summary).axes[0]
    faces = {
        bars.get_label(): bars.lines[0].get_markerfacecolor()
        for bars in axes.containers
        if bars.get_label() != "conventional care"
    }
    assert faces["DQN, behind the front"] == "white"
    assert faces["DQN, on the front"] == ALGORITHMS[0]


@pytest.mark.parametrize("shown", ["points", "comparators"])
def test_a_lonely_point_is_a_figure_too(front_summary: FrontSummary, shown: str) -> None:
    counts = {"points": (1, 0), "comparators": (1, 1)}[shown]
    summary = replace(
        front_summary,
        points=front_summary.points[: counts[0]],
        comparators=front_summary.comparators[: counts[1]],
    )
    assert len(label_extents(draw_front(summary))) == counts[1]


def test_the_file_is_wide_enough_for_a_column(front_summary: FrontSummary, tmp_path: Path) -> None:
    path = tmp_path / "front.png"
    write_front_figure(front_summary, path)
    assert imread(path).shape[1] >= 900
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_gone_is_a_storage_error(
    front_summary: FrontSummary, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match=r"front\.png"):
        write_front_figure(front_summary, tmp_path / "gone" / "front.png")
