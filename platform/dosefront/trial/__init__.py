"""One trial in a process of its own; the driver's room is above, so that no trial imports it."""

from dosefront.trial.judgement import Judgement, judge
from dosefront.trial.trainable import SLICE_SECONDS, TrialTrainable, configuration

__all__ = ["SLICE_SECONDS", "Judgement", "TrialTrainable", "configuration", "judge"]
