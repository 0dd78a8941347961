"""What an environment pays: its reward vector, and what else is taken from its info."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from dosefront.environments.rehearsal import Rehearsal
from dosefront.errors import DosefrontError, SettingError, UsageError
from dosefront.front import Objective


@dataclass(frozen=True)
class RewardComponent:
    """One objective, and where its rewards come from."""

    objective: Objective
    info: str | None
    """Key of ``info`` that holds it, in clinical units; None takes the next number of the reward
    vector, which is maximised already."""


def reward_components(
    name: str,
    rewards: Sequence[Mapping[str, Any]] | None,
    *,
    metadata: Mapping[str, Any],
    rehearsal: Rehearsal,
) -> tuple[RewardComponent, ...]:
    """What an environment pays, by itself or by the experiment.

    Raises:
        SettingError: neither says it, or both, or not what a step showed.
        UsageError: its metadata do not describe what it pays.
    """
    own = metadata.get("objectives")
    if own is not None and rewards is not None:
        raise SettingError({("rewards", "[key]"): describes_itself(name, own)})
    if own is not None:
        return _own_components(name, own, rehearsal)
    if rewards is None:
        raise SettingError({("rewards", "[key]"): _rewards_are_missing(name, rehearsal)})
    faults = _faults(name, rewards, rehearsal)
    if faults:
        raise SettingError(faults)
    return tuple(_component(each) for each in rewards)


def reward_vector(
    components: Sequence[RewardComponent], reward: Any, info: Mapping[str, Any]
) -> Float[np.ndarray, " objectives"]:
    """One step's rewards, maximised.

    >>> lesions = Objective("lesions", "", "minimise", reference=9.0, ideal=0.0)
    >>> reward_vector([RewardComponent(lesions, "lesions")], 0.0, {"lesions": 2}).tolist()
    [-2.0]
    """
    paid = iter(np.ravel(reward))
    vector = np.empty(len(components))
    for column, each in enumerate(components):
        if each.info is None:
            vector[column] = next(paid)
        else:
            vector[column] = each.objective.maximised(_amount(info, each.info))
    return vector


def describes_itself(name: str, objectives: Sequence[Mapping[str, Any]]) -> str:
    """What to say of rewards that are named for an environment that names its own."""
    names = ", ".join(str(each.get("name")) for each in objectives)
    return f"{name} says itself what it pays: {names}. Remove rewards."


def _amount(info: Mapping[str, Any], key: str) -> float:
    if key not in info:
        raise UsageError(
            f'a step must tell "{key}" in its info; found {_listed(info)}. Let the environment '
            "tell it at every step, or remove it from environment.rewards."
        )
    try:
        return float(np.asarray(info[key]).item())
    except (TypeError, ValueError) as error:
        raise UsageError(
            f'info["{key}"] must be one number; found {info[key]!r}. Name another key, or let the '
            "environment tell a number."
        ) from error


def _component(mapping: Mapping[str, Any]) -> RewardComponent:
    fields = {"unit": "", "sense": "maximise", **mapping}
    info = fields.pop("info", None)
    return RewardComponent(Objective.from_mapping(fields), info)


def _own_components(
    name: str, objectives: Sequence[Mapping[str, Any]], rehearsal: Rehearsal
) -> tuple[RewardComponent, ...]:
    try:
        components = tuple(
            RewardComponent(Objective.from_mapping(each), None) for each in objectives
        )
    except (TypeError, DosefrontError) as error:
        raise UsageError(
            f"{name} must describe its objectives in its metadata; found "
            f"{type(error).__name__}: {error} Give each a name, unit, sense, reference and ideal."
        ) from error
    if len(components) != rehearsal.rewards:
        raise UsageError(
            f"{name} describes {len(components)} objectives in its metadata; a step paid "
            f"{rehearsal.rewards}. Describe each column of its reward."
        )
    return components


def _faults(
    name: str, rewards: Sequence[Mapping[str, Any]], rehearsal: Rehearsal
) -> dict[tuple[str | int, ...], str]:
    faults: dict[tuple[str | int, ...], str] = {
        ("rewards", index, "info"): (
            f'{name} tells no "{each["info"]}" in its info; a step told '
            f"{_listed(rehearsal.info)}. Name one of them."
        )
        for index, each in enumerate(rewards)
        if each.get("info") is not None and each["info"] not in rehearsal.info
    }
    taken = sum(each.get("info") is None for each in rewards)
    if taken not in (0, rehearsal.rewards):
        faults["rewards", "[key]"] = (
            f"{name} pays {_paid(rehearsal)}; rewards names {taken} without info. Name each "
            "number of it in its order, or none."
        )
    return faults


def _rewards_are_missing(name: str, rehearsal: Rehearsal) -> str:
    entries = ", ".join(
        f"{{name: {_made_name(k, rehearsal)}, reference: 0, ideal: 1}}"
        for k in range(rehearsal.rewards)
    )
    return (
        f"{name} does not say what it pays: {_paid(rehearsal)}, and in info "
        f"{_listed(rehearsal.info)}. Add under environment, with names, worst and best returns: "
        f"rewards: [{entries}]."
    )


def _made_name(number: int, rehearsal: Rehearsal) -> str:
    return "reward" if rehearsal.rewards == 1 else f"reward_{number + 1}"


def _paid(rehearsal: Rehearsal) -> str:
    many = rehearsal.rewards > 1
    return f"a reward vector of {rehearsal.rewards}" if many else "a single reward"


def _listed(keys: Mapping[str, Any] | Sequence[str]) -> str:
    return ", ".join(map(str, keys)) or "nothing"
