"""The experiment: one YAML file's content, and the trials that follow from it."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dosefront.experiment.document import Location
from dosefront.experiment.environment import EnvironmentSection
from dosefront.experiment.scalarizations import (
    BoundedSection,
    LinearSection,
    Preference,
    ScalarizationSection,
)
from dosefront.experiment.search import SearchSection
from dosefront.experiment.search_faults import search_faults
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


def _without_key(place: str) -> str:
    host = place.partition("://")[2].partition("/")[0]
    if "@" in host:
        raise ValueError(
            "the run's folder keeps this text, so no key belongs into it; got a URI with a user. "
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where the machines start Ray"
        )
    return place


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
    storage: Annotated[Text, AfterValidator(_without_key)] | None = None
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
    search: SearchSection | None = None
    resources: ResourceSection = ResourceSection()
    tracking: TrackingSection = TrackingSection()

    @model_validator(mode="before")
    @classmethod
    def _searches_begin_with_each_objective_alone(cls, written: Any) -> Any:
        """With a search, weights and scalarization that are left out are what it begins with."""
        search = written.get("search") if isinstance(written, dict) else None
        if not isinstance(search, dict) or search.get("preferences", "planned") == "planned":
            return written
        objectives = written.get("objectives")
        count = len(objectives) if isinstance(objectives, list | tuple) else 0
        is_by_chebyshev = search["preferences"] == "gap" and search.get("targets") != "epsilon"
        return {
            "weights": {"lattice": max(count, 2)},
            "scalarizations": [{"name": "chebyshev" if is_by_chebyshev else "linear"}],
            **{key: value for key, value in written.items() if key != "weights" or value},
        }

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

    @field_validator("search")
    @classmethod
    def _search_suits_the_experiment(
        cls, search: SearchSection | None, info: ValidationInfo
    ) -> SearchSection | None:
        if search is None or not {"objectives", "algorithms"} <= info.data.keys():
            return search
        objectives, algorithms = len(info.data["objectives"]), info.data["algorithms"]
        if faults := search_faults(search, objectives=objectives, algorithms=algorithms):
            raise ValidationError.from_exception_data("", faults)
        return search

    def trials(self) -> tuple[TrialSpec, ...]:
        """The planned trials: one per preference that an algorithm learns, and seed.

        An algorithm that is conditioned on the preference learns all weights in one trial. With a
        search, these are the ones that it begins with.
        """
        return tuple(
            self.trial(algorithm, written, preferences=preferences, seed=seed)
            for section in self._preferences()
            for algorithm, seed in itertools.product(self.algorithms, self.seeds)
            for written, preferences in self._judged(algorithm, section)
        )

    def planned(
        self, algorithm: AlgorithmSettings
    ) -> tuple[tuple[dict[str, Any], tuple[tuple[float, ...], ...]], ...]:
        """Scalarization and preferences of each planned trial of an algorithm."""
        return tuple(
            each for section in self._preferences() for each in self._judged(algorithm, section)
        )

    def trial(
        self,
        algorithm: AlgorithmSettings,
        written: Mapping[str, Any],
        *,
        preferences: tuple[tuple[float, ...], ...],
        seed: int,
        settings: Mapping[str, Any] | None = None,
    ) -> TrialSpec:
        """A trial of the experiment.

        Args:
            algorithm: one of the experiment's.
            written: the scalarization.
            preferences: the weights at which the policy is judged.
            seed: of the training.
            settings: what differs from the algorithm's own settings.

        Raises:
            ValueError: the algorithm refuses the settings.
        """
        algorithm = algorithm.changed(settings) if settings else algorithm
        return TrialSpec(
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

    def _preferences(self) -> Iterator[Preference]:
        for section in self.scalarizations:
            yield from section.preferences(self.objectives)

    def _judged(
        self, algorithm: AlgorithmSettings, preference: Preference
    ) -> Iterator[tuple[dict[str, Any], tuple[tuple[float, ...], ...]]]:
        """The scalarization and the preferences of each trial of an algorithm."""
        written, weights = preference
        if written["name"] not in algorithm.scalarizations:
            return
        vectors = self.weight_vectors() if weights is None else (weights,)
        if algorithm.is_conditioned:
            yield written, vectors
        else:
            yield from ((written, (vector,)) for vector in vectors)
