"""A few patients who stand for a cohort, chosen by a rule that leaves nothing to choose."""

import numpy as np
from jaxtyping import Int, Shaped


def spread_patients(
    values: Shaped[np.ndarray, " patients"], count: int
) -> Int[np.ndarray, " chosen"]:
    """Patients at evenly spaced ranks of ``values``, the lowest and the highest among them.

    Patients of equal value are ranked by their number. With three: the lowest, the middle and the
    highest. Fewer than ``count`` if there are no more patients.

    >>> spread_patients(np.array([5.0, 1.0, 9.0, 3.0, 7.0]), 3).tolist()
    [1, 0, 2]
    """
    order = np.argsort(values, kind="stable")
    ranks = np.linspace(0, order.size - 1, min(count, order.size))
    return order[np.rint(ranks).astype(np.int64)]
