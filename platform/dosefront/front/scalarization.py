"""Scalarization: (value vector, preference) to a number, the same in training and evaluation.

Values lie on the reference box's scale, see `normalise`: 0 at the reference, 1 at the ideal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from dosefront.errors import UsageError
from dosefront.front.objective import Objective

AUGMENTATION = 0.01
"""What Chebyshev adds of the plain sum, so that no objective is ever worth nothing."""
PRIORITY = 20.0
"""What a shortfall of one box counts against a gain of one box in what comes after it."""
BREACH = 1000.0
"""The same where a limit decides which of two policies is better."""


@runtime_checkable
class Scalarization(Protocol):
    """Turns values into a utility."""

    criterion: ClassVar[Literal["SER", "ESR"]]
    """SER: the utility is of the expected return. ESR: the expectation is of each course's utility.
    Roijers et al. (2013), doi:10.1613/jair.3987."""
    is_additive: ClassVar[bool]
    """Whether the utility of a course is the sum of those of its steps, up to a constant."""

    def utility(
        self,
        values: Float[np.ndarray, "*points objectives"],
        weights: Float[np.ndarray, "*#points objectives"],
    ) -> Float[np.ndarray, "*points"]:
        """The larger the better."""
        ...


@dataclass(frozen=True)
class Linear:
    """The weighted sum, ``w . v``: both criteria agree on it. It reaches the convex hull only."""

    criterion: ClassVar[Literal["SER", "ESR"]] = "SER"
    is_additive: ClassVar[bool] = True

    def utility(
        self,
        values: Float[np.ndarray, "*points objectives"],
        weights: Float[np.ndarray, "*#points objectives"],
    ) -> Float[np.ndarray, "*points"]:
        """``w . v``."""
        return linear(values, weights)


@dataclass(frozen=True)
class Chebyshev:
    """The augmented Chebyshev distance from the ideal, negated; it reaches every point.

    ``min_i w_i (v_i - 1) + rho sum_i (v_i - 1)``. Steuer & Choo (1983), doi:10.1007/BF02591870.
    """

    rho: float = AUGMENTATION
    criterion: ClassVar[Literal["SER", "ESR"]] = "ESR"
    is_additive: ClassVar[bool] = False

    def utility(
        self,
        values: Float[np.ndarray, "*points objectives"],
        weights: Float[np.ndarray, "*#points objectives"],
    ) -> Float[np.ndarray, "*points"]:
        """Nought at the ideal."""
        lacking = values - 1.0
        worst: Float[np.ndarray, "*points"] = (weights * lacking).min(axis=-1)
        return worst + self.rho * lacking.sum(axis=-1)


@dataclass(frozen=True)
class EpsilonConstraint:
    """The weighted sum, subject to a least value of some objectives.

    Haimes et al. (1971), doi:10.1109/TSMC.1971.4308298. A breach outweighs any gain.
    """

    limits: tuple[float, ...]
    """Least value of each objective; minus infinity where there is none."""
    criterion: ClassVar[Literal["SER", "ESR"]] = "SER"
    is_additive: ClassVar[bool] = False

    def utility(
        self,
        values: Float[np.ndarray, "*points objectives"],
        weights: Float[np.ndarray, "*#points objectives"],
    ) -> Float[np.ndarray, "*points"]:
        """``w . v``, far lower where a limit is broken."""
        return linear(values, weights) - BREACH * self.breaches(values).sum(axis=-1)

    def breaches(
        self, values: Float[np.ndarray, "*points objectives"]
    ) -> Float[np.ndarray, "*points objectives"]:
        """How far each limit is missed; nought where it holds."""
        return np.maximum(np.array(self.limits) - values, 0.0)


@dataclass(frozen=True)
class Lexicographic:
    """In each course: thresholds first, in their order, then the weighted sum.

    ``sum_k P^(n-k) min(v_k - t_k, 0) + w . v`` with ``P = PRIORITY``: a shortfall weighs as much as
    that many times the gain in what comes after it. Vamplew et al. (2011),
    doi:10.1007/s10994-010-5232-5.
    """

    order: tuple[int, ...]
    """Objectives with a threshold, the first in rank first."""
    thresholds: tuple[float, ...]
    """One for each of them."""
    criterion: ClassVar[Literal["SER", "ESR"]] = "ESR"
    is_additive: ClassVar[bool] = False

    def utility(
        self,
        values: Float[np.ndarray, "*points objectives"],
        weights: Float[np.ndarray, "*#points objectives"],
    ) -> Float[np.ndarray, "*points"]:
        """``w . v`` where every threshold is met."""
        short = np.minimum(values[..., list(self.order)] - np.array(self.thresholds), 0.0)
        ranks = PRIORITY ** np.arange(len(self.order), 0, -1)
        return linear(values, weights) + linear(short, ranks)


def expected_utility(
    scalarization: Scalarization,
    values: Float[np.ndarray, "courses objectives"],
    weights: Float[np.ndarray, " objectives"],
) -> float:
    """The utility of a policy under the scalarization's own criterion."""
    judged = values.mean(axis=0, keepdims=True) if scalarization.criterion == "SER" else values
    return float(scalarization.utility(judged, weights).mean())


