"""Course records: what happened to each patient of a cohort week by week under a policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int16

from dosefront.environments import make_vector_env
from dosefront.evaluate.policy import Policy
from dosefront.evaluate.roll_out import treat
from dosefront.records import PatientResults
from posology.library import regimen_names
from posology.treatment import TERMS, Diary


@dataclass(frozen=True, repr=False)
class CourseRecords:
    """Courses week by week.

    Week w is the visit at w weeks, before its doses; what a dose is and does in the week that
    follows stands at the same w. After a course's end counts and sizes are NaN.
    """

    drugs: tuple[str, ...]
    """Names of the regimen's drugs; of positions in it where patients are on several regimens."""
    terms: tuple[str, ...]
    """Adverse events that are graded."""
    fractions: Float32[np.ndarray, "patients weeks drugs"]
    """Doses given, as fractions of the label's of that visit."""
    due: Bool[np.ndarray, "patients weeks"]
    """Visits at which the schedule had something to give; it was held where nothing was given."""
    cycle: Int16[np.ndarray, "patients weeks"]
    """Cycle that the visit is part of; 0 where nothing was due, or a cycle was and none began."""
    neutrophils: Float32[np.ndarray, "patients weeks"]
    """True count [10^9/L], which the clinic sees with an assay's error."""
    platelets: Float32[np.ndarray, "patients weeks"]
    """True count [10^9/L], which the clinic sees with an assay's error."""
    size: Float32[np.ndarray, "patients weeks"]
    """True size of the tumour, of baseline."""
    scanned: Float32[np.ndarray, "patients weeks"]
    """Size that a scan at the visit showed, of the first scan's; NaN where there was none."""
    on_treatment: Bool[np.ndarray, "patients weeks"]
    """Whether a dose might still be given."""
    grade: Int16[np.ndarray, "patients weeks"]
    """Worst CTCAE grade of the week that follows."""
    regimen: Int16[np.ndarray, " patients"]
    """Each patient's regimen, an index into the library's names."""
    confirmed: Bool[np.ndarray, " patients"]
    """Whether two scans in a row showed a partial response (RECIST 1.1)."""
    best_change: Float32[np.ndarray, " patients"]
    """Largest shrinkage, or least growth, that a scan showed up to progression, of baseline: -0.3
    is 30 % smaller. NaN for a patient who died before the first scan of the follow-up."""
    weeks_on_treatment: Int16[np.ndarray, " patients"]
    """Weeks from the first visit until no dose could be given any more."""
    weeks_followed: Int16[np.ndarray, " patients"]
    """Weeks from the first visit to the end of the course."""
    progression_week: Int16[np.ndarray, " patients"]
    """Week of progression (RECIST 1.1); 0 without."""
    death_week: Int16[np.ndarray, " patients"]
    """Week of death by toxicity; 0 without."""
    worst_grades: Int16[np.ndarray, "patients terms"]
    """Worst CTCAE grade of each term."""
    refusals: Int16[np.ndarray, " patients"]
    """Doses that the guardrails refused."""
    delays: Int16[np.ndarray, " patients"]
    """Visits at which a cycle was due and none began."""


def course_records(
    policy: Policy,
    *,
    environment: str,
    options: Mapping[str, Any],
    objectives: Sequence[str],
    patients: int,
    discount: float = 1.0,
) -> tuple[CourseRecords, PatientResults] | None:
    """The courses of patients 0 to ``patients - 1`` under a policy, and what they came to.

    The results are those of :func:`dosefront.evaluate.roll_out` to the last bit. None where the
    environment's episodes are not courses of treatment.

    Args:
        policy: whose actions to take.
        environment, options, objectives, patients, discount: as of ``roll_out``.
    """
    env = make_vector_env(environment, num_envs=patients, options=options)
    try:
        everybody = np.arange(patients)
        _, infos = env.reset(options={"patients": everybody, "diary": True})
        if "diaries" not in infos:
            return None
        results, diaries = treat(
            everybody, policy, env, objectives=objectives, discount=discount, diary=True
        )
    finally:
        env.close()
    return _recorded(diaries, patients), results


def _recorded(diaries: Sequence[Diary], patients: int) -> CourseRecords:
    """The diaries side by side, each patient in the place that the cohort gives."""
    offered = [each.regimen.drugs for each in diaries]
    most = max(len(drugs) for drugs in offered)
    drugs = offered[0] if len(offered) == 1 else tuple(f"drug {k + 1}" for k in range(most))
    weeks = max(each.size.shape[1] for each in diaries)

    def weekly(name: str, fill: float, kind: type[np.generic], *drugs: int) -> Any:
        out = np.full((patients, weeks, *drugs), fill, kind)
        for diary in diaries:
            values = getattr(diary, name)
            longer = np.full((diary.owners.size, *out.shape[1:]), fill, kind)
            longer[tuple(slice(length) for length in values.shape)] = values
            out[diary.owners] = longer
        return out

    def final(of: Callable[[Diary], Any], kind: type[np.generic] = np.int16) -> Any:
        values = [of(diary) for diary in diaries]
        out = np.zeros((patients, *values[0].shape[1:]), kind)
        for diary, own in zip(diaries, values, strict=True):
            out[diary.owners] = own
        return out

    return CourseRecords(
        drugs=drugs,
        terms=TERMS,
        fractions=weekly("fractions", 0.0, np.float32, len(drugs)),
        due=weekly("due", False, np.bool_),
        cycle=weekly("cycle", 0, np.int16),
        neutrophils=weekly("neutrophils", np.nan, np.float32),
        platelets=weekly("platelets", np.nan, np.float32),
        size=weekly("size", np.nan, np.float32),
        scanned=weekly("scanned", np.nan, np.float32),
        on_treatment=weekly("on_treatment", False, np.bool_),
        grade=weekly("grade", 0, np.int16),
        regimen=final(_regimen_index),
        confirmed=final(lambda diary: diary.final["confirmed"], np.bool_),
        best_change=final(_best_change, np.float32),
        weeks_on_treatment=final(lambda diary: diary.on_treatment.sum(axis=1)),
        weeks_followed=final(lambda diary: diary.final["week"]),
        progression_week=final(lambda diary: diary.final["progression_week"]),
        death_week=final(lambda diary: diary.final["death_week"]),
        worst_grades=final(lambda diary: diary.final["worst_grades"]),
        refusals=final(lambda diary: diary.final["refusals"]),
        delays=final(lambda diary: diary.final["delay_weeks"]),
    )


def _regimen_index(diary: Diary) -> Int16[np.ndarray, " courses"]:
    return np.full(diary.owners.size, regimen_names().index(diary.regimen.name), np.int16)


def _best_change(diary: Diary) -> Float32[np.ndarray, " courses"]:
    """Change from baseline at the best scan after the first, that of progression included."""
    weeks = np.arange(diary.scanned.shape[1])
    progressed = diary.final["progression_week"]
    last = np.where(progressed > 0, progressed, weeks[-1])
    counts = (weeks > 0) & (weeks <= last[:, None]) & np.isfinite(diary.scanned)
    best = np.where(counts, diary.scanned, np.inf).min(axis=1)
    return np.where(np.isfinite(best), best - 1.0, np.nan).astype(np.float32)
