"""The policies among which a decision is made, and what they did to each held-out patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Shaped

from dosefront.decide.question import Cap, Question
from dosefront.errors import LedgerError, UsageError
from dosefront.front import shortlist
from dosefront.records import (
    FrontPoint,
    FrontSummary,
    Ledger,
    Outcome,
    PatientResults,
    RunFolder,
    read_results,
)

Masks = Mapping[str, Bool[np.ndarray, " patients"]]


@dataclass(frozen=True)
class Candidate:
    """A policy, or a randomisation between two, on both cohorts."""

    id: str
    label: str
    select_benefit: float
    """Mean on the select cohort, which decides the choice."""
    select_risks: tuple[float, ...]
    """The same of each capped quantity over all patients; less is safer."""
    benefit: Shaped[np.ndarray, " patients"]
    """Of each held-out patient, in clinical units."""
    capped: tuple[Shaped[np.ndarray, " patients"], ...]
    """The same for each cap, of all patients."""


def shortlisted(
    folder: RunFolder, summary: FrontSummary, question: Question
) -> tuple[Candidate, ...]:
    """The policies worth testing, in their order; both are decided on the select cohort.

    Raises:
        LedgerError: the ledger lacks a trial of the front.
        UsageError: what a policy did to the patients is missing or of another cohort.
    """
    outcomes = _select_outcomes(folder, summary.points)
    benefit = np.array([question.maximise.of_cohort(each).value for each in outcomes])
    risks = [[cap.quantity.of_cohort(each) for cap in question.caps] for each in outcomes]
    signs = np.array([cap.sign for cap in question.caps])
    means = np.array([[risk.value for risk in row] for row in risks]) * signs
    order = shortlist(
        benefit,
        means,
        half_widths=np.array([[(risk.high - risk.low) / 2.0 for risk in row] for row in risks]),
        bounds=signs * [cap.bound for cap in question.caps],
    )
    return tuple(
        _candidate(
            summary.points[place],
            results=results_of(folder, summary.points[place], patients=summary.held_out_patients),
            question=question,
            select=(float(benefit[place]), tuple(means[place].tolist())),
        )
        for place in order.tolist()
    )


def results_of(folder: RunFolder, point: FrontPoint, *, patients: int) -> PatientResults:
    """What the policy of a point did to each held-out patient."""
    path = _results_path(folder, point)
    results = read_results(path)
    if len(results.returns) != patients:
        raise UsageError(
            f"{path} must hold the {patients} held-out patients of {folder.front_json}; it holds "
            f"{len(results.returns)}. Write both again: dosefront resume {folder.path}."
        )
    return results


def mixed(first: Candidate, second: Candidate, share: float, *, seed: int = 0) -> Candidate:
    """The randomisation that gives each patient the second policy with this chance.

    The held-out patients are randomised by a seeded draw of each, the same for every share, so what
    is found is what such a trial would find on them.
    """
    draws = np.random.default_rng(seed).random(len(first.benefit))
    is_second = draws < share
    select_risks = np.array([first.select_risks, second.select_risks]).T @ [1.0 - share, share]
    return Candidate(
        id=f"{first.id}+{second.id}",
        label=f"{1.0 - share:.0%} {first.label}, {share:.0%} {second.label}",
        select_benefit=(1.0 - share) * first.select_benefit + share * second.select_benefit,
        select_risks=tuple(select_risks.tolist()),
        benefit=np.where(is_second, second.benefit, first.benefit),
        capped=tuple(
            np.where(is_second, b, a) for a, b in zip(first.capped, second.capped, strict=True)
        ),
    )


def concerned(cap: Cap, masks: Masks | None, patients: int) -> Bool[np.ndarray, " patients"]:
    """Which patients a cap is about."""
    if cap.subgroup is None or masks is None:
        return np.ones(patients, bool)
    mask = masks[cap.subgroup]
    if not mask.any():
        raise UsageError(
            f'no held-out patient belongs to subgroup "{cap.subgroup}". Judge more patients, or '
            "cap another subgroup."
        )
    return mask


def _candidate(
    point: FrontPoint,
    *,
    results: PatientResults,
    question: Question,
    select: tuple[float, tuple[float, ...]],
) -> Candidate:
    return Candidate(
        id=point.id,
        label=f"{point.algorithm} {point.preference} s{point.seed}",
        select_benefit=select[0],
        select_risks=select[1],
        benefit=question.maximise.of_patients(results),
        capped=tuple(cap.quantity.of_patients(results) for cap in question.caps),
    )


def _select_outcomes(folder: RunFolder, points: Sequence[FrontPoint]) -> list[Outcome]:
    """What each point's policy achieved on the select cohort; only the ledger holds it."""
    outcomes = {
        trial.spec.point_id(number): judged.select
        for trial in Ledger(folder.ledger).read().trials
        for number, judged in enumerate(trial.judged)
    }
    missing = [point.id for point in points if point.id not in outcomes]
    if missing:
        raise LedgerError(
            f"{folder.ledger} must hold every point of {folder.front_json}; {len(missing)} are "
            f"missing, {missing[0]} first. Write both again: dosefront resume {folder.path}."
        )
    return [outcomes[point.id] for point in points]


def _results_path(folder: RunFolder, point: FrontPoint) -> Path:
    number = point.id.removeprefix(point.trial)  # "-K" of a policy that serves many preferences
    return folder.held_out(point.trial, int(number[1:]) if number else None)
