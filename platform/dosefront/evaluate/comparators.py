"""Conventional care on the same patients with the same noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dosefront.environments import make_vector_env
from dosefront.evaluate.cohorts import HELD_OUT, SELECT, cohort_options
from dosefront.evaluate.roll_out import roll_out
from dosefront.front import Estimate, paired_difference
from dosefront.records import PatientResults
from posology.dosing import Comparator


@dataclass(frozen=True)
class ComparatorResults:
    """A comparator's results on both cohorts that policies are judged on."""

    name: str
    title: str
    select: PatientResults
    held_out: PatientResults


def offered_comparators(environment: str, options: Mapping[str, Any]) -> tuple[Comparator, ...]:
    """Conventional care as the environment offers it, if it does, the usual care first."""
    env = make_vector_env(environment, num_envs=1, options=options)
    try:
        offer = getattr(env.unwrapped, "comparators", None)
        return () if offer is None else tuple(offer())
    finally:
        env.close()


def evaluate_comparators(
    environment: str,
    options: Mapping[str, Any],
    *,
    objectives: Sequence[str],
    cohorts: Mapping[str, int],
    discount: float = 1.0,
) -> tuple[ComparatorResults, ...]:
    """Every comparator that the environment offers, if any, on the select and held-out cohorts."""

    def on(split: str, comparator: Comparator) -> PatientResults:
        arguments = cohort_options({**options, **comparator.options}, cohorts, split)
        return roll_out(
            comparator.policy,
            environment=environment,
            options=arguments,
            objectives=objectives,
            patients=arguments["patients"],
            discount=discount,
        )

    return tuple(
        ComparatorResults(each.name, each.title, on(SELECT, each), on(HELD_OUT, each))
        for each in offered_comparators(environment, options)
    )


def paired_differences(
    results: PatientResults, comparators: tuple[ComparatorResults, ...]
) -> dict[str, tuple[Estimate, ...]]:
    """For each comparator, mean difference in return per objective on the held-out patients.

    Positive is better than the comparator; patients are paired, so what they share cancels.
    """
    return {
        each.name: tuple(
            paired_difference(ours, theirs)
            for ours, theirs in zip(results.returns.T, each.held_out.returns.T, strict=True)
        )
        for each in comparators
    }
