"""`dosefront sync` and `publish` exit with 5 where W&B is out of reach."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import dosefront.cli
from dosefront.errors import TrackerError
from dosefront.records import RunFolder
from dosefront.track import wandb_publish, wandb_sync
from dosefront.track.wandb_publish import Published
from dosefront.track.wandb_sync import Synced


def command(monkeypatch: pytest.MonkeyPatch, capsys: Any, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["dosefront", *arguments])
    with pytest.raises(SystemExit) as caught:
        dosefront.cli.main()
    output = capsys.readouterr()
    return int(caught.value.code or 0), output.out, output.err


@pytest.mark.parametrize(("name", "module"), [("sync", wandb_sync), ("publish", wandb_publish)])
def test_out_of_reach_is_exit_5_in_one_sentence(
    name: str, module: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    def refuse(folder: RunFolder) -> None:
        raise TrackerError("W&B needs an account. Run `wandb login`.")

    monkeypatch.setattr(module, f"{name}_run", refuse)
    code, out, err = command(monkeypatch, capsys, name, str(tmp_path))
    assert (code, out) == (5, "")
    assert err == "error: W&B needs an account. Run `wandb login`.\n"


def test_sync_says_what_was_uploaded(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(wandb_sync, "sync_run", lambda folder: Synced(("a", "b"), ("c",)))
    code, out, err = command(monkeypatch, capsys, "sync", str(tmp_path))
    assert (code, out) == (0, "2 W&B runs uploaded, 1 were before\n")
    assert f"Next: dosefront publish {tmp_path}" in err
    _, out, _ = command(monkeypatch, capsys, "sync", str(tmp_path), "--json")
    assert json.loads(out) == {"uploaded": ["a", "b"], "uploaded_before": ["c"]}


def test_publish_says_what_stands_there_and_what_is_not_uploaded(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    (tmp_path / "wandb" / "offline-run-1-a").mkdir(parents=True)
    (tmp_path / "wandb" / "offline-run-1-a" / "run-a.wandb").touch()
    made = Published("we", "dosefront", "we/chart", "http://w/1", "http://r/2")
    monkeypatch.setattr(wandb_publish, "publish_run", lambda folder: made)
    code, out, err = command(monkeypatch, capsys, "publish", str(tmp_path))
    assert code == 0
    assert out.splitlines() == [
        "chart      we/chart",
        "workspace  http://w/1",
        "report     http://r/2",
    ]
    assert "1 of its W&B runs are not uploaded yet" in err
