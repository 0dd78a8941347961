"""Experiment files: YAML to a checked `ExperimentSpec`, and from it the trials to run."""

from dosefront.experiment.catalogue import Listed, catalogue, listed, written_component
from dosefront.experiment.environment import (
    EnvironmentDescription,
    EnvironmentSection,
    RegimenSection,
    describe,
)
from dosefront.experiment.load import dump_resolved, json_schema, load_experiment
from dosefront.experiment.settings import DQNSettings, PPOSettings
from dosefront.experiment.spec import (
    CohortSection,
    ExperimentSpec,
    LatticeSection,
    ResourceSection,
    TrackingSection,
    WandbSection,
)
from dosefront.experiment.subject import named_subject

__all__ = [
    "CohortSection",
    "DQNSettings",
    "EnvironmentDescription",
    "EnvironmentSection",
    "ExperimentSpec",
    "LatticeSection",
    "Listed",
    "PPOSettings",
    "RegimenSection",
    "ResourceSection",
    "TrackingSection",
    "WandbSection",
    "catalogue",
    "describe",
    "dump_resolved",
    "json_schema",
    "listed",
    "load_experiment",
    "named_subject",
    "written_component",
]
