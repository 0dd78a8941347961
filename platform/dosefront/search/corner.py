"""Corner weights: optimistic linear support of the convex hull of a front, of any dimension.

Among the weights at which the best known policy changes, the one is asked where the front may gain
most. Roijers (2016), Multi-objective decision-theoretic planning, chapter 3; Mossalam et al.
(2016), arXiv:1610.02707.
"""

import numpy as np
from jaxtyping import Float
from scipy.optimize import linprog
from scipy.spatial import HalfspaceIntersection

from dosefront.experiment import SearchSection
from dosefront.front import nondominated
from dosefront.search.progress import Ask, Preference, Progress, values_of

WORTH = 1e-4
"""Improvement of the weighted sum, on the reference box's scale, for which a trial is begun."""
UNWEIGHED = 1e-9
"""What decides where a weight is 0."""
LINEAR = {"name": "linear"}

Weights = Float[np.ndarray, "corners objectives"]
Values = Float[np.ndarray, "points objectives"]


def best_corner(progress: Progress, section: SearchSection) -> Ask | None:
    """The corner weight with the largest optimistic improvement; None where none is worth it.

    A pending trial counts as a point at the best that it may reach.
    """
    values = progress.values
    if len(values) == 0:
        return None
    solved, best = _solved(progress)
    box = np.minimum(values.min(axis=0), 0.0), np.maximum(values.max(axis=0), 1.0)
    hoped = [
        _most(np.array(each), solved, best, box)
        for spec in progress.pending
        for each in spec.preferences
    ]
    known = np.concatenate([values[nondominated(values)], *(each[None] for each in hoped)])
    asked = progress.asked
    chosen: tuple[float, Preference] | None = None
    for corner in corner_weights(known):
        preference = Preference(LINEAR, (_rounded(corner),))
        most = float(_most(corner, solved, best, box) @ corner)
        improvement = most - float((known @ corner).max())
        if preference not in asked and improvement > max(WORTH, chosen[0] if chosen else 0.0):
            chosen = (improvement, preference)
    return chosen and Ask(chosen[1], draw=progress.own)


def corner_weights(values: Values) -> Weights:
    """Weights on the simplex at which the best of the points changes, and the simplex's corners.

    They are the vertices of the polyhedron above the upper envelope of the weighted sums,
    ``{(w, u): u >= w . v for each point v}``.

    >>> corner_weights(np.array([[1.0, 0.0], [0.0, 1.0]])).round(6).tolist()
    [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    objectives = values.shape[1]
    # The last weight is one less the others: each row says a . (w, u) + b <= 0.
    envelope = np.column_stack(
        [values[:, :-1] - values[:, -1:], np.full(len(values), -1.0), values[:, -1]]
    )
    simplex = np.zeros((objectives, objectives + 1))
    simplex[:-1, :-2] = -np.eye(objectives - 1)
    simplex[-1, :-2], simplex[-1, -1] = 1.0, -1.0
    top = float(values.max()) + 2.0
    lid = np.zeros((1, objectives + 1))
    lid[0, -2:] = 1.0, -top
    inside = np.append(np.full(objectives - 1, 1.0 / objectives), top - 1.0)
    vertices = HalfspaceIntersection(np.concatenate([envelope, simplex, lid]), inside).intersections
    free = vertices[vertices[:, -1] < top - 0.5, :-1]
    weights = np.column_stack([free, 1.0 - free.sum(axis=1)]).clip(0.0, 1.0)
    return np.unique(weights.round(9), axis=0)


def _solved(progress: Progress) -> tuple[Weights, Float[np.ndarray, " corners"]]:
    """Weights of finished trials, and the best weighted sum at each: no policy does better."""
    weights = [
        each.spec.preferences[0]
        for each in progress.ended
        if each.judged and len(each.spec.preferences) == 1
    ]
    solved = np.array(weights, np.float64).reshape(-1, len(progress.objectives))
    values = values_of(progress.ended, progress.objectives)
    return solved, (solved @ values.T).max(axis=1)


def _most(
    weights: Float[np.ndarray, " objectives"],
    solved: Weights,
    best: Float[np.ndarray, " corners"],
    box: tuple[Float[np.ndarray, " objectives"], Float[np.ndarray, " objectives"]],
) -> Float[np.ndarray, " objectives"]:
    """The point with the largest weighted sum that finished trials do not rule out.

    In objectives that weigh nothing it is the least of the box.
    """
    found = linprog(
        -weights + UNWEIGHED,
        A_ub=solved if len(solved) else None,
        b_ub=best if len(solved) else None,
        bounds=np.column_stack(box),
    )
    return np.asarray(found.x)


def _rounded(weights: Float[np.ndarray, " objectives"]) -> tuple[float, ...]:
    first = [round(float(each), 6) for each in weights[:-1]]
    return (*first, max(0.0, round(1.0 - sum(first), 6)))
