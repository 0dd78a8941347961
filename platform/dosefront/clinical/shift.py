"""What is left of a policy when patients are other than those it learned on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Shaped

from dosefront.clinical.effects import independent_difference, turned
from dosefront.clinical.evaluation import (
    Arm,
    Tell,
    comparator_arms,
    patients_mapping,
    policy_arms,
    shared_spec,
    treat,
)
from dosefront.clinical.measures import measures_of
from dosefront.clinical.patients import Patients, chosen_patients
from dosefront.decide import Quantity
from dosefront.errors import UsageError
from dosefront.evaluate import Archive
from dosefront.front import Estimate, difference_of, estimate_of
from dosefront.records import FrontPoint, PatientResults

LOOKED_AT: Final = 10_000
"""Patients among whom groups are looked for; among few, the rare ones are missing."""
AS_TRAINED: Final = "as in training"
SHIFTED_TO: Final = (
    "age_75_or_over",
    "renal_impaired",
    "renal_mildly_impaired",
    "DPYD_deficient",
    "ancestry:EAS",
    "ancestry:AFR",
)
"""Groups that policies are tried on, as far as the environment tells them; another environment's
groups are all tried."""


@dataclass(frozen=True)
class ShiftedMeasure:
    """A measure of one arm on one kind of patients, in clinical units."""

    measure: str
    value: Estimate
    drop: Estimate | None
    """How much worse than on patients as in training, more being worse whatever the measure; these
    are other patients, so both samples' errors are in the interval. None of patients as in
    training."""
    gain: Estimate | None
    """How much better than the usual care on the same patients, in pairs; None of that care."""
    gain_lost: Estimate | None
    """How much of the gain on patients as in training is lost."""


@dataclass(frozen=True)
class ShiftRow:
    """One arm on one kind of patients."""

    arm: str
    title: str
    patients: str
    """``as in training``, or the group's name."""
    measures: tuple[ShiftedMeasure, ...]


@dataclass(frozen=True)
class Shift:
    """Arms on patients as in training, and on groups of patients."""

    cohorts: Mapping[str, Patients]
    """By what they are called in the rows."""
    measures: tuple[Quantity, ...]
    usual: str | None
    """Id of the comparator that the gains are over."""
    rows: tuple[ShiftRow, ...]
    """By arm, each on all kinds of patients in the order of ``cohorts``."""

    def worst(self, arm: str) -> dict[str, str]:
        """For each measure, the group on which an arm drops most."""
        rows = [row for row in self.rows if row.arm == arm and row.patients != AS_TRAINED]
        found = {}
        for column, measure in enumerate(self.measures):
            drops = [row.measures[column].drop for row in rows]
            values = [drop.value for drop in drops if drop is not None]  # every group has one
            found[measure.name] = rows[int(np.argmax(values))].patients
        return found

    def to_mapping(self) -> dict[str, Any]:
        """What JSON holds."""
        arms = dict.fromkeys(row.arm for row in self.rows)
        return {
            "cohorts": {name: patients_mapping(each) for name, each in self.cohorts.items()},
            "compared_with": self.usual,
            "rows": [asdict(row) for row in self.rows],
            "worst": {arm: self.worst(arm) for arm in arms},
        }


def shift(
    archive: Archive,
    *,
    points: Sequence[FrontPoint],
    cohort: str | None = None,
    number: int | None = None,
    scenario: Mapping[str, Any] | None = None,
    tell: Tell = lambda message: None,
) -> Shift:
    """Try points and the usual care on patients as in training, then on groups.

    A group's patients are the first so many members found by screening a large cohort of the same
    seed. Patients k of two groups are different people, but within a group every arm meets the same
    ones with the same noise.

    Args:
        archive: of the run.
        points: whose policies are tried.
        cohort, number, scenario: as :func:`chosen_patients` takes them.
        tell: receives what is being done.
    """
    spec = shared_spec(archive)

    def drawn(subgroup: str | None) -> Patients:
        return chosen_patients(
            spec, cohort=cohort, number=number, subgroup=subgroup, scenario=scenario
        )

    first = drawn(None)
    many = chosen_patients(spec, cohort=cohort, number=LOOKED_AT, scenario=scenario)
    groups = [name for name in SHIFTED_TO if name in many.subgroups] or list(many.subgroups)
    if not groups:
        raise UsageError(
            f"{spec.environment} tells no groups of patients. Give it a method `subgroups()`, or "
            "try circumstances with --scenario."
        )
    cohorts = {AS_TRAINED: first, **{name: drawn(name) for name in groups}}
    usual = next(iter(comparator_arms(first)), None)
    arms = (*policy_arms(archive, points), *((usual,) if usual else ()))
    results: dict[tuple[str, str], PatientResults] = {}
    for place, (name, patients) in enumerate(cohorts.items(), start=1):
        for arm in arms:
            tell(f"{place} of {len(cohorts)}: {arm.title} on {len(patients)} patients, {name}")
            results[arm.id, name] = treat(arm, patients, spec=spec)
    measures = measures_of(archive.summary.objectives, results[arms[0].id, AS_TRAINED])
    return Shift(
        cohorts=cohorts,
        measures=measures,
        usual=usual.id if usual else None,
        rows=tuple(
            ShiftRow(
                arm=arm.id,
                title=arm.title,
                patients=name,
                measures=tuple(
                    _shifted(measure, results, arm=arm, usual=usual, patients=name)
                    for measure in measures
                ),
            )
            for arm in arms
            for name in cohorts
        ),
    )


def _shifted(
    measure: Quantity,
    results: Mapping[tuple[str, str], PatientResults],
    *,
    arm: Arm,
    usual: Arm | None,
    patients: str,
) -> ShiftedMeasure:

    def values(of: Arm, on: str) -> Shaped[np.ndarray, " patients"]:
        return measure.of_patients(results[of.id, on])

    def better(estimate: Estimate) -> Estimate:
        return turned(estimate) if measure.is_harm else estimate

    ours, trained = values(arm, patients), values(arm, AS_TRAINED)
    is_shifted = patients != AS_TRAINED
    gain = gain_lost = None
    if usual is not None and arm is not usual:
        theirs = values(usual, patients)
        gain = better(difference_of(ours, theirs))
        if is_shifted:
            before = trained.astype(float) - values(usual, AS_TRAINED)
            now = ours.astype(float) - theirs
            gain_lost = better(independent_difference(before, now))
    return ShiftedMeasure(
        measure=measure.name,
        value=estimate_of(ours),
        drop=better(independent_difference(trained, ours)) if is_shifted else None,
        gain=gain,
        gain_lost=gain_lost,
    )
