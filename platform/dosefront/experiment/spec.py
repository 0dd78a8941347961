"""The experiment: one YAML file's content, and the trials that follow from it."""

import itertools
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator

from dosefront.experiment.document import Location
from dosefront.experiment.environment import EnvironmentSection
from dosefront.experiment.scalarizations import (
    BoundedSection,
    LinearSection,
    Preference,
    ScalarizationSection,
)
from dosefront.experiment.settings import ALGORITHM_SETTINGS, AlgorithmSettings, name_of
from dosefront.experiment.values import (
    Count,
    FolderName,
    Number,
    Section,
    Share,
    Text,
    Whole,
    as_value_error,
    distinct,
    placed_faults,
)
from dosefront.front import check_weights, lattice
from dosefront.records import TrialSpec
from dosefront.suggestion import suggestion


class CohortSection(Section):
    """Seed and sizes of the disjoint sets of patients."""

    seed: Whole = 2026
    train: Count = 4096
    select: Count = 500
    held_out: Count = 2000


class EvaluationSection(Section):
    """How a policy is judged."""

    discount: Share = 1.0
    """Of the returns: 1 adds a course's rewards up, as the clinic does."""


class LatticeSection(Section):
    """Evenly spaced weights."""

    lattice: Count


class ResourceSection(Section):
    """What a trial takes."""

    cpus_per_trial: Count = 1
    max_concurrent: Count | None = None
    """Trials at a time; null lets the cluster decide."""
    memory_gb_per_trial: Annotated[Number, Field(gt=0)] | None = None
    """Memory that Ray reserves for a trial; null reserves none."""
    max_failures: Whole = 2
    """How often a trial whose process fails goes on from its checkpoint before it has failed."""
    checkpoint_every: Annotated[Number, Field(gt=0)] = 60.0
    """Seconds of training between a trial's checkpoints."""
    hang_after: Annotated[Number, Field(gt=0)] = 900.0
    """Seconds without a sign of life after which a trial's process is ended."""
    storage: Text | None = None
    """Where checkpoints are kept, a folder or a URI such as s3://bucket/folder that every machine
    reaches; null: in the run folder."""


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
    """An experiment: every preference with every algorithm and every seed."""

    name: FolderName
    environment: EnvironmentSection
    objectives: Annotated[tuple[Text, ...], Field(min_length=2), AfterValidator(distinct)]
    cohorts: CohortSection = CohortSection()
    evaluation: EvaluationSection = EvaluationSection()
    weights: (
        Annotated[
            Annotated[LatticeSection, Tag("<lattice>")] | Annotated[Vectors, Tag("<vectors>")],
            Discriminator(_form_of_weights),
        ]
        | None
    ) = None
    scalarizations: Annotated[
        tuple[ScalarizationSection, ...],
        Field(min_length=1, validate_default=True),
        AfterValidator(distinct),
    ] = (LinearSection(),)
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

    @field_validator("scalarizations")
    @classmethod
    def _preferences_are_complete(
        cls, sections: tuple[ScalarizationSection, ...], info: ValidationInfo
    ) -> tuple[ScalarizationSection, ...]:
        objectives = info.data.get("objectives", ())
        faults: dict[Location, str] = {}
        for number, section in enumerate(sections):
            if isinstance(section, BoundedSection):
                for name in (section.maximise, *section.bounds) if objectives else ():
                    if name not in objectives:
                        faults[number,] = (
                            f'"{name}" is not among the objectives. {suggestion(name, objectives)}'
                        )
                if section.maximise in section.bounds:
                    faults[number,] = (
                        f'"{section.maximise}" is maximised and bounded here. Keep one.'
                    )
            elif info.data.get("weights", ()) is None:
                faults[number,] = (
                    f'{section.name} needs "weights"; found none. Add them, such as '
                    "weights: {lattice: 5}, or name other scalarizations."
                )
        if faults:
            raise placed_faults(faults)
        return sections

    @field_validator("algorithms")
    @classmethod
    def _algorithms_learn_the_scalarizations(
        cls, algorithms: tuple[AlgorithmSettings, ...], info: ValidationInfo
    ) -> tuple[AlgorithmSettings, ...]:
        asked = {section.name for section in info.data.get("scalarizations", ())}
        faults: dict[Location, str] = {}
        for number, algorithm in enumerate(algorithms):
            if asked and not asked & set(algorithm.scalarizations):
                able = [
                    name_of(each) for each in ALGORITHM_SETTINGS if asked & set(each.scalarizations)
                ]
                faults[number, "name"] = (
                    f"{algorithm.name} learns {', '.join(algorithm.scalarizations)}; asked for "
                    f"{', '.join(sorted(asked))}. {', '.join(able)} can."
                )
        if faults:
            raise placed_faults(faults)
        for name in sorted(asked.difference(*(each.scalarizations for each in algorithms))):
            able = [name_of(each) for each in ALGORITHM_SETTINGS if name in each.scalarizations]
            raise ValueError(
                f"none of these learns {name}; {', '.join(able)} can. "
                "Add one, or leave the scalarization out."
            )
        return algorithms

    def weight_vectors(self) -> tuple[tuple[float, ...], ...]:
        """The weights, written out; none where every preference is a limit."""
        if isinstance(self.weights, LatticeSection):
            vectors = lattice(len(self.objectives), self.weights.lattice)
            return tuple(tuple(vector) for vector in vectors.tolist())
        return self.weights or ()

    def trials(self) -> tuple[TrialSpec, ...]:
        """One trial per preference that an algorithm learns, and seed.

        An algorithm that is conditioned on the preference learns all weights in one trial.
        """
        return tuple(
            TrialSpec(
                environment=self.environment.id,
                environment_options=self.environment.constructor_arguments(),
                objectives=self.objectives,
                algorithm=algorithm.name,
                scalarization=written,
                preferences=preferences,
                seed=seed,
                steps=algorithm.steps,
                settings=algorithm.model_dump(mode="json", exclude={"name", "steps"}),
                cohorts=self.cohorts.model_dump(),
                discount=self.evaluation.discount,
            )
            for (written, weights), algorithm, seed in itertools.product(
                self._preferences(), self.algorithms, self.seeds
            )
            if written["name"] in algorithm.scalarizations
            for preferences in self._judged(algorithm, weights)
        )

    def _preferences(self) -> Iterator[Preference]:
        for section in self.scalarizations:
            yield from section.preferences(self.objectives)

    def _judged(
        self, algorithm: AlgorithmSettings, weights: tuple[float, ...] | None
    ) -> Iterator[tuple[tuple[float, ...], ...]]:
        """The preferences that each trial of an algorithm is judged at."""
        vectors = self.weight_vectors() if weights is None else (weights,)
        if algorithm.is_conditioned:
            yield vectors
        else:
            yield from ((vector,) for vector in vectors)
