"""Preferences: weights on the simplex, one per objective."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from dosefront.errors import UsageError

SUM_TOLERANCE = 1e-6


def lattice(objectives: int, count: int) -> Float[np.ndarray, "count objectives"]:
    """The smallest evenly spaced simplex lattice with at least `count` weight vectors.

    For two objectives it holds exactly `count` vectors, both ends included. Das & Dennis (1998),
    doi:10.1137/S1052623496307510.

    >>> lattice(2, 3).tolist()
    [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    if objectives < 2 or count < objectives:
        raise UsageError(
            f"a lattice holds at least one weight vector per objective, of two or more; "
            f"got {count} for {objectives}. Ask for a larger lattice."
        )
    divisions = next(
        n for n in itertools.count(1) if math.comb(n + objectives - 1, objectives - 1) >= count
    )
    shares = itertools.product(range(divisions + 1), repeat=objectives - 1)
    vectors = [(*head, divisions - sum(head)) for head in shares if sum(head) <= divisions]
    return np.array(vectors, dtype=np.float64) / divisions


def spread(
    numbers: Int[np.ndarray, " count"], objectives: int
) -> Float[np.ndarray, "count objectives"]:
    """The weight vectors with these numbers in a sequence that fills the simplex evenly.

    The spacings of sorted points of the R sequence on the unit cube, each uniform on the simplex:
    any stretch of consecutive numbers is spread well, whatever its length. Roberts (2018),
    https://extremelearning.com.au/unreasonable-effectiveness-of-quasirandom-sequences/.

    >>> spread(np.arange(2), 2).round(3).tolist()
    [[0.5, 0.5], [0.118, 0.882]]
    """
    dimensions = objectives - 1
    base = 2.0
    for _ in range(64):  # the root of x^(d+1) = x + 1
        base = (1.0 + base) ** (1.0 / (dimensions + 1))
    steps = base ** -np.arange(1.0, dimensions + 1.0)
    points = np.sort((0.5 + numbers[:, None] * steps) % 1.0, axis=1)
    spacings: Float[np.ndarray, "count objectives"] = np.diff(
        points, axis=1, prepend=0.0, append=1.0
    )
    return spacings


def check_weights(weights: Sequence[float], objectives: int) -> None:
    """Refuse weights that are not on the simplex of that many objectives."""
    shown = f"[{', '.join(f'{weight:g}' for weight in weights)}]"
    total = math.fsum(weights)
    if len(weights) != objectives:
        raise UsageError(
            f"weights must hold one number per objective ({objectives}); "
            f"got {shown} ({len(weights)}). Add or remove numbers, or use a lattice."
        )
    if not all(weight >= 0.0 for weight in weights):
        raise UsageError(
            f"weights must be 0 or more; got {shown}. "
            "Every objective is already maximised: give the share of each."
        )
    if not abs(total - 1.0) <= SUM_TOLERANCE:
        raise UsageError(
            f"weights must sum to 1; got {shown} (sum {total:g}). "
            "Divide by the sum, or use a lattice."
        )
