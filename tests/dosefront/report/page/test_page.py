"""The page: one file that asks for nothing, holds what it shows, and runs only its own script."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from page_run import made_run

import dosefront.report.page
from dosefront.front import Estimate, Objective
from dosefront.records import FrontSummary, TrialRecord
from dosefront.report.page import RunContents, page_html, page_sections

VENDOR = Path(dosefront.report.page.__file__).parent / "assets" / "vendor"
HOSTILE = "</script><img src=x onerror=alert(1)>\u2028\"'&<b>"


class Reading(HTMLParser):
    """Tags with their attributes, and the text of each script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._is_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_script = tag == "script"
        if self._is_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def handle_data(self, data: str) -> None:
        if self._is_script:
            self.scripts[-1] += data

    @property
    def content(self) -> Any:
        """The block of data."""
        return json.loads(self.scripts[0])


@pytest.fixture(scope="module")
def page(run: RunContents) -> str:
    return page_html(run)


def test_nothing_in_the_page_asks_for_another_file(page: str) -> None:
    tags = Reading(page).tags
    assert not any("src" in attributes for _, attributes in tags)
    links = [attributes["href"] for _, attributes in tags if "href" in attributes]
    assert all(str(link).startswith("#") for link in links)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page.split("</style>")[0])


def test_only_the_scripts_that_the_page_came_with_may_run(page: str) -> None:
    reading = Reading(page)
    (policy,) = [a["content"] for _, a in reading.tags if "http-equiv" in a]
    assert "default-src 'none'" in str(policy)
    for script in reading.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in str(policy)
    assert "script-src 'unsafe-inline'" not in str(policy)


def test_it_says_at_both_ends_that_it_is_not_for_patient_care(page: str) -> None:
    assert page.count("In silico, for research use only; not for patient care.") == 2


def test_names_that_look_like_markup_stay_text(
    front_summary: FrontSummary, trial_records: tuple[TrialRecord, ...]
) -> None:
    first = front_summary.objectives[0]
    hostile = replace(
        front_summary,
        run=HOSTILE,
        environment=HOSTILE,
        objectives=(
            Objective(HOSTILE, HOSTILE, "maximise", first.reference, first.ideal),
            front_summary.objectives[1],
        ),
        points=tuple(replace(point, preference=HOSTILE) for point in front_summary.points),
        comparators=tuple(replace(each, title=HOSTILE) for each in front_summary.comparators),
    )
    reading = Reading(page_html(made_run(hostile, trial_records)))
    assert not any(tag in ("img", "b") for tag, _ in reading.tags)
    assert HOSTILE in reading.content["datasets"]["points"]["title"]
    assert len(reading.scripts) == 4  # the data, Vega, Vega-Lite, and the page's own


def test_sections_without_data_are_left_out(
    front_summary: FrontSummary, trial_records: tuple[TrialRecord, ...]
) -> None:
    def names(summary: FrontSummary, **further: bool) -> set[str]:
        return {each.name for each in page_sections(made_run(summary, trial_records, **further))}

    clinical = {"regimen", "patients", "toxicity", "waterfall", "survival", "swimmer"}
    assert clinical <= names(front_summary)
    assert not clinical & names(front_summary, with_courses=False)
    assert "subgroups" not in names(replace(front_summary, comparators=()))
    assert "growth" not in names(replace(front_summary, history=()))
    assert "settings" not in names(front_summary)  # they do not vary in this run
    assert "objectives" not in names(front_summary)  # a plane shows both


def test_settings_that_vary_have_a_section(
    front_summary: FrontSummary, trial_records: tuple[TrialRecord, ...]
) -> None:
    points = front_summary.points[:2]
    specs = [
        replace(record.spec, settings={"learning_rate": rate})
        for record, rate in zip(trial_records, (1e-3, 1e-4), strict=False)
    ]
    trials = tuple(
        replace(record, spec=spec) for record, spec in zip(trial_records, specs, strict=False)
    )
    summary = replace(
        front_summary,
        points=tuple(
            replace(point, id=spec.trial_id, trial=spec.trial_id)
            for point, spec in zip(points, specs, strict=True)
        ),
    )
    sections = {each.name: each for each in page_sections(made_run(summary, trials))}
    rows = sections["settings"].datasets["settings_rows"]
    assert list(rows["dimension_0"]) == [1e-3, 1e-4]


def test_two_hundred_policies_fit_in_two_megabytes(
    front_summary: FrontSummary, trial_records: tuple[TrialRecord, ...]
) -> None:
    first = front_summary.points[0]
    endpoints = {name: Estimate(0.123456789, 0.1, 0.2) for name in ("confirmed response",)}
    many = tuple(replace(first, id=f"{k:010x}", endpoints=endpoints) for k in range(200))
    run = made_run(replace(front_summary, points=many), trial_records)
    arms = run.arms.shown
    shown = tuple(replace(arms[0], id=many[k].id) for k in range(24))  # as many as a page shows
    run = replace(run, arms=replace(run.arms, shown=(*shown, arms[-1])))
    assert len(page_html(run).encode()) < 2_000_000


def test_numbers_are_rounded_and_what_is_not_finite_is_left_out(run: RunContents) -> None:
    first = replace(run.summary.points[0], probability_nondominated=1 / 3)
    summary = replace(run.summary, points=(first, *run.summary.points[1:]))
    points = Reading(page_html(replace(run, summary=summary))).content["datasets"]["points"]
    assert points["probability"][0] == pytest.approx(1 / 3, abs=1e-5)
    assert len(str(points["probability"][0])) < 9
    assert points["probability"][-1] is None  # a comparator


def test_vendored_files_are_those_that_their_origin_names() -> None:
    origin = (VENDOR / "ORIGIN.md").read_text(encoding="utf-8")
    for path in VENDOR.glob("*.js"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        (line,) = [each for each in origin.splitlines() if f"`{path.name}`" in each]
        assert digest in line
        licence = re.search(r"`(LICENSE\.[\w-]+)`", line)
        assert licence
        assert (VENDOR / licence[1]).exists()


def test_the_footer_names_the_versions_that_are_vendored(page: str) -> None:
    origin = (VENDOR / "ORIGIN.md").read_text(encoding="utf-8")
    versions = re.findall(r"\| (vega(?:-lite)?) \| ([\d.]+) \|", origin)
    assert len(versions) == 2
    for name, version in versions:
        assert f"{ {'vega': 'Vega', 'vega-lite': 'Vega-Lite'}[name] } {version}" in page
