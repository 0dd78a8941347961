"""Random preferences, uniform on the simplex."""

import itertools

import numpy as np

from dosefront.experiment import SearchSection
from dosefront.search.progress import Ask, Preference, Progress

STREAM = 1
"""Sets these draws apart from those of settings."""


def random_weights(progress: Progress, section: SearchSection) -> Ask | None:
    """The first of the seeded weights that has not been asked.

    The same in every search of an experiment, so that seeds and algorithms can be compared.
    """
    weighed = {
        str(each.scalarization): each.scalarization
        for each in progress.planned
        if not {"limits", "thresholds"} & each.scalarization.keys()
    }
    asked = progress.asked
    for number in itertools.count() if weighed else ():
        generator = np.random.default_rng([section.seed, STREAM, number])
        drawn = generator.dirichlet(np.ones(len(progress.objectives)))[:-1].round(6)
        weights = (*drawn.tolist(), max(0.0, round(1.0 - float(drawn.sum()), 6)))
        for scalarization in weighed.values():
            preference = Preference(scalarization, (weights,))
            if preference not in asked:
                return Ask(preference, draw=len(progress.planned) + number)
    return None
