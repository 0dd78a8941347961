"""Which virtual patients policies are tried on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from dosefront.environments import make_vector_env
from dosefront.errors import UsageError
from dosefront.evaluate import HELD_OUT, SELECT, offered_subgroups
from dosefront.records import TrialSpec
from dosefront.suggestion import suggestion

MOST_SCREENED = 400_000
"""Patients among whom those of a group are looked for."""
COHORT_OPTIONS = ("cohort_seed", "split", "patients", "twins")


@dataclass(frozen=True)
class Patients:
    """Patients of one cohort, in the circumstances in which they are treated."""

    environment: str
    options: Mapping[str, Any]
    """Of the environment's constructor, those of the cohort included."""
    chosen: Int[np.ndarray, " patients"]
    """Their positions in that cohort."""
    subgroups: Mapping[str, Bool[np.ndarray, " patients"]]
    """Which of them belong to each group."""
    title: str
    """What people call them."""

    def __len__(self) -> int:
        return len(self.chosen)

    def with_options(self, options: Mapping[str, Any]) -> "Patients":
        """The same patients in circumstances that differ by these options."""
        return replace(self, options={**self.options, **options})


def circumstances(spec: TrialSpec, scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a trial's environment with a scenario's in their place.

    Raises:
        UsageError: the environment does not take them, or with them it shows or asks for other
            things than the run's policies know.
    """
    fixed = [key for key in scenario if key in COHORT_OPTIONS]
    if fixed:
        raise UsageError(
            f"a scenario says how patients are treated, not which; got {', '.join(fixed)}. Choose "
            "patients with --cohort, --n and --subgroup."
        )
    options = {**spec.environment_options, **scenario}
    if scenario:
        before, after = (
            _spaces(spec.environment, each) for each in (spec.environment_options, options)
        )
        if before != after:
            raise UsageError(
                f"with {_written(scenario)}, {spec.environment} shows or asks for other things "
                "than the policies were trained on. Train on it instead."
            )
    return options


def chosen_patients(
    spec: TrialSpec,
    *,
    cohort: str | None = None,
    number: int | None = None,
    subgroup: str | None = None,
    scenario: Mapping[str, Any] | None = None,
) -> Patients:
    """Patients 0 to n - 1 of a cohort, or the first n of a group of its patients.

    Args:
        spec: of a trial of the run, whose cohorts and environment count.
        cohort: ``held-out`` or ``select``, the run's own, or the seed of a new one. Left out, it is
            the seed that follows the run's.
        number: how many; the run's own number if left out, that of held-out for new patients.
        subgroup: of whom, by the name that the environment gives the group.
        scenario: options of the environment that differ from the run's.

    Raises:
        UsageError: there is no such cohort or group, or hardly anybody in it.
    """
    seed, split, title = _cohort(spec, cohort)
    size = spec.cohorts[split.replace("-", "_")] if number is None else number
    if size < 2:
        raise UsageError(f"two patients are the least to compare policies on; got --n {size}.")
    options = {
        **circumstances(spec, scenario or {}),
        "cohort_seed": seed,
        "split": split,
        "patients": size,
    }
    if scenario:
        title = f"{title}, {_written(scenario)}"
    masks = offered_subgroups(spec.environment, options)
    if subgroup is None:
        return Patients(spec.environment, options, np.arange(size), masks, title)
    members, options, masks = _screened(spec.environment, options, subgroup)
    chosen = {name: mask[members] for name, mask in masks.items()}
    title = f"{subgroup.replace('_', ' ')}, {title}"
    return Patients(spec.environment, options, members, chosen, title)


def _cohort(spec: TrialSpec, asked: str | None) -> tuple[int, str, str]:
    """Seed, split and title of a cohort."""
    own = spec.cohorts["seed"]
    if asked in (HELD_OUT, SELECT):
        return own, asked, f"the run's {asked} patients"
    if asked is not None and not asked.isdecimal():
        raise UsageError(
            f'a cohort is {HELD_OUT}, {SELECT} or the seed of a new one; got "{asked}".'
        )
    seed = own + 1 if asked is None else int(asked)
    if seed == own:
        raise UsageError(
            f"seed {own} is the run's own: its patients are not new. Ask for {HELD_OUT}, or for "
            "another seed."
        )
    return seed, HELD_OUT, f"new patients of seed {seed}"


def _screened(
    environment: str, options: Mapping[str, Any], subgroup: str
) -> tuple[Int[np.ndarray, " n"], dict[str, Any], dict[str, Bool[np.ndarray, " screened"]]]:
    """The first n members of a group, the options of the cohort they stand in, and its masks."""
    wanted = screened = options["patients"]
    while True:
        asked = {**options, "patients": screened}
        masks = offered_subgroups(environment, asked)
        if subgroup not in masks and screened >= min(100 * wanted, MOST_SCREENED):
            known = suggestion(subgroup, masks) if masks else f"{environment} tells no groups."
            raise UsageError(f'no patient is of a group "{subgroup}". {known}')
        members = np.flatnonzero(masks.get(subgroup, np.zeros(screened, bool)))
        if len(members) >= wanted:
            return members[:wanted], asked, masks
        if screened >= MOST_SCREENED:
            raise UsageError(
                f"{len(members)} of {screened} patients are of group {subgroup}; {wanted} are "
                "asked for. Ask for fewer with --n."
            )
        share = max(len(members), 1) / screened
        screened = min(MOST_SCREENED, max(2 * screened, int(1.1 * wanted / share)))


def _spaces(environment: str, options: Mapping[str, Any]) -> tuple[Any, Any, list[Any]]:
    """What is seen, what is done and what is paid."""
    try:
        env = make_vector_env(environment, num_envs=1, options=options)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{environment} refuses the scenario: {error}") from error
    try:
        paid = [each["name"] for each in env.metadata["objectives"]]
        return env.single_observation_space, env.single_action_space, paid
    finally:
        env.close()


def _written(scenario: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in scenario.items())
