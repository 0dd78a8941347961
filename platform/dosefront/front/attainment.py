"""What a share of several fronts attain: the empirical attainment function of two objectives."""

from collections.abc import Sequence

import moocore
import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError


def attainment_surface(
    fronts: Sequence[Float[np.ndarray, "_ 2"]], *, level: float
) -> Float[np.ndarray, "vertices 2"]:
    """Corners of the region that at least ``level`` percent of the fronts attain, along it.

    Grunert da Fonseca et al. (2001), doi:10.1007/3-540-44719-9_15.

    >>> one, other = np.array([[1.0, 3.0]]), np.array([[2.0, 1.0]])
    >>> attainment_surface([one, other], level=90).tolist()
    [[1.0, 1.0]]
    >>> attainment_surface([one, other], level=10).tolist()
    [[1.0, 3.0], [2.0, 1.0]]
    """
    if not fronts or not all(len(front) for front in fronts):
        raise FrontError(
            f"attainment needs points in each of its fronts; got "
            f"{[len(front) for front in fronts]} points. Leave out the empty ones."
        )
    numbers = np.repeat(np.arange(len(fronts)), [len(front) for front in fronts])
    # moocore's attainment only minimises.
    corners = moocore.eaf(-np.concatenate(fronts), sets=numbers, percentiles=[level])
    surface: Float[np.ndarray, "vertices 2"] = 0.0 - corners[:, :2]
    return surface[np.argsort(surface[:, 0])]
