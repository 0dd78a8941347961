"""A run is published once and renewed afterwards; what W&B is asked for is what was meant."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import vl_convert
from wandb_server import ENTITY, WandbServer

from dosefront.errors import FrontError, TrackerError, UsageError
from dosefront.front import Objective
from dosefront.records import FrontSummary, RunFolder, front_rows
from dosefront.track import wandb_publish
from dosefront.track.front_chart import chart_fields, chart_strings, front_chart
from dosefront.track.wandb_publish import publish_run

pytestmark = pytest.mark.integration

EXPERIMENT = """\
name: quickstart
environment: {id: posology/DocetaxelCisplatin-v0}
objectives: [efficacy, toxicity]
weights: [[1, 0], [0, 1]]
algorithms: [{name: PPO}]
tracking: {wandb: {project: oncology}}
"""


@pytest.fixture
def published_folder(run_folder: RunFolder) -> RunFolder:
    run_folder.experiment_yaml.write_text(EXPERIMENT)
    return run_folder


def panels(spec: str) -> dict[str, Any]:
    """Every panel of a workspace or a report, by its kind."""
    found: dict[str, Any] = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if "viewType" in value:
                found[value["viewType"]] = value["config"]
            for each in value.values():
                look(each)
        if isinstance(value, list):
            for each in value:
                look(each)

    look(json.loads(spec))
    return found


def test_chart_workspace_and_report_are_made_once_and_renewed_from_anywhere(
    published_folder: RunFolder, server: WandbServer, tmp_path: Path
) -> None:
    first = publish_run(published_folder)
    assert (first.entity, first.project) == (ENTITY, "oncology")
    (chart,) = server.asked("CreateCustomChart")
    assert first.chart == f"{ENTITY}/{chart['chartName']}"
    (workspace,) = server.asked("UpsertView2")
    (report,) = server.asked("upsertView")
    assert (workspace["type"], report["type"]) == ("project-view", "runs")
    for spec in (workspace["spec"], report["spec"]):
        assert '"quickstart"' in spec  # the group of the run
        shown = panels(spec)
        assert set(shown) == {"Vega2", "Run History Line Plot", "Media Browser", "Scatter Plot"}
        assert shown["Vega2"]["panelDefId"] == first.chart
        assert shown["Vega2"]["fieldSettings"]["y_low"] == "efficacy_low"
        assert shown["Media Browser"]["mediaKeys"] == ["front_figure"]
        assert shown["Run History Line Plot"]["xAxis"] == "trials_ended"
    assert "not for patient care" in report["spec"]

    shutil.move(published_folder.path, tmp_path / "elsewhere")
    second = publish_run(RunFolder(tmp_path / "elsewhere"))
    assert second == first
    assert server.asked("UpsertView2")[1]["id"] == "view-1"
    assert server.asked("upsertView")[1]["id"] == "view-2"


def test_no_account_no_server_and_no_front_are_told(
    published_folder: RunFolder, unreachable: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dosefront.track.wandb_session.ANSWER_SECONDS", 1)
    with pytest.raises(TrackerError, match="cannot be reached"):
        publish_run(published_folder)
    monkeypatch.delenv("WANDB_API_KEY")
    with pytest.raises(TrackerError, match="holds no key"):
        publish_run(published_folder)
    published_folder.front_json.unlink()
    with pytest.raises(FrontError, match="No such file"):
        publish_run(published_folder)


def test_without_its_library_it_says_what_to_install(
    published_folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wandb_publish, "reports", None)
    with pytest.raises(UsageError, match=r"dosefront\[publish\]"):
        publish_run(published_folder)


def test_the_chart_draws_every_point_with_its_intervals(front_summary: FrontSummary) -> None:
    """As W&B does it: its texts and columns are put in, the table is the data."""
    objectives = front_summary.objectives
    text = json.dumps(front_chart(objectives))
    for kind, values in (
        ("field", chart_fields(objectives)),
        ("string", chart_strings(objectives)),
    ):
        for name, value in values.items():
            text = text.replace(f"${{{kind}:{name}}}", value)
    assert "${" not in text
    rows = front_rows(front_summary)
    chart = {**json.loads(text), "width": 400, "data": {"name": "wandb", "values": rows}}
    svg = vl_convert.vegalite_to_svg(chart)
    assert svg.count('aria-roledescription="point"') == len(rows) == 15
    assert svg.count('aria-roledescription="rule mark"') == 2 * len(rows)
    assert "toxicity [events]" in svg


@pytest.mark.parametrize(
    ("sense", "order"), [("minimise", "ascending"), ("maximise", "descending")]
)
def test_the_staircase_runs_from_the_better_end(objectives: Any, sense: str, order: str) -> None:
    ends = (12.0, 0.0) if sense == "minimise" else (0.0, 12.0)
    (staircase, *_) = front_chart((objectives[0], Objective("other", "", sense, *ends)))["layer"]
    window = staircase["transform"][1]
    assert window["sort"][0]["order"] == order
    assert window["window"][0]["op"] == "max"
