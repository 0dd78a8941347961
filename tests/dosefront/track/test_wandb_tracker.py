"""What W&B holds after a sweep, read back with W&B's own reader; there is no server."""

import dataclasses
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from wandb_server import running

from dosefront.front import Estimate
from dosefront.records import FrontSummary, RunFolder, TrialRecord, front_rows, write_front
from dosefront.report.figure import write_front_figure
from dosefront.track import WandbTracker, wandb_tracker

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("without_credentials")]

RUN = "quickstart-1"
Watch = Callable[..., None]
Inspect = Callable[..., str]
SummaryOf = Callable[[RunFolder, str], dict[str, Any]]


def wandb_processes() -> list[str]:
    listing = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=1) for line in listing.stdout.splitlines()[1:]]
    return [args for ppid, args in lines if int(ppid) == os.getpid() and "wandb-core" in args]


def shown_rows(summary: FrontSummary) -> list[dict[str, object]]:
    """The front's rows, each trial's with its policy's artifact."""
    artifacts = {point.id: f"policy-{point.trial}:latest" for point in summary.points}
    return [{**row, "artifact": artifacts.get(str(row["id"]))} for row in front_rows(summary)]


def records_of(inspected: str, kind: str) -> list[dict[str, Any]]:
    records = map(json.loads, inspected.splitlines())
    return [record[kind] for record in records if record["type"] == kind]


def test_an_offline_sweep_can_be_read_back(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    failed_record: TrialRecord,
    front_summary: FrontSummary,
    watch_a_sweep: Watch,
    inspect: Inspect,
    summary_of: SummaryOf,
) -> None:
    before = dict(os.environ)
    failed = dataclasses.replace(failed_record, error="Traceback\nValueError: patient 12 is odd")
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    watch_a_sweep(tracker, [*trial_records[:2], failed], front_summary)

    front = summary_of(run_folder, "front")
    assert front["state"] == "finished"
    assert front["summary"]["hypervolume"] == front_summary.hypervolume
    assert front["summary"]["trials_ended"] == 11
    assert front["summary"]["front_rows"] == shown_rows(front_summary)
    assert front["summary"]["front_table"]["nrows"] == 15

    finished = trial_records[1]
    trial = summary_of(run_folder, finished.spec.trial_id)
    point = front_summary.points[1]
    assert trial["summary"]["eval/toxicity"] == point.value_vector[1].value == 1.1
    assert trial["summary"]["eval/toxicity_low"] == point.value_vector[1].low
    assert trial["summary"]["eval/on_front"] is True
    assert trial["config"]["preferences"] == [{"efficacy": 0.25, "toxicity": 0.75}]
    history = records_of(inspect(run_folder, finished.spec.trial_id), "history")
    assert [row["item"]["steps"] for row in history] == [1000, 2000]

    ended = summary_of(run_folder, failed.spec.trial_id)
    assert ended["exit_code"] == 1
    assert ended["summary"]["error"] == "ValueError"  # its message may quote a patient

    assert wandb_processes() == []
    assert dict(os.environ) == before


def test_runs_are_grouped_tagged_and_say_which_code_made_them(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    front_summary: FrontSummary,
    watch_a_sweep: Watch,
    inspect: Inspect,
    summary_of: SummaryOf,
) -> None:
    code = {"commit": "1234567+", "versions": {"dosefront": "0.1.0"}, "environment": {"id": "e"}}
    record = dataclasses.replace(trial_records[0], provenance={**code, "machine": "theatre-3"})
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    watch_a_sweep(tracker, [record], front_summary)
    (trial,) = records_of(inspect(run_folder, record.spec.trial_id), "run")
    assert (trial["run_group"], trial["job_type"]) == (RUN, "train")
    assert trial["tags"] == ["dosefront", "PPO", "linear", "seed 1", record.spec.environment]
    (front,) = records_of(inspect(run_folder, "front"), "run")
    assert (front["run_group"], front["job_type"], front["tags"]) == (
        RUN,
        "front",
        ["dosefront", "front"],
    )
    for suffix in (record.spec.trial_id, "front"):
        assert summary_of(run_folder, suffix)["config"]["code"] == code


