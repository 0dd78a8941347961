"""The experiment: one YAML file's content, and the trials that follow from it."""

import itertools
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator

from dosefront.experiment.environment import EnvironmentSection
from dosefront.experiment.settings import AlgorithmSettings
from dosefront.experiment.values import (
    Count,
    FolderName,
    Number,
    Section,
    Text,
    Whole,
    as_value_error,
    distinct,
)
from dosefront.front import check_weights, lattice
from dosefront.records import TrialSpec


class CohortSection(Section):
    """Seed and sizes of the disjoint sets of patients."""

    seed: Whole = 2026
    train: Count = 4096
    select: Count = 500
    held_out: Count = 2000


class LatticeSection(Section):
    """Evenly spaced weights."""

    lattice: Count


class ResourceSection(Section):
    """What a trial takes."""

    cpus_per_trial: Count = 1
    max_concurrent: Count | None = None
    """Trials at a time; null lets the cluster decide."""


class WandbSection(Section):
    """Weights & Biases."""

    project: Text = "dosefront"
    mode: Literal["auto", "online", "offline", "off"] = "auto"
    """auto: online where an API key is set, else offline."""


class TrackingSection(Section):
    """Where progress shows."""

    wandb: WandbSection = WandbSection()


def _on_simplex(weights: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
    with as_value_error():
        check_weights(weights, len(info.data.get("objectives", weights)))
    return weights


def _form_of_weights(value: Any) -> str:
    return "<lattice>" if isinstance(value, dict | LatticeSection) else "<vectors>"


Vector = Annotated[tuple[Number, ...], AfterValidator(_on_simplex)]
Vectors = Annotated[tuple[Vector, ...], Field(min_length=1), AfterValidator(distinct)]


class ExperimentSpec(Section):
    """An experiment: every weight vector with every algorithm and every seed."""

    name: FolderName
    environment: EnvironmentSection
    objectives: Annotated[tuple[Text, ...], Field(min_length=2), AfterValidator(distinct)]
    cohorts: CohortSection = CohortSection()
    weights: Annotated[
        Annotated[LatticeSection, Tag("<lattice>")] | Annotated[Vectors, Tag("<vectors>")],
        Discriminator(_form_of_weights),
    ]
    algorithms: Annotated[
        tuple[AlgorithmSettings, ...], Field(min_length=1), AfterValidator(distinct)
    ]
    seeds: Annotated[tuple[Whole, ...], Field(min_length=1), AfterValidator(distinct)] = (1,)
    resources: ResourceSection = ResourceSection()
    tracking: TrackingSection = TrackingSection()

    @field_validator("weights")
    @classmethod
    def _lattice_is_large_enough(
        cls, weights: LatticeSection | tuple[tuple[float, ...], ...], info: ValidationInfo
    ) -> LatticeSection | tuple[tuple[float, ...], ...]:
        if isinstance(weights, LatticeSection) and "objectives" in info.data:
            with as_value_error():
                lattice(len(info.data["objectives"]), weights.lattice)
        return weights

    def weight_vectors(self) -> tuple[tuple[float, ...], ...]:
        """The preferences, written out."""
        if isinstance(self.weights, LatticeSection):
            vectors = lattice(len(self.objectives), self.weights.lattice)
            return tuple(tuple(vector) for vector in vectors.tolist())
        return self.weights

    def trials(self) -> tuple[TrialSpec, ...]:
        """One trial per weight vector, algorithm and seed."""
        return tuple(
            TrialSpec(
                environment=self.environment.id,
                environment_options=self.environment.constructor_arguments(),
                objectives=self.objectives,
                algorithm=algorithm.name,
                weights=weights,
                seed=seed,
                steps=algorithm.steps,
                settings=algorithm.model_dump(mode="json", exclude={"name", "steps"}),
                cohorts=self.cohorts.model_dump(),
            )
            for weights, algorithm, seed in itertools.product(
                self.weight_vectors(), self.algorithms, self.seeds
            )
        )
