"""The policies of a run, and conventional care, tried again on patients of one's choice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dosefront.clinical.patients import Patients
from dosefront.decide import Quantity, quantities_of
from dosefront.environments import make_vector_env
from dosefront.evaluate import Archive, Policy, offered_comparators, roll_out
from dosefront.front import Estimate, Objective, paired_difference
from dosefront.records import FrontPoint, PatientResults, TrialSpec

Tell = Callable[[str], None]
"""Receives what is being done, for people who wait."""


@dataclass(frozen=True)
class Arm:
    """A policy of a run, or a comparator, that patients are treated by."""

    id: str
    title: str
    kind: Literal["policy", "comparator"]
    policy: Policy
    options: Mapping[str, Any]
    """Of the environment, those that the policy's actions need."""


@dataclass(frozen=True)
class Treated:
    """An arm and what it did to each patient."""

    arm: Arm
    results: PatientResults


@dataclass(frozen=True)
class Evaluation:
    """Arms on the same patients with the same noise."""

    run: str
    environment: str
    environment_version: str
    objectives: tuple[Objective, ...]
    patients: Patients
    arms: tuple[Treated, ...]
    """Policies as asked for, then comparators, the usual care first."""

    @property
    def usual(self) -> Treated | None:
        """The comparator that policies are compared with: the first one offered."""
        return next((each for each in self.arms if each.arm.kind == "comparator"), None)

    def to_mapping(self) -> dict[str, Any]:
        """What JSON holds: every arm in clinical units, and against the usual care in pairs."""
        return {
            "run": self.run,
            "environment": {"id": self.environment, "version": self.environment_version},
            "patients": patients_mapping(self.patients),
            "objectives": [each.to_mapping() for each in self.objectives],
            "compared_with": self.usual.arm.id if self.usual else None,
            "arms": [self._arm_mapping(each) for each in self.arms],
        }

    def value_vector(self, treated: Treated) -> tuple[Estimate, ...]:
        """Mean return per objective, in clinical units."""
        outcome = treated.results.outcome()
        return tuple(each.of_cohort(outcome) for each in self._paid(treated))

    def differences(self, treated: Treated) -> tuple[Estimate, ...]:
        """Against the usual care, paired, in clinical units; nothing where there is none."""
        if self.usual is None:
            return ()
        usual = self.usual.results
        return tuple(
            paired_difference(each.of_patients(treated.results), each.of_patients(usual))
            for each in self._paid(treated)
        )

    def _paid(self, treated: Treated) -> list[Quantity]:
        known = quantities_of(self.objectives, treated.results)
        return [known[objective.name] for objective in self.objectives]

    def _arm_mapping(self, treated: Treated) -> dict[str, Any]:
        names = [objective.name for objective in self.objectives]

        def named(vector: Sequence[Estimate]) -> list[dict[str, Any]]:
            pairs = zip(names, vector, strict=True)
            return [{"objective": name, **asdict(each)} for name, each in pairs]

        differences = self.differences(treated)
        endpoints = treated.results.outcome().endpoints
        return {
            "id": treated.arm.id,
            "title": treated.arm.title,
            "kind": treated.arm.kind,
            "value_vector": named(self.value_vector(treated)),
            "difference": named(differences) if differences else [],
            "endpoints": {name: asdict(each) for name, each in endpoints.items()},
        }


def patients_mapping(patients: Patients) -> dict[str, Any]:
    """Which patients, as JSON holds it."""
    return {
        "title": patients.title,
        "number": len(patients),
        "cohort_seed": patients.options["cohort_seed"],
        "split": patients.options["split"],
        "screened": patients.options["patients"],
        "subgroups": {name: int(mask.sum()) for name, mask in patients.subgroups.items()},
    }


def evaluate(
    archive: Archive,
    patients: Patients,
    *,
    points: Sequence[FrontPoint],
    tell: Tell = lambda message: None,
) -> Evaluation:
    """Treat the patients by each point's policy and by every comparator.

    Nothing is chosen by what is found: which points are on the front stays as the run decided it on
    its select cohort.
    """
    spec = shared_spec(archive)
    arms = [*policy_arms(archive, points), *comparator_arms(patients)]
    treated = []
    for number, arm in enumerate(arms, start=1):
        tell(f"{number} of {len(arms)}: {arm.title} on {len(patients)} patients")
        treated.append(Treated(arm, treat(arm, patients, spec=spec)))
    return Evaluation(
        run=archive.summary.run,
        environment=archive.summary.environment,
        environment_version=archive.summary.environment_version,
        objectives=archive.summary.objectives,
        patients=patients,
        arms=tuple(treated),
    )


def treat(arm: Arm, patients: Patients, *, spec: TrialSpec) -> PatientResults:
    """What an arm does to each of the patients, with the noise that is the patient's own."""
    return roll_out(
        arm.policy,
        environment=patients.environment,
        options={**patients.options, **arm.options},
        objectives=spec.objectives,
        patients=patients.chosen,
        discount=spec.discount,
    )


def policy_arms(archive: Archive, points: Sequence[FrontPoint]) -> tuple[Arm, ...]:
    """The policies of points as arms."""
    return tuple(
        Arm(
            id=point.id,
            title=f"{point.algorithm} {point.preference} s{point.seed}",
            kind="policy",
            policy=archive.policy(point),
            options={},
        )
        for point in points
    )


def comparator_arms(patients: Patients) -> tuple[Arm, ...]:
    """Conventional care as the patients' environment offers it, the usual care first."""
    return tuple(
        Arm(each.name, each.title, "comparator", each.policy, each.options)
        for each in offered_comparators(patients.environment, patients.options)
    )


def shared_spec(archive: Archive) -> TrialSpec:
    """A trial's spec, for what every trial of a front shares: environment, cohorts, objectives.

    Raises:
        UsageError: another version of the environment is installed.
    """
    spec = archive.record(archive.summary.points[0]).spec
    env = make_vector_env(spec.environment, num_envs=1, options=spec.environment_options)
    try:
        archive.check_version(str(env.metadata["version"]))
    finally:
        env.close()
    return spec