def test_the_front_is_a_native_chart_of_its_table_after_each_trial(
    run_folder: RunFolder, front_summary: FrontSummary, inspect: Inspect
) -> None:
    few = dataclasses.replace(front_summary, points=front_summary.points[:3])
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    tracker.front_changed(few, None)
    tracker.front_changed(front_summary, None)
    tracker.close()
    inspected = inspect(run_folder, "front")
    *_, chart = (
        config["update"]["_wandb.visualize.front"]
        for config in records_of(inspected, "config")
        if "_wandb.visualize.front" in config["update"]
    )
    assert chart["panel_type"] == "Vega2"
    assert chart["panel_config"]["fieldSettings"] == {"x": "toxicity", "y": "efficacy"}
    assert chart["panel_config"]["panelDefId"] == "wandb/scatter/v0"
    rows = [record["item"] for record in records_of(inspected, "history")]
    assert [(row["trials_ended"], row["front_table.nrows"]) for row in rows] == [
        (4, 8),
        (11, 15),
    ]
    (folder,) = run_folder.wandb.glob("offline-run-*-front")
    stored = json.loads((folder / "files" / rows[1]["front_table.path"]).read_text())
    told = [dict(zip(stored["columns"], row, strict=True)) for row in stored["data"]]
    first = front_summary.points[0]
    assert told[0]["weights"] == "0 1"
    assert told[0]["artifact"] == f"policy-{first.trial}:latest"
    assert (told[0]["seed"], told[0]["algorithm"]) == (1, "PPO")
    assert told[0]["toxicity_high"] == first.value_vector[1].high
    assert told[0]["objective_response_low"] == first.endpoints["objective_response"].low


def test_each_policy_is_an_artifact_of_its_trial(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    front_summary: FrontSummary,
    watch_a_sweep: Watch,
    inspect: Inspect,
) -> None:
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    watch_a_sweep(tracker, trial_records[:1], front_summary)
    trial = trial_records[0].spec.trial_id
    (policy,) = records_of(inspect(run_folder, trial), "artifact")
    assert (policy["name"], policy["type"]) == (f"policy-{trial}", "policy")
    (kept,) = policy["manifest"]["contents"]
    assert Path(kept["local_path"]).read_bytes() == f"policy of {trial}".encode()


def test_a_figure_of_fewer_than_five_patients_does_not_leave(
    run_folder: RunFolder,
    front_summary: FrontSummary,
    summary_of: SummaryOf,
    inspect: Inspect,
) -> None:
    """Four of 2,000 patients had it, or four had not; five are told."""
    few = {
        "rare": Estimate(4 / 2000, 0.0005, 0.005),
        "common": Estimate(1996 / 2000, 0.995, 0.9995),
        "five": Estimate(5 / 2000, 0.0008, 0.006),
        "nobody": Estimate(0.0, 0.0, 0.002),
    }
    point = dataclasses.replace(front_summary.points[0], endpoints=few)
    summary = dataclasses.replace(front_summary, points=(point,))
    write_front(run_folder, summary)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    tracker.front_changed(summary, None)
    tracker.close()
    row = summary_of(run_folder, "front")["summary"]["front_rows"][0]
    assert {name for name in few if name in row} == {"five", "nobody"}
    kept = [
        each["manifest"]["contents"][0]["local_path"]
        for each in records_of(inspect(run_folder, "front"), "artifact")
    ]
    told = [Path(path).read_text() for path in kept]
    assert len(told) == 2  # the table and front.json
    assert all('"five' in text and '"rare' not in text for text in told)


