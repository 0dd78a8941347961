"""Experiment files: YAML to a checked `ExperimentSpec`, and from it the trials to run."""

from dosefront.experiment.catalogue import Listed, catalogue, listed, written_component
from dosefront.experiment.environment import (
    EnvironmentDescription,
    EnvironmentSection,
    RegimenSection,
    describe,
)
from dosefront.experiment.load import dump_resolved, json_schema, load_experiment
from dosefront.experiment.search import (
    BudgetSection,
    GainSection,
    SchedulerSection,
    SearchSection,
    SpanSection,
)
from dosefront.experiment.search_faults import fixed_settings
from dosefront.experiment.settings import AlgorithmSettings, DQNSettings, PPOSettings
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
    "AlgorithmSettings",
    "BudgetSection",
    "CohortSection",
    "DQNSettings",
    "EnvironmentDescription",
    "EnvironmentSection",
    "ExperimentSpec",
    "GainSection",
    "LatticeSection",
    "Listed",
    "PPOSettings",
    "RegimenSection",
    "ResourceSection",
    "SchedulerSection",
    "SearchSection",
    "SpanSection",
    "TrackingSection",
    "WandbSection",
    "catalogue",
    "describe",
    "dump_resolved",
    "fixed_settings",
    "json_schema",
    "listed",
    "load_experiment",
    "named_subject",
    "written_component",
]
