"""Which policy of a run to take, given caps: shortlisted on one cohort, confirmed on another."""

from dataclasses import replace
from typing import Final

from dosefront.decide.candidates import Masks, mixed, results_of, shortlisted
from dosefront.decide.quantities import quantities_of
from dosefront.decide.question import UPPER_LIMIT, Question, Request, question_of
from dosefront.decide.recommendation import (
    Care,
    Intensity,
    Mixture,
    Recommendation,
    Regimen,
    Subgroup,
    Trade,
)
from dosefront.decide.walk import Walk
from dosefront.errors import FrontError, UsageError
from dosefront.front import estimate_of
from dosefront.records import (
    ComparatorPoint,
    FrontPoint,
    FrontSummary,
    RunFolder,
    read_front,
    read_subgroups,
)

SHARES: Final = tuple(tenth / 10.0 for tenth in range(1, 10))
"""Of patients who are given the second policy of a mixture."""
INTENSITY: Final = ", relative dose intensity"
"""Ends the name of the endpoint that tells how much of a drug was given."""


def recommend(folder: RunFolder, request: Request) -> Recommendation:
    """The policy with the most of what is maximised among those known to keep every cap.

    Raises:
        UsageError: a name, cap or method that the run does not know, or files that are missing.
        FrontError: no front, an empty one, or one of another schema.
        LedgerError: the ledger lacks a trial of the front.
    """
    summary = read_front(folder.front_json)
    if not summary.points:
        raise FrontError(
            f"{folder.front_json} has no points, so there is nothing to recommend. "
            f"`dosefront status {folder.path}` says how far the run is."
        )
    masks = _subgroup_masks(folder, summary.held_out_patients)
    any_results = results_of(folder, summary.points[0], patients=summary.held_out_patients)
    quantities = quantities_of(summary.objectives, any_results)
    question = question_of(request, quantities, masks)
    walk = Walk(shortlisted(folder, summary, question), question, masks)
    return _recommendation(summary, walk)


def _subgroup_masks(folder: RunFolder, patients: int) -> Masks | None:
    masks = read_subgroups(folder)
    for name, mask in (masks or {}).items():
        if mask.shape != (patients,):
            raise UsageError(
                f"{folder.subgroups_npz} must tell of {patients} held-out patients; its "
                f'"{name}" tells of {mask.size}. `dosefront resume {folder.path}` writes it anew.'
            )
    return masks


def _recommendation(summary: FrontSummary, walk: Walk) -> Recommendation:
    chosen = walk.chosen()
    place = walk.nearest() if chosen is None else chosen
    point = next(each for each in summary.points if each.id == walk.candidates[place].id)
    comparator = summary.comparators[0] if summary.comparators else None
    is_mixed = walk.question.mixtures and chosen is not None
    return Recommendation(
        run=summary.run,
        question=walk.question,
        chosen=None if chosen is None else walk.option(chosen),
        nearest=walk.option(place),
        probability_feasible=walk.probability_feasible(place),
        shortlist=tuple(map(walk.option, range(len(walk.candidates)))),
        safer_ties=() if chosen is None else _safer_ties(walk, chosen),
        next_point=None if chosen is None else _next_point(walk, chosen),
        mixture=_mixture(walk, chosen) if is_mixed and chosen is not None else None,
        subgroups=_subgroups(walk, place),
        regimen=_regimen(point, comparator),
        care=_care(comparator, walk.question) if comparator else None,
        select_patients=summary.select_patients,
        held_out_patients=summary.held_out_patients,
    )


def _safer_ties(walk: Walk, chosen: int) -> tuple[Trade, ...]:
    """Confirmed policies with less of every risk whose benefit cannot be told from the chosen's."""
    others = [place for place in range(walk.passed) if place != chosen]
    trades = [walk.trade(place, against=chosen) for place in others]
    signs = [cap.sign for cap in walk.question.caps]
    return tuple(
        trade
        for trade in trades
        if trade.benefit.high >= 0.0
        and all(
            (risk.high if sign > 0.0 else -risk.low) < 0.0
            for risk, sign in zip(trade.risks, signs, strict=True)
        )
    )


def _next_point(walk: Walk, chosen: int) -> Trade | None:
    """The policy of the shortlist with the least more benefit, as the select cohort tells it."""
    own = walk.candidates[chosen].select_benefit
    more = [
        (each.select_benefit, place)
        for place, each in enumerate(walk.candidates)
        if each.select_benefit > own
    ]
    return walk.trade(min(more)[1], against=chosen) if more else None


def _mixture(walk: Walk, chosen: int) -> Mixture | None:
    """The randomisation with the most benefit, tested in a walk of its own; None if none adds."""
    steps: list[tuple[int, float]] = []  # the place it starts from, the share of the next policy
    for place in range(len(walk.candidates)):
        steps.append((place, 0.0))
        steps += [(place, share) for share in SHARES if place + 1 < len(walk.candidates)]
    candidates = [
        mixed(walk.candidates[place], walk.candidates[place + 1], share)
        if share
        else walk.candidates[place]
        for place, share in steps
    ]
    question = replace(walk.question, method=UPPER_LIMIT)
    dense = replace(walk, candidates=candidates, question=question)
    best = dense.chosen()
    if best is None or candidates[best].select_benefit <= walk.candidates[chosen].select_benefit:
        return None
    place, share = steps[best]
    if share == 0.0:
        return None
    return Mixture(
        first=walk.candidates[place].id,
        second=walk.candidates[place + 1].id,
        share=share,
        benefit=estimate_of(candidates[best].benefit),
        judged=dense.judged(best),
    )


def _subgroups(walk: Walk, place: int) -> tuple[Subgroup, ...]:
    """A policy on each group of patients, beside the caps on all."""
    numbers = [n for n, cap in enumerate(walk.question.caps) if cap.subgroup is None]
    caps = [walk.question.caps[number] for number in numbers]
    question = replace(walk.question, caps=tuple(caps))
    candidate = walk.candidates[place]
    groups = []
    for name, mask in (walk.masks or {}).items():
        alone = replace(
            candidate,
            benefit=candidate.benefit[mask],
            capped=tuple(candidate.capped[number][mask] for number in numbers),
        )
        judged = replace(walk, candidates=(alone,), question=question, masks=None).judged(0)
        groups.append(Subgroup(name, int(mask.sum()), estimate_of(alone.benefit), judged))
    return tuple(groups)


def _regimen(point: FrontPoint, comparator: ComparatorPoint | None) -> Regimen:
    usual = comparator.endpoints if comparator else {}
    return Regimen(
        drugs=tuple(
            Intensity(name.removesuffix(INTENSITY), given, usual.get(name))
            for name, given in point.endpoints.items()
            if name.endswith(INTENSITY)
        ),
        cycles=point.endpoints.get("cycles"),
        usual_cycles=usual.get("cycles"),
    )


def _care(comparator: ComparatorPoint, question: Question) -> Care:
    return Care(
        title=comparator.title,
        benefit=question.maximise.of_point(comparator),
        risks=tuple(
            cap.quantity.of_point(comparator) for cap in question.caps if cap.subgroup is None
        ),
    )
