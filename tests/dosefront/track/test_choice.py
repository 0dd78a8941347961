"""Every experiment gets a tracker, whatever is installed and set."""

import subprocess
import sys
from pathlib import Path

import pytest

from dosefront.experiment.spec import TrackingSection
from dosefront.records import RunFolder
from dosefront.track import NoTracker, tracker_for

WITHOUT_WANDB = """
import logging, sys
sys.modules["wandb"] = None
from pathlib import Path
from dosefront.experiment.spec import TrackingSection
from dosefront.records import RunFolder
from dosefront.track import tracker_for
logging.basicConfig(format="%(message)s")
tracker = tracker_for(TrackingSection(), RunFolder(Path(sys.argv[1])), "run")
tracker.close()
print("the sweep goes on")
"""


def test_off_means_off(tmp_path: Path) -> None:
    settings = TrackingSection.model_validate({"wandb": {"mode": "off"}})
    assert isinstance(tracker_for(settings, RunFolder(tmp_path), "run"), NoTracker)


def test_auto_follows_a_user_who_disabled_wandb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert isinstance(tracker_for(TrackingSection(), RunFolder(tmp_path), "run"), NoTracker)


def test_a_missing_wandb_is_one_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_WANDB, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "the sweep goes on\n"
    assert result.stderr.count("wandb is not installed") == 1
    assert len(result.stderr.splitlines()) == 1
