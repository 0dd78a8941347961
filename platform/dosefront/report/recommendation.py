"""A recommendation in words: what to take, what it gives, and what going further costs."""

from collections.abc import Iterable
from typing import Final

from rich.table import Table

from dosefront.decide import Cap, Judged, Option, Question, Recommendation, Trade
from dosefront.decide.quantities import Quantity
from dosefront.decide.question import UPPER_LIMIT
from dosefront.front import Estimate
from dosefront.report.plane import DISCLAIMER
from dosefront.report.terminal import written

GEOMETRY_NOTE: Final = (
    "chosen by geometry ({method}): from the shape of the front among the policies that keep the "
    "caps, and from no clinical worth"
)
MOST_BEYOND: Final = 3
"""Rows of policies beyond the caps; there may be hundreds."""
VERDICTS: Final = {
    "within": "within the caps",
    "beyond": "beyond",
    "untested": "not tested: the walk had stopped",
}


def recommendation_lines(found: Recommendation) -> list[str]:
    """What is recommended, or how near the nearest comes; one sentence a line."""
    question, option = found.question, found.nearest
    lines = [
        f"Recommended: {option.id}, {option.label}"
        if found.chosen
        else f"No policy is known to keep the caps. Nearest: {option.id}, {option.label}"
    ]
    if question.method != UPPER_LIMIT:
        lines.append(f"  {GEOMETRY_NOTE.format(method=question.method)}")
    lines.append(f"  {question.maximise.name}: {figure(option.benefit, question.maximise)}")
    lines += [
        f"  {_judged_line(cap, judged, question)}"
        for cap, judged in zip(question.caps, option.judged, strict=True)
    ]
    lines.append(
        f"  probability that it keeps every cap: {found.probability_feasible:.3f} "
        f"(bootstrap over {found.held_out_patients:,} held-out patients)"
    )
    lines += [f"  {line}" for line in [*_regimen_lines(found), *_care_lines(found)]]
    if found.next_point:
        trade = found.next_point
        lines.append(
            f"Next point, {trade.option.id}: {_price(trade, question)}; "
            f"{VERDICTS[trade.option.verdict]}"
        )
    for tie in found.safer_ties:
        lines.append(
            f"Safer tie, {tie.option.id}: {_price(tie, question)}; "
            f"its {question.maximise.name} cannot be told from the recommended policy's"
        )
    return [*lines, *_mixture_lines(found)]


def shortlist_table(found: Recommendation) -> Table:
    """The shortlist in the order in which it was tested."""
    question = found.question
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("shortlist", no_wrap=True)
    table.add_column("policy", min_width=12)
    table.add_column(question.maximise.name, justify="right")
    for cap in question.caps:
        table.add_column(f"{_about(cap)}\n{_side(cap)} limit", justify="right")
    table.add_column("")
    for option in _shown(found):
        limits = [
            f"{_number(judged.estimate.value, cap.quantity)} / {_limit(judged, cap)}"
            for cap, judged in zip(question.caps, option.judged, strict=True)
        ]
        is_chosen = found.chosen is not None and option.id == found.chosen.id
        verdict = "recommended" if is_chosen else VERDICTS[option.verdict]
        benefit = _number(option.benefit.value, question.maximise)
        table.add_row(option.id, option.label, benefit, *limits, verdict)
    return table


def hidden_options(found: Recommendation) -> int:
    """How many policies of the shortlist the table leaves out."""
    return len(found.shortlist) - len(_shown(found))


def _shown(found: Recommendation) -> tuple[Option, ...]:
    """The shortlist as far as the table goes: a little way beyond the caps."""
    inside = [place for place, each in enumerate(found.shortlist) if each.verdict != "beyond"]
    return found.shortlist[: max(inside, default=-1) + 1 + MOST_BEYOND]


