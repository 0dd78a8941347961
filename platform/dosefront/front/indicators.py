"""How near a front comes to another that is known, and how it is spread.

Values lie on the reference box's scale, see `normalise`: 0 at the reference, 1 at the ideal.
"""

import moocore
import numpy as np
from jaxtyping import Float

from dosefront.errors import FrontError
from dosefront.front.dominance import nondominated


def inverted_generational_distance_plus(
    values: Float[np.ndarray, "points objectives"],
    known: Float[np.ndarray, "known_points objectives"],
) -> float:
    """Mean distance from the known points to where the front falls short of them; 0 is best.

    Ishibuchi et al. (2015), doi:10.1007/978-3-319-15892-1_8.
    """
    return float(moocore.igd_plus(_some(values), ref=_some(known), maximise=True))


def additive_epsilon(
    values: Float[np.ndarray, "points objectives"],
    known: Float[np.ndarray, "known_points objectives"],
) -> float:
    """What must be added to the front in every objective to cover the known one; 0 or less covers.

    Zitzler et al. (2003), doi:10.1109/TEVC.2003.810758.
    """
    return float(moocore.epsilon_additive(_some(values), ref=_some(known), maximise=True))


def best_utilities(
    values: Float[np.ndarray, "points objectives"],
    weights: Float[np.ndarray, "preferences objectives"],
) -> Float[np.ndarray, " preferences"]:
    """The weighted sum of the point that each preference would choose."""
    best: Float[np.ndarray, " preferences"] = (_some(values) @ weights.T).max(axis=0)
    return best


def mean_utility(
    values: Float[np.ndarray, "points objectives"],
    weights: Float[np.ndarray, "preferences objectives"],
) -> float:
    """What a user of unknown preference may expect, each of the weights being as likely.

    The expected utility of Zintgraf et al. (2015), Quality assessment of MORL algorithms.
    """
    return float(best_utilities(values, weights).mean())


def maximum_utility_loss(
    values: Float[np.ndarray, "points objectives"],
    known: Float[np.ndarray, "known_points objectives"],
    weights: Float[np.ndarray, "preferences objectives"],
) -> float:
    """What the unluckiest preference loses by the front instead of the known one.

    Zintgraf et al. (2015), as above.
    """
    return float(np.max(best_utilities(known, weights) - best_utilities(values, weights)))


def cardinality(values: Float[np.ndarray, "points objectives"]) -> int:
    """How many different points no other dominates."""
    return len(np.unique(values[nondominated(values)], axis=0))


def spacing(values: Float[np.ndarray, "points objectives"]) -> float:
    """Standard deviation of the distance to the nearest other point; 0 is even, or a single point.

    In the sum of absolute differences. Schott (1995), Fault tolerant design, MIT thesis.
    """
    points = len(_some(values))
    if points < 2:
        return 0.0
    nearest = np.empty(points)
    for number, point in enumerate(values):  # all pairs at once take a gigabyte for 5,000 points
        distances = np.abs(values - point).sum(axis=1)
        distances[number] = np.inf
        nearest[number] = distances.min()
    return float(nearest.std(ddof=1))


def _some(
    values: Float[np.ndarray, "points objectives"],
) -> Float[np.ndarray, "points objectives"]:
    if len(values) == 0:
        raise FrontError("an indicator needs points; got none. Leave the empty front out.")
    return values
