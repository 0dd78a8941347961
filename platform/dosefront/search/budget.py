"""When a search has had enough."""

from collections.abc import Sequence

from dosefront.experiment import BudgetSection, ExperimentSpec, GainSection
from dosefront.front import Objective, hypervolume
from dosefront.records import TrialRecord, TrialSpec
from dosefront.search.progress import value_vectors


def most_trials(experiment: ExperimentSpec) -> int | None:
    """Trials of the whole run; of a search, what its budget allows, None for any number."""
    if experiment.search is None:
        return len(experiment.trials())
    return experiment.search.budget.trials


def allows(
    budget: BudgetSection,
    candidate: TrialSpec,
    *,
    ended: Sequence[TrialRecord],
    pending: Sequence[TrialSpec],
) -> bool:
    """Whether a further trial keeps to the budget's trials and steps.

    Hours are the sweep's to count.
    """
    trials = len(ended) + len(pending) + 1
    steps = sum(each.steps for each in ended) + sum(each.steps for each in (*pending, candidate))
    return (budget.trials is None or trials <= budget.trials) and (
        budget.steps is None or steps <= budget.steps
    )


def has_ceased_to_grow(
    gain: GainSection | None, ended: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> bool:
    """Whether the last ended trials have added less hypervolume than the gain asks for."""
    if gain is None or len(ended) <= gain.over:
        return False
    before, after = (
        hypervolume(value_vectors(each, len(objectives)), objectives)
        for each in (ended[: -gain.over], ended)
    )
    return after - before < gain.below
