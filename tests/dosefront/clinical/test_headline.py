"""The headline: chosen on select, told on others, with every number from the patients."""

import csv
import dataclasses
import io
import json
import sys
from typing import Any

import numpy as np
import pytest

import dosefront.cli
from dosefront.clinical import (
    LEAST_PATIENTS,
    LEAST_SHOWN,
    GroupEffects,
    Headline,
    choices,
    chosen_patients,
    headline,
    shared_spec,
)
from dosefront.errors import UsageError
from dosefront.evaluate import Archive
from dosefront.front import Estimate
from dosefront.records import ComparatorRecord, JudgedPolicy, Outcome, RunFolder
from dosefront.report.headline import headline_csv, headline_markdown
from dosefront.report.page import load_run, page_sections
from dosefront.report.sheet import group_title


@pytest.fixture(scope="module")
def found(archive: Archive) -> Headline:
    patients = chosen_patients(shared_spec(archive), number=150)
    chosen = choices(archive, [archive.summary.points[0].id])
    return headline(archive, patients, chosen=chosen, draws=3)


def with_select(archive: Archive, rates: list[tuple[float, float]], usual: tuple[float, float]):
    """The archive as if response and serious events on select had been these."""

    def outcome(response: float, serious: float) -> Outcome:
        ends = {"confirmed response": response, "serious adverse event": serious}
        return Outcome(80, (), {name: Estimate(rate, 0.0, 1.0) for name, rate in ends.items()})

    def judged(record: Any, at: tuple[float, float]) -> Any:
        first: JudgedPolicy = record.judged[0]
        return dataclasses.replace(
            record, judged=(dataclasses.replace(first, select=outcome(*at)),)
        )

    points = archive.summary.points
    comparator: ComparatorRecord = archive.comparators["label-with-rules"]
    return dataclasses.replace(
        archive,
        trials={
            point.trial: judged(archive.trials[point.trial], at)
            for point, at in zip(points, rates, strict=True)
        },
        comparators={
            "label-with-rules": dataclasses.replace(comparator, select=outcome(*usual)),
        },
        summary=dataclasses.replace(
            archive.summary,
            points=tuple(dataclasses.replace(point, on_front=True) for point in points),
        ),
    )


def test_points_are_chosen_by_the_select_cohort_alone(archive: Archive) -> None:
    first, second, third = (point.id for point in archive.summary.points)
    made = with_select(archive, [(0.30, 0.50), (0.34, 0.80), (0.40, 0.90)], usual=(0.32, 0.85))
    assert [each.point.id for each in choices(made)] == [second]
    made = with_select(archive, [(0.33, 0.50), (0.34, 0.80), (0.40, 0.90)], usual=(0.32, 0.85))
    assert [each.point.id for each in choices(made)] == [second, first]
    made = with_select(archive, [(0.30, 0.90), (0.31, 0.95), (0.40, 0.90)], usual=(0.32, 0.85))
    (only,) = choices(made)
    assert only.point.id == third
    assert only.reason == "fewest serious events with no less response than Label with rules"


def test_a_front_without_either_says_so(archive: Archive) -> None:
    made = with_select(archive, [(0.1, 0.9)] * 3, usual=(0.3, 0.5))
    with pytest.raises(UsageError, match=r"Name points with --point"):
        choices(made)


def test_every_effect_is_counted_on_the_patients(found: Headline, archive: Archive) -> None:
    response, serious, efficacy, toxicity = found.arms[0].effects
    for each in (response, serious):
        assert each.difference.value == pytest.approx(each.ours.value - each.theirs.value)
        assert each.ours.value * 150 == pytest.approx(round(each.ours.value * 150))
        benefit = each.difference.value if each is response else -each.difference.value
        assert each.needed.value == pytest.approx(1.0 / benefit)
    assert efficacy.needed is None
    assert toxicity.ours.value >= 0.0  # a count of events, not a return
    assert [each.is_harm for each in found.arms[0].effects] == [False, True, False, True]


def test_the_worst_tenth_is_worse_than_the_mean(found: Headline) -> None:
    efficacy, toxicity = found.arms[0].tails
    _, _, mean_efficacy, mean_toxicity = found.arms[0].effects
    assert efficacy.ours.value < mean_efficacy.ours.value
    assert toxicity.ours.value > mean_toxicity.ours.value


def test_groups_that_divide_the_patients_add_up_to_all(found: Headline) -> None:
    groups = {group.name: group for group in found.arms[0].groups}
    for place, effect in enumerate(found.arms[0].effects[:2]):
        parts = [groups[name] for name in ("female", "male")]
        events = sum(part.patients * part.effects[place].ours.value for part in parts)
        assert events == pytest.approx(150 * effect.ours.value)


def test_the_worst_group_has_enough_patients_and_the_least_benefit(found: Headline) -> None:
    arm = found.arms[0]
    for place, (measure, worst) in enumerate(arm.worst().items()):
        assert measure == arm.effects[place].measure
        assert worst.patients >= LEAST_PATIENTS
        benefits = [
            group.effects[place].benefit.value
            for group in arm.groups
            if group.patients >= LEAST_PATIENTS
        ]
        assert worst.effects[place].benefit.value == min(benefits)


