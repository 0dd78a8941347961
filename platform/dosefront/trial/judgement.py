"""What a finished trial hands over: results summed up where they were made.

Intervals and compressed files cost a tenth of a second for each policy. A trial's own process has
that time; the driver, which all trials report to, has not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dosefront.evaluate import ComparatorResults, PatientResults, paired_differences
from dosefront.records import JudgedPolicy, TrialSpec


@dataclass(frozen=True, repr=False)  # Tune writes reports out as text, many times
class Judgement:
    """A trained policy and how it fares."""

    policy: bytes
    """The file of the policy."""
    judged: tuple[JudgedPolicy, ...]
    """One for each of the trial's preferences, in their order."""
    held_out: tuple[bytes, ...]
    """For each, the file of its results with every held-out patient."""


def judge(
    policy: bytes,
    spec: TrialSpec,
    *,
    select: Sequence[PatientResults],
    held_out: Sequence[PatientResults],
    comparators: tuple[ComparatorResults, ...],
) -> Judgement:
    """The policy's results at each preference of its trial, alone and against conventional care."""
    return Judgement(
        policy=policy,
        judged=tuple(
            JudgedPolicy(
                weights=weights,
                select=on_select.outcome(),
                held_out=on_held_out.outcome(),
                paired=paired_differences(on_held_out, comparators),
            )
            for weights, on_select, on_held_out in zip(
                spec.preferences, select, held_out, strict=True
            )
        ),
        held_out=tuple(each.to_bytes() for each in held_out),
    )
