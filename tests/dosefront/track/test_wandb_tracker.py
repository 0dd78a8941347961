"""What W&B holds after a sweep, read back with W&B's own reader; there is no server."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from wandb_server import running

from dosefront.front import Estimate
from dosefront.records import FrontSummary, RunFolder, TrialRecord, front_rows
from dosefront.report import write_front_figure
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


def test_an_offline_sweep_can_be_read_back(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    failed_record: TrialRecord,
    front_summary: FrontSummary,
) -> None:
    before = dict(os.environ)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    watch_a_sweep(tracker, [*trial_records[:2], failed_record], front_summary, None)

    front = summary_of(run_folder, "front")
    assert front["state"] == "finished"
    assert front["summary"]["hypervolume"] == front_summary.hypervolume
    assert front["summary"]["trials_ended"] == 11
    assert front["summary"]["front_rows"] == front_rows(front_summary)
    assert front["summary"]["front_table"]["nrows"] == 15

    finished = trial_records[1]
    trial = summary_of(run_folder, finished.spec.trial_id)
    point = front_summary.points[1]
    assert trial["summary"]["eval/toxicity"] == point.value_vector[1].value == 1.1
    assert trial["summary"]["eval/toxicity_low"] == point.value_vector[1].low
    assert trial["summary"]["eval/on_front"] is True
    assert trial["config"]["preferences"] == [{"efficacy": 0.25, "toxicity": 0.75}]
    history = [
        record["history"]["item"]
        for record in map(json.loads, inspect(run_folder, finished.spec.trial_id).splitlines())
        if record["type"] == "history"
    ]
    assert [row["steps"] for row in history] == [1000, 2000]

    failed = summary_of(run_folder, failed_record.spec.trial_id)
    assert failed["exit_code"] == 1
    assert failed["summary"]["error"] == "weights are not finite"

    assert wandb_processes() == []
    assert dict(os.environ) == before


def test_an_unreachable_server_costs_nothing_but_the_view(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    front_summary: FrontSummary,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.setattr(wandb_tracker, "INIT_SECONDS", 1.0)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="auto")
    watch_a_sweep(tracker, trial_records[:1], front_summary, None)
    warnings = [each for each in caplog.records if each.name == wandb_tracker.__name__]
    assert ["W&B cannot be reached" in each.getMessage() for each in warnings].count(True) == 1
    front = summary_of(run_folder, "front-offline")
    assert front["summary"]["front_rows"] == front_rows(front_summary)
    assert (
        summary_of(run_folder, f"{trial_records[0].spec.trial_id}-offline")["state"] == "finished"
    )
    assert wandb_processes() == []


def test_a_server_that_vanishes_during_the_sweep_costs_nothing_but_the_view(
    run_folder: RunFolder,
    trial_records: Sequence[TrialRecord],
    front_summary: FrontSummary,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.setattr("wandb.apis.public.Api._HTTP_TIMEOUT", 1)  # W&B's own 19 s are no test's
    monkeypatch.setattr(wandb_tracker, "FINISH_SECONDS", 1.0)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="auto")
    first, second = trial_records[0].spec, trial_records[1].spec
    tracker.trial_progress(first, {"steps": 1000})
    assert "W&B cannot be reached" not in caplog.text

    server.shutdown()
    server.server_close()
    tracker.trial_progress(first, {"steps": 2000})
    tracker.front_changed(front_summary, None)
    tracker.trial_progress(second, {"steps": 1000})
    tracker.close()
    assert caplog.text.count("W&B cannot be reached") == 1
    assert summary_of(run_folder, first.trial_id)["summary"]["steps"] == 2000
    front = summary_of(run_folder, "front-offline")
    assert front["summary"]["front_rows"] == front_rows(front_summary)
    assert summary_of(run_folder, f"{second.trial_id}-offline")["summary"]["steps"] == 1000
    assert wandb_processes() == []


@pytest.mark.parametrize("variables", [{}, {"WANDB_API_KEY": "a" * 40, "WANDB_MODE": "offline"}])
def test_auto_stays_offline_without_a_key_or_on_the_users_word(
    run_folder: RunFolder, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
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
    run_folder: RunFolder, trial_records: Sequence[TrialRecord]
) -> None:
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    tracker.trial_progress(trial_records[0].spec, {"steps": 1000})
    tracker.close()
    trial = summary_of(run_folder, trial_records[0].spec.trial_id)
    assert trial["exit_code"] == 1
    assert trial["summary"]["steps"] == 1000


def test_the_figure_and_the_front_go_along(
    run_folder: RunFolder, front_summary: FrontSummary
) -> None:
    write_front_figure(front_summary, run_folder.front_png)
    tracker = WandbTracker(run_folder, RUN, project="dosefront", mode="offline")
    tracker.front_changed(front_summary, run_folder.front_png)
    tracker.close()
    (image,) = run_folder.wandb.glob("offline-run-*/files/media/images/front_figure_*.png")
    assert image.read_bytes() == run_folder.front_png.read_bytes()
    artifacts = [
        record["artifact"]
        for record in map(json.loads, inspect(run_folder, "front").splitlines())
        if record["type"] == "artifact" and record["artifact"]["type"] == "pareto-front"
    ]
    (kept,) = artifacts[0]["manifest"]["contents"]
    assert Path(kept["local_path"]).read_bytes() == run_folder.front_json.read_bytes()
    assert run_folder.wandb in Path(kept["local_path"]).parents
