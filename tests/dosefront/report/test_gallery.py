"""The gallery of a run: which figures, of which points, and what is behind them."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

import dosefront.cli
from dosefront.evaluate import CourseRecords
from dosefront.front import Estimate
from dosefront.records import (
    AttainmentSurface,
    ComparatorRecord,
    FrontGrowth,
    FrontPoint,
    FrontSummary,
    Ledger,
    RunFolder,
    TrialRecord,
    subgroups_bytes,
    write_atomically,
    write_front,
)
from dosefront.report import DISCLAIMER, gallery
from dosefront.report.canvas import Arm, write_figure
from dosefront.report.dose_figures import draw_cycles
from dosefront.report.events_figure import event_rows
from dosefront.report.front_figures import draw_attainment, draw_growth, draw_projections
from dosefront.report.gallery import spread_points
from dosefront.report.palette import LABEL
from dosefront.report.survival_figure import draw_survival
from dosefront.report.waterfall_figure import draw_waterfall

Make = Callable[..., CourseRecords]
PATIENTS, WEEKS = 40, 30
DOSES = {"care": 1.0, "point": 0.5}
CONTEXT = f"Run made. {DISCLAIMER}"


def treated(make: Make, *, dose: float, seed: int) -> CourseRecords:
    """Courses with a dose every three weeks, of patients who progress at week 12 or 24."""
    generator = np.random.default_rng(seed)
    end = generator.choice([12, 24], PATIENTS)
    visits = np.arange(WEEKS) % 3 == 0
    due = visits & (np.arange(WEEKS) < np.minimum(end, 18)[:, None])
    cycle = np.where(due, np.cumsum(due, axis=1), 0)
    over = np.arange(WEEKS) > end[:, None]
    walk = np.exp(generator.normal(-0.01, 0.05, (PATIENTS, WEEKS)).cumsum(axis=1))
    grades = generator.choice([0, 1, 2, 3, 4], (PATIENTS, 3), p=[0.5, 0.2, 0.1, 0.1, 0.1])
    return make(
        PATIENTS,
        WEEKS,
        fractions=np.where(due[:, :, None], dose, 0.0) * np.array([1.0, 0.5]),
        due=due,
        cycle=cycle,
        neutrophils=np.where(over, np.nan, generator.uniform(0.3, 6.0, (PATIENTS, WEEKS))),
        platelets=np.where(over, np.nan, generator.uniform(40.0, 300.0, (PATIENTS, WEEKS))),
        size=np.where(over, np.nan, walk),
        scanned=np.where(over | (np.arange(WEEKS) % 6 > 0), np.nan, walk),
        on_treatment=np.arange(WEEKS) < np.minimum(end, 18)[:, None],
        grade=generator.choice([0, 2, 3], (PATIENTS, WEEKS)) * ~over,
        best_change=walk.min(axis=1) - 1.0,
        confirmed=walk.min(axis=1) < 0.7,
        weeks_on_treatment=np.minimum(end, 18),
        weeks_followed=end,
        progression_week=end,
        worst_grades=grades,
    )


@pytest.fixture
def arms(made_courses: Make) -> tuple[Arm, Arm]:
    """Conventional care and a point."""
    care = Arm(LABEL, "Label with rules", "#000000", treated(made_courses, dose=1.0, seed=1))
    point = Arm("p1", "PPO w=(1, 0) s1", "#0072B2", treated(made_courses, dose=0.5, seed=2))
    return care, point


def written(path: Path) -> str:
    """What is written in a figure, on one line."""
    found = re.findall(r"<text[^>]*>(.*?)</text>", path.read_text(encoding="utf-8"), re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>|\s+", " ", " ".join(found)))


def shown(axes: Axes, colour: str) -> list[tuple[list[float], list[float]]]:
    """Lines of a colour, as data."""
    lines = [line for line in axes.get_lines() if line.get_color() == colour]
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in lines]


def test_the_survival_curve_falls_by_those_who_progressed(arms: tuple[Arm, Arm]) -> None:
    care, point = arms
    figure = draw_survival(care, [point], CONTEXT)
    late = float((care.courses.progression_week == 24).mean())
    ((weeks, shares),) = shown(figure.axes[0], "#000000")
    assert weeks == [0.0, 12.0, 24.0, 24.0]
    assert shares == pytest.approx([1.0, late, 0.0, 0.0])
    at_risk = [text.get_text() for text in figure.axes[1].texts]
    assert at_risk[1] == f"{PATIENTS}"  # at the first visit, under conventional care


def test_a_waterfall_descends_over_all_patients(arms: tuple[Arm, Arm]) -> None:
    care, point = arms
    figure = draw_waterfall(care, [point], CONTEXT)
    for axes, arm in zip(figure.axes, arms, strict=True):
        assert axes.get_title() == f"{arm.title}\nn = {PATIENTS}"
        share = 100.0 * (arm.courses.best_change <= -0.3).mean()
        assert axes.texts[0].get_text().startswith(f"{share:.0f} %")


def test_the_table_of_events_holds_every_patient_once(arms: tuple[Arm, Arm]) -> None:
    care, point = arms
    rows = event_rows(care, [point])
    terms = ["any of these", *care.courses.terms]
    assert [(row["term"], row["arm"]) for row in rows] == [
        (term, arm.id) for term in terms for arm in (point, care)
    ]
    for row in rows:
        assert sum(int(row[f"grade_{grade}"]) for grade in range(6)) == PATIENTS
        serious = sum(int(row[f"grade_{grade}"]) for grade in (3, 4, 5))
        assert row["serious"] == serious / PATIENTS
        assert (row["difference"] == "") is (row["arm"] == LABEL)


def test_doses_of_the_figure_are_those_given(arms: tuple[Arm, Arm]) -> None:
    care, point = arms
    figure = draw_cycles(care, [point], CONTEXT)
    ((cycles, doses),) = shown(figure.axes[1], "#0072B2")
    begun = [int((point.courses.cycle == cycle).any(axis=1).sum()) for cycle in range(1, 7)]
    assert cycles == [k + 1.0 for k, patients in enumerate(begun) if patients >= 20]
    assert doses == pytest.approx([0.25] * len(cycles))
    ((_, shares),) = shown(figure.axes[2], "#0072B2")
    assert shares == pytest.approx([100.0 * patients / PATIENTS for patients in begun])


def on_front(
    points: tuple[FrontPoint, ...], *, values: list[tuple[float, float]]
) -> tuple[FrontPoint, ...]:
    """Points that are all on the front, at these values."""
    return tuple(
        replace(
            points[k],
            on_front=True,
            value_vector=tuple(Estimate(each, each, each) for each in value),
        )
        for k, value in enumerate(values)
    )


def test_points_are_spread_along_the_way_of_the_front(front_summary: FrontSummary) -> None:
    # On the box (-20 to 100, 12 to 0) a straight front; the way from end to end is 100 % efficacy.
    values = [(-20.0 + 12.0 * k, 1.2 * k) for k in (0, 1, 2, 6, 9, 10)]
    points = on_front(front_summary.points, values=values)
    summary = replace(front_summary, points=points)
    assert [each.id for each in spread_points(summary)] == [
        points[5].id,
        points[3].id,  # 6 of 10 is nearest to the middle
        points[0].id,
    ]
    assert [each.id for each in spread_points(summary, 2)] == [points[5].id, points[0].id]


def test_a_front_of_one_point_shows_it_once(front_summary: FrontSummary) -> None:
    points = on_front(front_summary.points, values=[(10.0, 2.0)])
    assert spread_points(replace(front_summary, points=points)) == points


def test_the_growth_is_that_of_the_history(front_summary: FrontSummary) -> None:
    history = (FrontGrowth(1, 1000, 0.2), FrontGrowth(3, 3000, 0.5))
    figure = draw_growth(replace(front_summary, history=history))
    ((steps, volumes),) = [
        each for each in shown(figure.axes[0], "#333333") if len(each[0]) == len(history) + 1
    ]
    assert steps == [0, 1000, 3000]
    assert volumes == [0.0, 0.2, 0.5]


def test_a_surface_passes_through_its_corners(front_summary: FrontSummary) -> None:
    vertices = ((20.0, 1.0), (40.0, 5.0))
    surface = AttainmentSurface("PPO", 50, vertices)
    figure = draw_attainment(replace(front_summary, attainment=(surface,)))
    ((across, upwards),) = [each for each in shown(figure.axes[0], "#332288") if len(each[0]) > 2]
    corners = set(zip(across, upwards, strict=True))
    assert {(1.0, 20.0), (5.0, 20.0), (5.0, 40.0)} <= {
        (round(x, 6), round(y, 6)) for x, y in corners
    }


def test_three_objectives_have_three_projections_and_four_have_six(
    front_summary: FrontSummary,
) -> None:
    for number, pairs in ((3, 3), (4, 6)):
        more = number - 2
        widened = replace(
            front_summary,
            objectives=front_summary.objectives + front_summary.objectives[:1] * more,
            points=tuple(
                replace(each, value_vector=each.value_vector + each.value_vector[:1] * more)
                for each in front_summary.points
            ),
            comparators=tuple(
                replace(each, value_vector=each.value_vector + each.value_vector[:1] * more)
                for each in front_summary.comparators
            ),
        )
        figure = draw_projections(widened, {})
        assert sum(axes.get_visible() for axes in figure.axes) == pairs


def test_equal_figures_are_equal_files_whose_text_is_text(
    arms: tuple[Arm, Arm], tmp_path: Path
) -> None:
    care, point = arms
    files = [
        write_figure(draw_waterfall(care, [point], CONTEXT), tmp_path / name, ["pdf", "svg"])
        for name in ("one", "other")
    ]
    for one, other in zip(*files, strict=True):
        assert one.suffix == other.suffix
        assert one.read_bytes() == other.read_bytes()
    assert ">patients, in order [%]<" in files[0][1].read_text(encoding="utf-8")


@pytest.fixture
def run(
    tmp_path: Path,
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
    comparator_records: tuple[ComparatorRecord, ...],
) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    for record in (*trial_records, *comparator_records):
        Ledger(folder.ledger).append(record)
    write_front(folder, front_summary)
    return folder


def drawn(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *more: str
) -> dict[str, object]:
    monkeypatch.setattr("sys.argv", ["dosefront", "figures", str(run.path), "--json", *more])
    with pytest.raises(SystemExit) as ended:
        dosefront.cli.main()
    printed = capsys.readouterr()
    assert ended.value.code == 0, printed.err
    return json.loads(printed.out)


def test_an_environment_without_courses_has_the_figures_of_its_front(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gallery, "run_courses", lambda folder, arms: {})
    found = drawn(run, monkeypatch, capsys)
    assert found["comparator"] is None
    names = {Path(str(each)).name for each in found["files"]}
    assert names <= {"front.png", "hypervolume.png", "attainment.png"}
    assert "front.png" in names
    assert len(found["points"]) == 3


def test_every_figure_of_a_run_says_who_is_shown_and_what_it_is_not_for(
    run: RunFolder,
    made_courses: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    courses = {name: treated(made_courses, dose=dose, seed=3) for name, dose in DOSES.items()}
    monkeypatch.setattr(
        gallery,
        "run_courses",
        lambda folder, arms: {arm: courses["care" if arm == LABEL else "point"] for arm in arms},
    )
    write_atomically(run.subgroups_npz, subgroups_bytes({"female": np.arange(PATIENTS) < 25}))
    point = json.loads(run.front_json.read_text())["points"][0]
    out = run.path / "paper"
    more = ("--point", point["id"][:6], "--format", "svg", "--out", str(out))
    found = drawn(run, monkeypatch, capsys, *more)
    assert found["points"] == [point["id"]]
    assert found["comparator"] == LABEL
    of_courses = ["survival", "waterfall", "adverse-events", "forest", "doses", "dose-map"]
    of_courses += [f"swimmer-{point['id']}", f"courses-{point['id']}"]
    names = {path.stem for path in out.glob("*.svg")}
    assert names == {*of_courses, "front", "hypervolume"}
    assert sorted(map(str, out.iterdir())) == sorted(found["files"])
    for name in names:
        text = written(out / f"{name}.svg")
        assert DISCLAIMER in text, name
        if name in of_courses:
            assert f"{point['algorithm']} {point['preference']} s{point['seed']}" in text, name
            assert f"{PATIENTS}" in text, name
    rows = list(csv.DictReader(io.StringIO((out / "adverse-events.csv").read_text())))
    assert {row["arm"] for row in rows} == {point["id"], LABEL}


def test_an_unknown_format_is_a_fault_of_usage(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["dosefront", "figures", str(run.path), "--format", "gif"])
    with pytest.raises(SystemExit) as ended:
        dosefront.cli.main()
    assert ended.value.code == 2
    assert 'got "gif"' in capsys.readouterr().err
