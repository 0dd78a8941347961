"""Which tracker an experiment gets."""

import os

from dosefront.experiment.spec import TrackingSection
from dosefront.records import RunFolder
from dosefront.track.background import BackgroundTracker
from dosefront.track.tracker import NoTracker, Tracker
from dosefront.track.wandb_tracker import WandbTracker


def tracker_for(settings: TrackingSection, run_folder: RunFolder, run_id: str) -> Tracker:
    """The tracker that the experiment asks for, on a thread of its own; never raises.

    With mode auto, W&B's own variable WANDB_MODE counts too.
    """
    project, mode = settings.wandb.project, settings.wandb.mode
    if mode == "auto" and os.environ.get("WANDB_MODE") == "disabled":
        mode = "off"
    if mode == "off":
        return NoTracker()
    return BackgroundTracker(lambda: WandbTracker(run_folder, run_id, project=project, mode=mode))