def linear(
    values: Float[np.ndarray, "*points objectives"],
    weights: Float[np.ndarray, "*#points objectives"],
) -> Float[np.ndarray, "*points"]:
    """The weighted sum of each value vector."""
    sums: Float[np.ndarray, "*points"] = (values * weights).sum(axis=-1)
    return sums


def scalarization(written: Mapping[str, Any], objectives: Sequence[Objective]) -> Scalarization:
    """The scalarization that an experiment writes as a mapping with a ``name``.

    Raises:
        UsageError: no such scalarization, or an objective that is not among ``objectives``.
    """
    arguments = dict(written)
    name = arguments.pop("name")
    if name not in SCALARIZATIONS:
        raise UsageError(
            f'a scalarization is one of {", ".join(SCALARIZATIONS)}; got "{name}". Choose one.'
        )
    return SCALARIZATIONS[name](arguments, objectives)


def _epsilon_constraint(
    arguments: Mapping[str, Any], objectives: Sequence[Objective]
) -> EpsilonConstraint:
    limits = np.full(len(objectives), -np.inf)
    for name, limit in arguments["limits"].items():
        limits[_position(name, objectives)] = _in_box(limit, name, objectives)
    return EpsilonConstraint(tuple(limits.tolist()))


def _lexicographic(arguments: Mapping[str, Any], objectives: Sequence[Objective]) -> Lexicographic:
    thresholds = arguments["thresholds"]
    return Lexicographic(
        tuple(_position(name, objectives) for name in thresholds),
        tuple(_in_box(limit, name, objectives) for name, limit in thresholds.items()),
    )


def _position(name: str, objectives: Sequence[Objective]) -> int:
    names = [each.name for each in objectives]
    if name not in names:
        raise UsageError(
            f'a limit is on one of {", ".join(names)}; got "{name}". Name one of the objectives.'
        )
    return names.index(name)


def _in_box(clinical: float, name: str, objectives: Sequence[Objective]) -> float:
    objective = objectives[_position(name, objectives)]
    reference, ideal = (objective.maximised(x) for x in (objective.reference, objective.ideal))
    return (objective.maximised(clinical) - reference) / (ideal - reference)


SCALARIZATIONS: Mapping[str, Callable[[Mapping[str, Any], Sequence[Objective]], Scalarization]] = {
    "linear": lambda arguments, objectives: Linear(),
    "chebyshev": lambda arguments, objectives: Chebyshev(**arguments),
    "epsilon-constraint": _epsilon_constraint,
    "lexicographic": _lexicographic,
}
"""Name in the YAML to what makes it of its arguments."""