def test_a_band_holds_the_draws_and_not_the_point_estimate(
    found: Headline, archive: Archive
) -> None:
    spec = shared_spec(archive)
    chosen = choices(archive, [archive.summary.points[0].id])
    differences = []
    for draw in range(3):
        patients = chosen_patients(spec, number=150, scenario={"parameters": draw})
        each = headline(archive, patients, chosen=chosen, draws=0)
        assert each.arms[0].bands == ()
        differences.append(each.arms[0].effects[1].difference.value)
    band = found.arms[0].bands[1]
    assert band.measure == "serious adverse event"
    assert band.difference == pytest.approx(tuple(np.quantile(differences, [0.05, 0.95])))
    assert band.favourable == sum(difference < 0.0 for difference in differences)


def test_the_page_and_the_table_hold_every_policy_and_group(found: Headline) -> None:
    page = headline_markdown(found)
    assert "In silico, for research use only; not for patient care." in page
    assert "new patients of seed 6" in page
    for group in found.arms[0].groups:
        assert f"| {group.name.replace('_', ' ').replace(':', ' ')} | {group.patients} |" in page
    rows = list(csv.DictReader(io.StringIO(headline_csv(found))))
    whole = [row for row in rows if row["group"] == ""]
    assert [row["measure"] for row in whole] == [each.measure for each in found.arms[0].effects]
    assert float(whole[0]["difference"]) == found.arms[0].effects[0].difference.value
    assert len(rows) == len(whole) + 2 * len(found.arms[0].groups)
    json.dumps(found.to_mapping(), allow_nan=False)


def in_points(estimate: Estimate) -> tuple[float, float, float]:
    return 100.0 * estimate.value, 100.0 * estimate.low, 100.0 * estimate.high


def test_the_page_of_the_run_has_the_same_intervals_for_the_same_patients(
    clinic_run: RunFolder, archive: Archive
) -> None:
    run = load_run(clinic_run, lambda done, total, title: None)
    sections = {section.name: section.of_arms for section in page_sections(run)}
    patients = chosen_patients(shared_spec(archive), cohort="held-out")
    policies = [each.id for each in archive.summary.points if each.on_front]
    found = headline(archive, patients, chosen=choices(archive, policies), draws=0)
    assert found.arms
    for arm in found.arms:
        groups = (GroupEffects("all patients", len(patients), arm.effects[:2]), *arm.groups)
        differences = {
            (group_title(group.name), each.measure): in_points(each.difference)
            for group in groups
            if group.patients >= LEAST_SHOWN
            for each in group.effects
        }
        forest = sections["subgroups"]["forest"][arm.id]
        rows = zip(*(forest[name] for name in ("group", "endpoint")), strict=True)
        shown = zip(*(forest[name] for name in ("difference", "low", "high")), strict=True)
        assert dict(zip(rows, shown, strict=True)) == differences
        events = sections["toxicity"]["toxicity"][arm.id]
        ends = ("difference", "difference_low", "difference_high")
        any_term = events["term"].index("any of these")
        severe = tuple(events[name][any_term] for name in ends)
        assert severe == differences["all patients", "serious adverse event"]


def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["dosefront", *arguments])
    with pytest.raises(SystemExit) as caught:
        dosefront.cli.main()
    output = capsys.readouterr()
    return int(caught.value.code or 0), output.out, output.err


def test_the_commands_print_data_write_files_and_name_the_next(
    clinic_run: RunFolder, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    point = clinic_run.trials.iterdir().__next__().name
    run = str(clinic_run.path)
    some = ("--point", point, "--n", "40")
    code, out, err = command(monkeypatch, capsys, "evaluate", run, *some, "--json")
    assert (code, err) == (0, "")
    stored = json.loads(out)
    assert [each["kind"] for each in stored["arms"]][:2] == ["policy", "comparator"]
    assert stored["patients"]["number"] == 40
    place = tmp_path / "evaluation"
    code, out, err = command(monkeypatch, capsys, "evaluate", run, *some, "--out", str(place))
    assert code == 0
    assert "not for patient care" in out
    assert err.splitlines()[-1] == f"Next: dosefront headline {run}"
    assert {"evaluation.json", "evaluation.csv", "subgroups.npz", f"{point}.npz"} <= {
        each.name for each in place.iterdir()
    }
    place = tmp_path / "headline"
    code, out, err = command(
        monkeypatch, capsys, "headline", run, *some, "--draws", "1", "--out", str(place)
    )
    assert code == 0
    assert {each.name for each in place.iterdir()} == {
        "headline.md",
        "headline.csv",
        "headline.json",
    }
    assert f"Next: dosefront export {run} --point {point}" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("headline", "--cohort", "select"), "chosen on select"),
        (("evaluate", "--scenario", "adherence"), "KEY=VALUE"),
        (("evaluate", "--shift", "--subgroup", "female"), "Leave out --subgroup"),
        (("evaluate", "--point", "zzz"), "has no point"),
    ],
)
def test_what_makes_no_sense_exits_with_2(
    clinic_run: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    name, *rest = arguments
    code, _, err = command(monkeypatch, capsys, name, str(clinic_run.path), *rest)
    assert code == 2
    assert message in err
