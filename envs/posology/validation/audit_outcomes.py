"""What all played episodes show: sound numbers, ends, and returns inside the reference box."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from posology.validation.audit_episodes import Episodes, Health, Settings
from posology.validation.audit_report import AuditedObjective, Check

GROUP = "contract"


def health_checks(health: Health) -> tuple[Check, ...]:
    """Whether every step returned, with finite numbers and observations in their space."""
    numbers = {"steps": health.steps}
    returned = Check(
        GROUP,
        "exceptions",
        "fail" if health.raised else "pass",
        f"An action of its own space raises: {health.raised}."
        if health.raised
        else f"{health.steps:,} calls of reset and step raised nothing.",
        numbers,
    )
    rewards = health.rewards_not_finite
    finite = Check(
        GROUP,
        "finite rewards",
        "fail" if rewards else "pass",
        f"{rewards:,} of {health.steps:,} calls of step paid NaN or infinity. No mean can be taken."
        if rewards
        else f"Every reward of {health.steps:,} calls is finite.",
        {**numbers, "not_finite": rewards},
    )
    wrong = health.observations_not_finite + health.observations_outside
    if health.observations_not_finite:
        sentence = (
            f"{health.observations_not_finite:,} of {health.steps:,} observations hold NaN or "
            "infinity."
        )
    elif health.observations_outside:
        sentence = (
            f"{health.observations_outside:,} of {health.steps:,} observations are not in the "
            f"observation space; the first has {health.example}."
        )
    else:
        sentence = f"All {health.steps:,} observations are finite and in the observation space."
    counts = {
        "not_finite": health.observations_not_finite,
        "outside": health.observations_outside,
    }
    observed = Check(
        GROUP, "observations", "fail" if wrong else "pass", sentence, {**numbers, **counts}
    )
    return returned, finite, observed


def box_check(played: Sequence[Episodes], objectives: Sequence[AuditedObjective]) -> Check:
    """Whether the policies that nothing dominates lie inside the reference box."""
    name = "reference box"
    corners = [(objective.reference, objective.ideal) for objective in objectives]
    if any(reference is None or ideal is None for reference, ideal in corners):
        sentence = "The environment declares no reference box."
        return Check(GROUP, name, "not applicable", sentence)
    worst = np.array(
        [each.clinical(each.reference) for each in objectives if each.reference is not None]
    )
    best = np.array([each.clinical(each.ideal) for each in objectives if each.ideal is not None])
    returns = np.concatenate([each.returns for each in played])
    share = ((returns < worst) | (returns > best)).mean(axis=0)
    means = np.array([each.value_vector for each in played])
    front = [each for each, keeps in zip(played, _nondominated(means), strict=True) if keeps]
    stray = {
        each.label: [
            objective.name
            for k, objective in enumerate(objectives)
            if not worst[k] <= each.value_vector[k] <= best[k]
        ]
        for each in front
    }
    stray = {label: names for label, names in stray.items() if names}
    shares = {objective.name: float(share[k]) for k, objective in enumerate(objectives)}
    numbers = {"episodes_outside": shares, "front": len(front), "front_outside": stray}
    outside = "; ".join(f"{name} {value:.1%}" for name, value in shares.items())
    if stray:
        label, names = next(iter(stray.items()))
        sentence = (
            f"{len(stray)} of {len(front)} policies that nothing dominates have their mean outside "
            f"the box, such as {label} ({', '.join(names)}). The hypervolume does not see them as "
            f"they are. Single episodes outside: {outside}."
        )
        return Check(GROUP, name, "warn", sentence, numbers)
    sentence = (
        f"The means of all {len(front)} policies that nothing dominates lie inside the box. Single "
        f"episodes outside: {outside}."
    )
    return Check(GROUP, name, "pass", sentence, numbers)


def cut_check(played: Sequence[Episodes], settings: Settings) -> Check:
    """Whether episodes end by themselves."""
    total = sum(len(each.cut) for each in played)
    cut = sum(int(each.cut.sum()) for each in played)
    numbers = {"episodes": total, "cut": cut}
    if cut:
        sentence = (
            f"{cut:,} of {total:,} episodes had not ended after {settings.max_steps:,} steps and "
            "were cut there. Give the environment a time limit, or raise --max-steps."
        )
        return Check(GROUP, "episodes end", "warn", sentence, numbers)
    sentence = f"All {total:,} episodes ended by themselves."
    return Check(GROUP, "episodes end", "pass", sentence, numbers)


def _nondominated(
    means: Float[np.ndarray, "policies objectives"],
) -> Bool[np.ndarray, " policies"]:
    """Which means no other mean dominates."""
    no_worse = (means[:, None] >= means[None]).all(axis=2)
    better = (means[:, None] > means[None]).any(axis=2)
    dominating = np.logical_and(no_worse, better)
    return np.logical_not(np.any(dominating, axis=0))