def test_an_unreachable_server_costs_nothing_but_the_view(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    front_summary: FrontSummary,
    unreachable: None,
    watch_a_sweep: Watch,
    summary_of: SummaryOf,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(wandb_tracker, "INIT_SECONDS", 1.0)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="auto")
    watch_a_sweep(tracker, trial_records[:1], front_summary)
    warnings = [each for each in caplog.records if each.name == wandb_tracker.__name__]
    assert ["W&B cannot be reached" in each.getMessage() for each in warnings].count(True) == 1
    front = summary_of(run_folder, "front-offline")
    assert front["summary"]["front_rows"] == shown_rows(front_summary)
    assert (
        summary_of(run_folder, f"{trial_records[0].spec.trial_id}-offline")["state"] == "finished"
    )
    assert wandb_processes() == []


def test_a_server_that_vanishes_during_the_sweep_costs_nothing_but_the_view(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    front_summary: FrontSummary,
    summary_of: SummaryOf,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    there = ExitStack()
    monkeypatch.setenv("WANDB_BASE_URL", there.enter_context(running()).url)
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.setattr("wandb.apis.public.Api._HTTP_TIMEOUT", 1)  # W&B's own 19 s are no test's
    monkeypatch.setattr(wandb_tracker, "FINISH_SECONDS", 1.0)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="auto")
    first, second = trial_records[0].spec, trial_records[1].spec
    tracker.trial_progress(first, {"steps": 1000})
    assert "W&B cannot be reached" not in caplog.text

    there.close()
    tracker.trial_progress(first, {"steps": 2000})
    tracker.front_changed(front_summary, None)
    tracker.trial_progress(second, {"steps": 1000})
    tracker.close()
    assert caplog.text.count("W&B cannot be reached") == 1
    assert summary_of(run_folder, first.trial_id)["summary"]["steps"] == 2000
    front = summary_of(run_folder, "front-offline")
    assert front["summary"]["front_rows"] == shown_rows(front_summary)
    assert summary_of(run_folder, f"{second.trial_id}-offline")["summary"]["steps"] == 1000
    assert wandb_processes() == []


@pytest.mark.parametrize("variables", [{}, {"WANDB_API_KEY": "a" * 40, "WANDB_MODE": "offline"}])
def test_auto_stays_offline_without_a_key_or_on_the_users_word(
    run_folder: RunFolder,
    variables: dict[str, str],
    summary_of: SummaryOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="auto")
    tracker.close()
    assert summary_of(run_folder, "front")["state"] == "finished"


def test_a_key_in_the_netrc_file_counts(
    run_folder: RunFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1:9 login user password {'a' * 40}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(wandb_tracker, "INIT_SECONDS", 1.0)
    WandbTracker(run_folder, RUN, project="dosefront", mode="auto").close()
    assert "W&B cannot be reached" in caplog.text


def test_a_trial_that_the_end_interrupts_is_kept(
    run_folder: RunFolder, trial_records: Sequence[TrialRecord], summary_of: SummaryOf
) -> None:
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    tracker.trial_progress(trial_records[0].spec, {"steps": 1000})
    tracker.close()
    trial = summary_of(run_folder, trial_records[0].spec.trial_id)
    assert trial["exit_code"] == 1
    assert trial["summary"]["steps"] == 1000


def test_the_figure_and_the_front_go_along(
    run_folder: RunFolder, front_summary: FrontSummary, inspect: Inspect
) -> None:
    write_front_figure(front_summary, run_folder.front_png)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    tracker.front_changed(front_summary, run_folder.front_png)
    tracker.close()
    (image,) = run_folder.wandb.glob("offline-run-*/files/media/images/front_figure_*.png")
    assert image.read_bytes() == run_folder.front_png.read_bytes()
    artifacts = records_of(inspect(run_folder, "front"), "artifact")
    (front,) = [each for each in artifacts if each["type"] == "pareto-front"]
    (kept,) = front["manifest"]["contents"]
    told = json.loads(Path(kept["local_path"]).read_text())
    stored = json.loads(run_folder.front_json.read_text())
    assert told["points"] == stored["points"]
    assert told["hypervolume"] == stored["hypervolume"]
    assert run_folder.wandb in Path(kept["local_path"]).parents
