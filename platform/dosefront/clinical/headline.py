"""The headline: response and serious adverse events of chosen policies against the usual care."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from dosefront.clinical.choice import Choice
from dosefront.clinical.effects import Effect, Tail, effect, tail
from dosefront.clinical.evaluation import (
    Arm,
    Tell,
    comparator_arms,
    patients_mapping,
    policy_arms,
    shared_spec,
    treat,
)
from dosefront.clinical.measures import HEADLINE, measures_of
from dosefront.clinical.patients import Patients
from dosefront.decide import Quantity
from dosefront.evaluate import Archive
from dosefront.records import PatientResults, TrialSpec

LEAST_PATIENTS: Final = 50
"""In a group that may be called the worst; chance makes the smallest groups the most extreme."""


@dataclass(frozen=True)
class GroupEffects:
    """The headline endpoints on a group of the patients."""

    name: str
    patients: int
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Band:
    """How an effect moves when the population's parameters are drawn anew, on the same patients.

    It says how far the model is known, not how many patients were tried: the sampling error of the
    effect itself is another matter, and no part of it.
    """

    measure: str
    draws: int
    difference: tuple[float, float]
    """5 and 95 % quantiles over the draws."""
    relative: tuple[float, float] | None
    favourable: int
    """Draws in which the policy is better than the usual care."""


@dataclass(frozen=True)
class ArmHeadline:
    """One policy against the usual care."""

    id: str
    title: str
    reason: str
    """Why it was chosen."""
    effects: tuple[Effect, ...]
    """Of the headline endpoints, then of the objectives."""
    tails: tuple[Tail, ...]
    """Of the objectives."""
    groups: tuple[GroupEffects, ...]
    bands: tuple[Band, ...]

    def worst(self) -> dict[str, GroupEffects]:
        """By endpoint, the group with the least benefit, among those with enough patients."""
        large = [each for each in self.groups if each.patients >= LEAST_PATIENTS]
        found = {}
        for place, name in enumerate(HEADLINE) if large else ():
            benefits = [group.effects[place].benefit.value for group in large]
            found[name] = large[int(np.argmin(benefits))]
        return found


@dataclass(frozen=True)
class Headline:
    """Chosen policies against the usual care on patients that had no part in choosing them."""

    run: str
    environment: str
    environment_version: str
    patients: Patients
    usual: str
    """Title of the usual care."""
    arms: tuple[ArmHeadline, ...]

    def to_mapping(self) -> dict[str, Any]:
        """What JSON holds."""
        return {
            "run": self.run,
            "environment": {"id": self.environment, "version": self.environment_version},
            "patients": patients_mapping(self.patients),
            "usual_care": self.usual,
            "arms": [_arm_mapping(arm) for arm in self.arms],
        }


def headline(
    archive: Archive,
    patients: Patients,
    *,
    chosen: tuple[Choice, ...],
    draws: int,
    tell: Tell = lambda message: None,
) -> Headline:
    """Treat the patients by the chosen policies and by the usual care, and compare in pairs.

    Args:
        archive: of the run.
        patients: who had no part in choosing.
        chosen: points, see :func:`dosefront.clinical.choices`.
        draws: of the population's parameters, for the bands; 0 for none.
        tell: receives what is being done.
    """
    spec = shared_spec(archive)
    usual = comparator_arms(patients)[0]
    arms = [*policy_arms(archive, [each.point for each in chosen]), usual]
    results = {}
    for arm in arms:
        tell(f"{arm.title} on {len(patients)} patients")
        results[arm.id] = treat(arm, patients, spec=spec)
    measures = measures_of(archive.summary.objectives, results[usual.id])
    drawn = _drawn(arms, patients, spec=spec, draws=draws, tell=tell)
    return Headline(
        run=archive.summary.run,
        environment=archive.summary.environment,
        environment_version=archive.summary.environment_version,
        patients=patients,
        usual=usual.title,
        arms=tuple(
            ArmHeadline(
                id=arm.id,
                title=arm.title,
                reason=choice.reason,
                effects=_effects(measures, results[arm.id], results[usual.id]),
                tails=_tails(measures, results[arm.id], results[usual.id]),
                groups=_groups(measures, patients, results[arm.id], results[usual.id]),
                bands=_bands(measures, drawn[arm.id], drawn[usual.id]),
            )
            for choice, arm in zip(chosen, arms, strict=False)  # the usual care was not chosen
        ),
    )


def _effects(
    measures: tuple[Quantity, ...], ours: PatientResults, theirs: PatientResults
) -> tuple[Effect, ...]:
    return tuple(
        effect(
            each.name,
            each.of_patients(ours),
            each.of_patients(theirs),
            is_harm=each.is_harm,
            unit=each.unit,
        )
        for each in measures
    )


def _tails(
    measures: tuple[Quantity, ...], ours: PatientResults, theirs: PatientResults
) -> tuple[Tail, ...]:
    return tuple(
        tail(
            each.name,
            ours.returns[:, each.column],
            theirs.returns[:, each.column],
            clinical=each.objective.clinical,
            unit=each.unit,
        )
        for each in measures
        if each.objective is not None
    )


def _groups(
    measures: tuple[Quantity, ...],
    patients: Patients,
    ours: PatientResults,
    theirs: PatientResults,
) -> tuple[GroupEffects, ...]:
    endpoints = [each for each in measures if each.objective is None]
    return tuple(
        GroupEffects(
            name=name,
            patients=int(mask.sum()),
            effects=tuple(
                effect(
                    each.name,
                    each.of_patients(ours)[mask],
                    each.of_patients(theirs)[mask],
                    is_harm=each.is_harm,
                )
                for each in endpoints
            ),
        )
        for name, mask in patients.subgroups.items()
        if mask.any()
    )


Rates = Float[np.ndarray, "draws endpoints"]


def _drawn(
    arms: list[Arm], patients: Patients, *, spec: TrialSpec, draws: int, tell: Tell
) -> Mapping[str, Rates]:
    """Rates of the headline endpoints of each arm under each draw of the parameters."""
    rates: dict[str, list[list[float]]] = {arm.id: [] for arm in arms}
    for draw in range(draws):
        redrawn = patients.with_options({"parameters": draw})
        for arm in arms:
            tell(f"draw {draw + 1} of {draws} of the parameters: {arm.title}")
            results = treat(arm, redrawn, spec=spec)
            rates[arm.id].append([float(results.endpoints[name].mean()) for name in HEADLINE])
    return {
        name: np.array(rows, np.float64).reshape(draws, len(HEADLINE))
        for name, rows in rates.items()
    }


def _bands(measures: tuple[Quantity, ...], ours: Rates, theirs: Rates) -> tuple[Band, ...]:
    if len(ours) == 0:
        return ()
    harms = {each.name for each in measures if each.is_harm}
    return tuple(
        _band(name, ours[:, place], theirs[:, place], sign=-1 if name in harms else 1)
        for place, name in enumerate(HEADLINE)
    )


def _band(
    measure: str,
    ours: Float[np.ndarray, " draws"],
    theirs: Float[np.ndarray, " draws"],
    *,
    sign: int,
) -> Band:
    difference = ours - theirs
    relative = difference / theirs if (theirs > 0.0).all() else None
    return Band(
        measure=measure,
        draws=len(ours),
        difference=_quantiles(difference),
        relative=None if relative is None else _quantiles(relative),
        favourable=int((sign * difference > 0.0).sum()),
    )


def _quantiles(values: Float[np.ndarray, " draws"]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.05, 0.95])
    return float(low), float(high)


def _arm_mapping(arm: ArmHeadline) -> dict[str, Any]:
    def effects(each: tuple[Effect, ...]) -> list[dict[str, Any]]:
        return [
            {
                **asdict(one),
                "needed": None
                if one.needed is None
                else {"value": one.needed.value, "text": str(one.needed)},
            }
            for one in each
        ]

    return {
        **asdict(arm),
        "effects": effects(arm.effects),
        "groups": [{**asdict(each), "effects": effects(each.effects)} for each in arm.groups],
        "worst_group": {name: group.name for name, group in arm.worst().items()},
    }