def subgroups_table(found: Recommendation) -> Table:
    """The policy on each group of patients, with each limit beside the cap on all."""
    question = found.question
    caps = [cap for cap in question.caps if cap.subgroup is None]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("subgroup", no_wrap=True)
    table.add_column("patients", justify="right")
    table.add_column(question.maximise.name, justify="right")
    for cap in caps:
        table.add_column(f"{cap.quantity.name}\n{_side(cap)} limit", justify="right")
    for group in found.subgroups:
        cells = []
        for cap, judged in zip(caps, group.judged, strict=True):
            mark = " !" if judged.margin is None or judged.margin < 0.0 else ""
            cells.append(f"{figure(judged.estimate, cap.quantity)} / {_limit(judged, cap)}{mark}")
        benefit = figure(group.benefit, question.maximise)
        table.add_row(group.name, f"{group.patients:,}", benefit, *cells)
    return table


def protocol_sentence(found: Recommendation) -> str:
    """The sentence that a protocol may carry, with how the policy was chosen."""
    question, option = found.question, found.nearest
    limits = " and ".join(
        f"{_about(cap)} {figure(judged.estimate, cap.quantity)}, one-sided "
        f"{_percent(question.confidence)} {_side(cap)} confidence limit {_limit(judged, cap)} "
        f"against a cap of {_number(cap.bound, cap.quantity)}"
        for cap, judged in zip(question.caps, option.judged, strict=True)
    )
    level = 1.0 - question.confidence
    procedure = (
        f"Policies that no other dominated on {found.select_patients:,} simulated patients were "
        f"tested on {found.held_out_patients:,} others, the safest first and each at a one-sided "
        f"level of {level:.3g}, until the first that did not keep every cap"
    )
    if found.chosen is None:
        return (
            f"{procedure}; none was known to keep them. The nearest, {option.id}, gave {limits}. "
            f"{DISCLAIMER}"
        )
    return (
        f"Dosing follows policy {option.id} ({option.label}) of run {found.run}. {procedure}; of "
        f"those that did, the one {_choice(question)} on the former was taken. On the latter it "
        f"gave {question.maximise.name} {figure(option.benefit, question.maximise)} (95 % "
        f"interval), and {limits}. {DISCLAIMER}"
    )


def infeasible_sentence(found: Recommendation) -> str:
    """Which cap the nearest policy misses, and by how much."""
    worst = [
        f"{_about(cap)}: {_side(cap)} limit {_limit(judged, cap)}, cap "
        f"{_number(cap.bound, cap.quantity)}, gap {_gap(judged, cap.quantity)}"
        for cap, judged in zip(found.question.caps, found.nearest.judged, strict=True)
        if judged.margin is None or judged.margin < 0.0
    ]
    confidence = _percent(found.question.confidence)
    return (
        f"no policy of {found.run} is known to keep the caps at {confidence} confidence. "
        f"The nearest is {found.nearest.id} ({'; '.join(worst)}). Train policies that "
        "lie further below the cap, judge more held-out patients, or ask with another cap; "
        "nothing was relaxed."
    )


def figure(estimate: Estimate, quantity: Quantity) -> str:
    """An estimate with its interval, a share in percent.

    >>> share = Quantity("response", "", True, objective=None, column=-1)
    >>> figure(Estimate(0.315, 0.2946, 0.3358), share)
    '31.5 % [29.5, 33.6]'
    """
    if not quantity.is_share:
        return written(estimate)
    value, low, high = (100.0 * each for each in (estimate.value, estimate.low, estimate.high))
    return f"{value:.1f} % [{low:.1f}, {high:.1f}]"


def _regimen_lines(found: Recommendation) -> Iterable[str]:
    """The doses that the policy gives, beside the label's and conventional care's."""
    regimen, care = found.regimen, found.care
    if regimen.drugs:
        given = " and ".join(f"{each.drug} {_percent(each.given.value)}" for each in regimen.drugs)
        usual = [_percent(each.usual.value) for each in regimen.drugs if each.usual]
        beside = f"; {care.title}: {' and '.join(usual)}" if care and usual else ""
        yield f"regimen: {given} of the label's dose intensity{beside}"
    if regimen.cycles:
        usual_cycles = regimen.usual_cycles
        beside = f"; {care.title}: {usual_cycles.value:.1f}" if care and usual_cycles else ""
        yield f"cycles: {regimen.cycles.value:.1f} a patient{beside}"


