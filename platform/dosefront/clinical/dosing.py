"""What an arm gave: doses by cycle, and by what the patient's tumour and marrow were like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from dosefront.evaluate import CourseRecords
from posology.library import regimen_names
from posology.treatment import Regimen


@dataclass(frozen=True)
class CycleDoses:
    """Doses by cycle."""

    treated: Int[np.ndarray, " cycles"]
    """Patients who began each cycle, the first first."""
    fractions: Float[np.ndarray, "cycles drugs"]
    """Mean dose of the patients who began it, as a fraction of the label's of a visit."""


@dataclass(frozen=True)
class DoseMap:
    """Mean dose at visits at which one was due, by tumour size and neutrophils."""

    sizes: Float[np.ndarray, " size_edges"]
    """Edges of the columns: true size of the tumour, of baseline."""
    neutrophils: Float[np.ndarray, " count_edges"]
    """Edges of the rows: true count [10^9/L]."""
    fractions: Float[np.ndarray, "rows columns drugs"]
    """Mean fraction of the label dose; NaN where fewer visits than asked for fall."""
    visits: Int[np.ndarray, "rows columns"]


def mean_fractions(courses: CourseRecords) -> Float[np.ndarray, "patients weeks"]:
    """Each visit's mean dose over the drugs of the patient's regimen, as a fraction of label's."""
    held = np.array([len(Regimen.labelled(name).drugs) for name in regimen_names()])
    return courses.fractions.sum(axis=2) / held[courses.regimen][:, None]


def cycle_doses(courses: CourseRecords) -> CycleDoses:
    """Mean doses of each cycle among those who began it; a cycle of several visits by its mean."""
    most = int(courses.cycle.max())
    drugs = len(courses.drugs)
    treated, fractions = np.zeros(most, np.int64), np.zeros((most, drugs))
    for cycle in range(1, most + 1):
        visits = courses.cycle == cycle
        begun = visits.any(axis=1)
        given = (courses.fractions * visits[:, :, None]).sum(axis=1)[begun]
        treated[cycle - 1] = begun.sum()
        fractions[cycle - 1] = (given / visits.sum(axis=1)[begun, None]).mean(axis=0)
    return CycleDoses(treated, fractions)


def dose_map(
    courses: CourseRecords,
    *,
    sizes: Sequence[float],
    neutrophils: Sequence[float],
    least_visits: int = 20,
) -> DoseMap:
    """What was given at due visits by the state of the patient; blank where few were seen.

    Args:
        courses: the arm's.
        sizes, neutrophils: edges of the fields, ascending; visits beyond them are left out.
        least_visits: fields with fewer are blank.
    """
    edges = np.asarray(neutrophils), np.asarray(sizes)
    at = courses.due & np.isfinite(courses.neutrophils)
    state = courses.neutrophils[at], courses.size[at]
    visits = np.histogram2d(*state, bins=edges)[0].astype(np.int64)
    sums = [
        np.histogram2d(*state, bins=edges, weights=courses.fractions[..., drug][at])[0]
        for drug in range(len(courses.drugs))
    ]
    seen = np.where(visits >= least_visits, visits, np.nan)
    return DoseMap(edges[1], edges[0], np.stack(sums, axis=-1) / seen[:, :, None], visits)
