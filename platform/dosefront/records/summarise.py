"""From what trials achieved to the front of a run, and how it compares with conventional care."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError
from dosefront.front import (
    Estimate,
    Objective,
    hypervolume,
    nondominated,
    points_beyond_reference,
    share_dominated,
)
from dosefront.records.front_statistics import (
    attainment,
    history,
    hypervolume_by_algorithm,
    hypervolume_per_seed,
    values_of,
)
from dosefront.records.front_summary import (
    ComparatorPoint,
    FailedTrial,
    FrontPoint,
    FrontSummary,
)
from dosefront.records.outcome import Outcome
from dosefront.records.record import ComparatorRecord, TrialRecord


def summarise(
    run: str,
    *,
    objectives: Sequence[Objective],
    environment: str,
    environment_version: str,
    trials: Sequence[TrialRecord],
    comparators: Sequence[ComparatorRecord],
) -> FrontSummary:
    """The front of a run's trials; refuses trials that cannot be compared."""
    finished = [trial for trial in trials if trial.status == "finished"]
    _check_comparable(finished, comparators, environment=environment, objectives=objectives)
    judged = [(trial, number) for trial in finished for number in range(len(trial.judged))]
    select = _means([trial.judged[number].select for trial, number in judged], objectives)
    points = tuple(
        _point(trial, number, objectives=objectives, on_front=bool(is_member))
        for (trial, number), is_member in zip(judged, nondominated(select), strict=True)
    )
    front_values = values_of([point for point in points if point.on_front], objectives)
    comparator_values = _means([each.held_out for each in comparators], objectives)
    per_seed = hypervolume_per_seed(points, objectives)
    first = finished[0]
    return FrontSummary(
        run=run,
        environment=environment,
        environment_version=environment_version,
        environment_options=first.spec.environment_options,
        cohort_seed=first.spec.cohorts["seed"],
        objectives=tuple(objectives),
        select_patients=first.judged[0].select.patients,
        held_out_patients=first.judged[0].held_out.patients,
        points=points,
        comparators=tuple(_comparator_point(each, objectives) for each in comparators),
        hypervolume=hypervolume(front_values, objectives),
        hypervolume_low=None,
        hypervolume_high=None,
        hypervolume_per_seed=per_seed,
        hypervolume_by_algorithm=hypervolume_by_algorithm(per_seed),
        attainment=attainment(points, objectives),
        history=history(trials, points, objectives),
        comparators_hypervolume=hypervolume(comparator_values, objectives),
        points_beyond_reference=points_beyond_reference(front_values, objectives),
        comparators_dominated=share_dominated(front_values, comparator_values),
        failed_trials=tuple(
            FailedTrial(trial.spec.trial_id, trial.spec.label, trial.error or "no message")
            for trial in trials
            if trial.status == "failed"
        ),
    )


def _check_comparable(
    finished: Sequence[TrialRecord],
    comparators: Sequence[ComparatorRecord],
    *,
    environment: str,
    objectives: Sequence[Objective],
) -> None:
    if not finished:
        raise FrontError(
            "a front needs a finished trial; got none. Read the trials' errors in the ledger, "
            "correct them and resume the run."
        )
    names = tuple(each.name for each in objectives)
    first = finished[0].spec
    for spec in (trial.spec for trial in finished):
        if spec.environment != environment or spec.objectives != names:
            raise FrontError(
                f"the points of a front share environment and objectives, here {environment} "
                f"{names}; trial {spec.trial_id} has {spec.environment} {spec.objectives}. "
                "Use one run folder per environment."
            )
        if spec.cohorts != first.cohorts or spec.environment_options != first.environment_options:
            raise FrontError(
                "the points of a front share patients and environment options; trials "
                f"{first.trial_id} and {spec.trial_id} differ. Use one run folder per cohort."
            )
    outcomes = [judged.held_out for trial in finished for judged in trial.judged]
    outcomes += [each.held_out for each in comparators]
    sizes = {outcome.patients for outcome in outcomes}
    if len(sizes) > 1:
        raise FrontError(
            f"the points of a front share the held-out cohort; got cohorts of {sorted(sizes)} "
            "patients. Evaluate the comparators again."
        )


def _means(
    outcomes: Sequence[Outcome], objectives: Sequence[Objective]
) -> Float[np.ndarray, "points objectives"]:
    means = [[each.value for each in outcome.value_vector] for outcome in outcomes]
    return np.array(means, dtype=np.float64).reshape(len(outcomes), len(objectives))


def _point(
    trial: TrialRecord, number: int, *, objectives: Sequence[Objective], on_front: bool
) -> FrontPoint:
    judged = trial.judged[number]
    return FrontPoint(
        id=trial.spec.point_id(number),
        trial=trial.spec.trial_id,
        weights=judged.weights,
        preference=trial.spec.preference_label(judged.weights),
        algorithm=trial.spec.algorithm,
        seed=trial.spec.seed,
        checkpoint=trial.checkpoint,
        value_vector=_clinical(judged.held_out.value_vector, objectives),
        select_vector=tuple(
            objective.clinical(each.value)
            for each, objective in zip(judged.select.value_vector, objectives, strict=True)
        ),
        endpoints=judged.held_out.endpoints,
        on_front=on_front,
        dominates=tuple(
            name
            for name, differences in judged.paired.items()
            if all(difference.low > 0.0 for difference in differences)
        ),
    )


def _comparator_point(
    comparator: ComparatorRecord, objectives: Sequence[Objective]
) -> ComparatorPoint:
    return ComparatorPoint(
        id=comparator.name,
        title=comparator.title,
        value_vector=_clinical(comparator.held_out.value_vector, objectives),
        endpoints=comparator.held_out.endpoints,
    )


def _clinical(
    value_vector: Sequence[Estimate], objectives: Sequence[Objective]
) -> tuple[Estimate, ...]:
    """The value vector in clinical units; where the sign turns, so do the interval's ends."""
    turned = []
    for each, objective in zip(value_vector, objectives, strict=True):
        low, high = sorted((objective.clinical(each.low), objective.clinical(each.high)))
        turned.append(Estimate(objective.clinical(each.value), low, high))
    return tuple(turned)