def _care_lines(found: Recommendation) -> Iterable[str]:
    if found.care:
        caps = [cap for cap in found.question.caps if cap.subgroup is None]
        figures = [(found.question.maximise, found.care.benefit)]
        figures += [(c.quantity, risk) for c, risk in zip(caps, found.care.risks, strict=True)]
        told = ", ".join(f"{quantity.name} {figure(of, quantity)}" for quantity, of in figures)
        yield f"{found.care.title} on the same patients: {told}"


def _judged_line(cap: Cap, judged: Judged, question: Question) -> str:
    margin = (
        ""
        if judged.margin is None
        else f", margin {_difference(judged.margin, cap.quantity)}"
        if judged.margin >= 0.0
        else f", gap {_difference(-judged.margin, cap.quantity)}"
    )
    patients = f" ({judged.patients:,} patients)" if cap.subgroup else ""
    return (
        f"{_about(cap)}{patients}: {figure(judged.estimate, cap.quantity)}, {_side(cap)} "
        f"{_percent(question.confidence)} limit {_limit(judged, cap)}, cap "
        f"{_number(cap.bound, cap.quantity)}{margin}"
    )


def _price(trade: Trade, question: Question) -> str:
    """Such as "+7.0 points [5.1, 8.9] of response for +1.6 points [0.9, 2.3] of ..."."""
    risks = " and ".join(
        f"{_change(risk, cap.quantity)} of {_about(cap)}"
        for cap, risk in zip(question.caps, trade.risks, strict=True)
    )
    benefit = _change(trade.benefit, question.maximise)
    return f"{benefit} of {question.maximise.name} for {risks}"


def _mixture_lines(found: Recommendation) -> Iterable[str]:
    if not found.question.mixtures or found.chosen is None:
        return
    mixture, question = found.mixture, found.question
    if mixture is None:
        yield "Randomisation: none between two neighbours keeps the caps with more benefit."
        return
    limits = "; ".join(
        _judged_line(cap, judged, question)
        for cap, judged in zip(question.caps, mixture.judged, strict=True)
    )
    yield (
        "Randomisation: each patient is randomised between two policies, "
        f"{_percent(mixture.share)} to {mixture.second} and "
        f"{_percent(1.0 - mixture.share)} to {mixture.first}: "
        f"{question.maximise.name} {figure(mixture.benefit, question.maximise)}; {limits}. "
        "Tested in a walk of its own; it is no policy for a single patient."
    )


def _choice(question: Question) -> str:
    if question.method == UPPER_LIMIT:
        return f"with the most {question.maximise.name}"
    return f"that geometry ({question.method}) picks"


def _about(cap: Cap) -> str:
    return f"{cap.quantity.name} in {cap.subgroup}" if cap.subgroup else cap.quantity.name


def _side(cap: Cap) -> str:
    return "lower" if cap.is_floor else "upper"


def _limit(judged: Judged, cap: Cap) -> str:
    return "none" if judged.limit is None else _number(judged.limit, cap.quantity)


def _gap(judged: Judged, quantity: Quantity) -> str:
    return "unknown" if judged.margin is None else _difference(-judged.margin, quantity)


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g} %"


def _number(value: float, quantity: Quantity) -> str:
    return f"{100.0 * value:.1f} %" if quantity.is_share else f"{value:.3g}"


def _difference(value: float, quantity: Quantity) -> str:
    if not quantity.is_share:
        return f"{value:.3g}"
    points = 100.0 * value
    return f"{points:.1f} points" if points >= 0.1 else f"{points:.2g} points"


def _change(change: Estimate, quantity: Quantity) -> str:
    if quantity.is_share:
        value, low, high = (100.0 * each for each in (change.value, change.low, change.high))
        return f"{value:+.1f} points [{low:+.1f}, {high:+.1f}]"
    return f"{change.value:+.3g} [{change.low:+.3g}, {change.high:+.3g}]"
