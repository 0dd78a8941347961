"""Windows on a sweep: they show it while it runs, store nothing of their own and may fail."""

from dosefront.track.background import BackgroundTracker
from dosefront.track.choice import tracker_for
from dosefront.track.tracker import NoTracker, RecordingTracker, Tracker
from dosefront.track.wandb_tracker import WandbTracker

__all__ = [
    "BackgroundTracker",
    "NoTracker",
    "RecordingTracker",
    "Tracker",
    "WandbTracker",
    "tracker_for",
]
