"""What a clinic of many regimens shows of each patient, and the regimens' own policies in it.

The observation begins with that of the regimen's own environment, number for number; drugs that
the regimen lacks are shown as never permitted. Then come tumour, regimen and the drugs' classes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from posology.dosing.conventional import Comparator, Policy, conventional_care
from posology.dosing.observation import COURSE, PATIENT, Feature, drug_features, features, observe
from posology.dosing.wards import Wards
from posology.library import drug_names, regimen_names, text, tumour_names
from posology.treatment import MOST_DRUGS, Regimen


def drug_classes() -> tuple[str, ...]:
    """Pharmacological classes of the library's drugs."""
    return tuple(dict.fromkeys(text(f"drugs/{drug}/class") for drug in drug_names()))


@functools.cache
def clinic_features() -> tuple[Feature, ...]:
    """The observation of a clinic, in order; the same whatever regimens it gives."""
    positions = range(1, MOST_DRUGS + 1)
    drugs = [each for position in positions for each in drug_features(f"drug {position}")]
    marks = [
        *(f"tumour is {name}" for name in tumour_names()),
        *(f"regimen is {name}" for name in regimen_names()),
        *(f"drug {position} is {name}" for position in positions for name in drug_classes()),
    ]
    return (*PATIENT, *COURSE, *drugs, *(Feature(mark, "0 or 1", 0.5, 0.5) for mark in marks))


def observe_clinic(
    wards: Wards, marks: Mapping[int, Float[np.ndarray, " features"]]
) -> Float[np.ndarray, "patients features"]:
    """Observation of every slot, float32; ``marks`` is :func:`regimen_marks` by regimen."""
    out = np.empty((wards.patient.size, next(iter(marks.values())).size), np.float32)
    for ward in wards.each():
        shown = features(ward.courses.regimen)
        out[ward.slots] = marks[ward.regimen]
        own = observe(ward.courses, shown, ward.rows)
        out[ward.slots, : len(shown)] = own
    return out


def regimen_marks(regimen: Regimen) -> Float[np.ndarray, " features"]:
    """An observation of the clinic with what the regimen alone says of it, and zeros before it."""
    marks = {f"tumour is {regimen.tumour}", f"regimen is {regimen.name}"}
    for position, drug in enumerate(regimen.drugs, start=1):
        marks.add(f"drug {position} is {text(f'drugs/{drug}/class')}")
    common = len(PATIENT) + len(COURSE)
    row = [
        feature.encode(np.array([float(feature.name in marks)]))
        for feature in clinic_features()[common:]
    ]
    return np.concatenate([np.zeros(common), *row]).astype(np.float32)


def regimen_of(
    observations: Float[np.ndarray, "patients features"],
) -> Int[np.ndarray, " patients"]:
    """Which regimen each observation of a clinic is of, an index into ``regimen_names()``.

    Raises:
        ValueError: observations of something else.
    """
    names = [feature.name for feature in clinic_features()]
    if observations.shape[1] != len(names):
        raise ValueError(
            f"an observation of a clinic has {len(names)} features; "
            f"got {observations.shape[1]}. Pass what the clinic's environment returned."
        )
    first = names.index(f"regimen is {regimen_names()[0]}")
    return observations[:, first : first + len(regimen_names())].argmax(axis=1)


@dataclass(frozen=True)
class ByRegimen:
    """Each patient treated by the policy of the patient's own regimen."""

    policies: Mapping[str, tuple[Regimen, Policy]]
    """Regimen, and its policy over the observations of its own environment."""

    def actions(
        self, observations: Float[np.ndarray, "patients features"]
    ) -> Float[np.ndarray, "patients drugs"]:
        """Fractions of the label doses; zero for drugs that the regimen lacks."""
        found = regimen_of(observations)
        out = np.zeros((len(observations), MOST_DRUGS), np.float32)
        for index in np.unique(found):
            regimen, policy = self.policies[regimen_names()[index]]
            own = np.flatnonzero(found == index)
            seen = observations[own, : len(features(regimen))]
            out[own, : len(regimen.drugs)] = policy.actions(seen)
        return out


def clinic_care(regimens: Sequence[Regimen]) -> tuple[Comparator, ...]:
    """Conventional care of every regimen at once; a regimen without a comparator follows its label.

    A comparator is offered if any regimen has it, in the order of the regimen that has most.
    """
    offered = {
        regimen.name: {each.name: each for each in conventional_care(regimen)}
        for regimen in regimens
    }
    longest = max(offered.values(), key=len)
    out = []
    for name, comparator in longest.items():
        policies = {}
        for regimen in regimens:
            own = offered[regimen.name]
            policies[regimen.name] = (regimen, own.get(name, own["label-with-rules"]).policy)
        out.append(Comparator(name, comparator.title, ByRegimen(policies), comparator.options))
    return tuple(out)
