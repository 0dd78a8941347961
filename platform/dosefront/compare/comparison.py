"""What differs between fronts, and how sure that is."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from dosefront.compare.side import SeedFront, Side
from dosefront.errors import FrontError
from dosefront.front import (
    Estimate,
    additive_epsilon,
    cardinality,
    hypervolume,
    interquartile_mean,
    interquartile_mean_difference,
    interquartile_mean_interval,
    inverted_generational_distance_plus,
    lattice,
    maximum_utility_loss,
    mean_interval,
    mean_utility,
    nondominated,
    normalise,
    paired_difference,
    patients_shares,
    points_beyond_reference,
    spacing,
    unpaired_difference,
)

PREFERENCES: Final = 11
"""At least so many weight vectors, evenly spaced."""

Measure = Callable[[Float[np.ndarray, "points objectives"]], float]


@dataclass(frozen=True)
class Reached:
    """What a side reaches with a seed: interquartile means over its seeds."""

    label: str
    seeds: int
    hypervolume: float
    over_seeds: Estimate | None
    """The hypervolume with its interval over seeds; None with one."""
    over_patients: Estimate | None
    """The same over held-out patients; None where they are not known."""
    points_beyond_reference: int
    """Of all seeds; they add nothing to the hypervolume."""
    indicators: Mapping[str, float]
    """Against what all sides attain together, on the reference box's scale."""


@dataclass(frozen=True)
class Difference:
    """By how much the hypervolume of the first exceeds that of the second."""

    first: str
    second: str
    value: float
    over_seeds: Estimate | None
    """None where one of them has a single seed."""
    over_patients: Estimate | None
    """None where the patients of one of them are not known."""
    is_paired: bool
    """Whether both were judged on the same patients, so that what these share cancels."""


@dataclass(frozen=True)
class Preference:
    """What each side offers to one preference."""

    weights: tuple[float, ...]
    utilities: tuple[float, ...]
    """Of each side: weighted sum of the values of the point chosen on select, on the reference
    box's scale; interquartile mean over seeds."""


@dataclass(frozen=True)
class Comparison:
    """Fronts side by side."""

    sides: tuple[Side, ...]
    reached: tuple[Reached, ...]
    differences: tuple[Difference, ...]
    """Of each pair."""
    preferences: tuple[Preference, ...]
    notes: tuple[str, ...]

    def to_mapping(self) -> dict[str, Any]:
        """The figures as JSON holds them."""
        return {
            "objectives": [each.to_mapping() for each in self.sides[0].objectives],
            "fronts": [asdict(each) for each in self.reached],
            "hypervolume_differences": [asdict(each) for each in self.differences],
            "preferences": [asdict(each) for each in self.preferences],
            "notes": list(self.notes),
        }


def compare_fronts(sides: Sequence[Side]) -> Comparison:
    """Compare two fronts or more.

    Raises:
        FrontError: they have other objectives, reference boxes or versions of the environment.
    """
    notes = [note for side in sides for note in side.notes]
    for first, second in itertools.combinations(sides, 2):
        _check_comparable(first, second)
        if first.patients and second.patients and first.patients != second.patients:
            notes.append(
                f"{first.label} and {second.label} were judged on different patients or with "
                "different options of the environment: their difference is not paired"
            )
    known = np.concatenate([_normalised(side, front) for side in sides for front in side.fronts])
    known = known[nondominated(known)]
    weights = lattice(len(sides[0].objectives), PREFERENCES)
    return Comparison(
        sides=tuple(sides),
        reached=tuple(_reached(side, known, weights) for side in sides),
        differences=tuple(_difference(*pair) for pair in itertools.combinations(sides, 2)),
        preferences=tuple(
            Preference(tuple(each.tolist()), tuple(_utility(side, each) for side in sides))
            for each in weights
        ),
        notes=tuple(dict.fromkeys(notes)),
    )


def _check_comparable(first: Side, second: Side) -> None:
    boxes = [
        ", ".join(
            f"{each.name} ({each.sense}) from {each.reference:g} to {each.ideal:g}"
            for each in side.objectives
        )
        for side in (first, second)
    ]
    if boxes[0] != boxes[1]:
        raise FrontError(
            "fronts are compared within one reference box; "
            f"{first.label} has {boxes[0]}; {second.label} has {boxes[1]}. "
            "Train both with the same objectives."
        )
    if first.environment and second.environment and first.environment != second.environment:
        raise FrontError(
            "fronts are compared on one version of one environment; "
            f"{first.label} is of {first.environment}, {second.label} of {second.environment}. "
            "Run the older experiment again."
        )


def _reached(
    side: Side,
    known: Float[np.ndarray, "known_points objectives"],
    weights: Float[np.ndarray, "preferences objectives"],
) -> Reached:
    volumes, shares = _hypervolumes(side), _shares(side)
    measures: dict[str, Measure] = {
        "igd_plus": lambda values: inverted_generational_distance_plus(values, known),
        "additive_epsilon": lambda values: additive_epsilon(values, known),
        "mean_utility": lambda values: mean_utility(values, weights),
        "maximum_utility_loss": lambda values: maximum_utility_loss(values, known, weights),
        "cardinality": cardinality,
        "spacing": spacing,
    }
    fronts = [_normalised(side, front) for front in side.fronts]
    return Reached(
        label=side.label,
        seeds=len(volumes),
        hypervolume=interquartile_mean(volumes),
        over_seeds=interquartile_mean_interval(volumes) if len(volumes) > 1 else None,
        over_patients=None if shares is None else mean_interval(shares),
        points_beyond_reference=sum(
            points_beyond_reference(front.values, side.objectives) for front in side.fronts
        ),
        indicators={
            name: interquartile_mean(np.array([measure(front) for front in fronts], float))
            for name, measure in measures.items()
        },
    )


def _difference(first: Side, second: Side) -> Difference:
    ours, theirs = _hypervolumes(first), _hypervolumes(second)
    our_shares, their_shares = _shares(first), _shares(second)
    is_paired = first.patients is not None and first.patients == second.patients
    over_patients = None
    if our_shares is not None and their_shares is not None:
        compared = paired_difference if is_paired else unpaired_difference
        over_patients = compared(our_shares, their_shares)
    return Difference(
        first=first.label,
        second=second.label,
        value=interquartile_mean(ours) - interquartile_mean(theirs),
        over_seeds=(
            interquartile_mean_difference(ours, theirs) if min(len(ours), len(theirs)) > 1 else None
        ),
        over_patients=over_patients,
        is_paired=is_paired and over_patients is not None,
    )


def _hypervolumes(side: Side) -> Float[np.ndarray, " seeds"]:
    return np.array([hypervolume(front.values, side.objectives) for front in side.fronts])


def _shares(side: Side) -> Float[np.ndarray, " patients"] | None:
    """Each patient's share in the interquartile mean over seeds; None where one is not known."""
    returns = [front.returns for front in side.fronts if front.returns is not None]
    if len(returns) < len(side.fronts):
        return None
    cut = len(returns) // 4
    middle = np.argsort(_hypervolumes(side))[cut : len(returns) - cut]
    shares: Float[np.ndarray, " patients"] = np.mean(
        [patients_shares(returns[seed], side.objectives) for seed in middle], axis=0
    )
    return shares


def _utility(side: Side, weights: Float[np.ndarray, " objectives"]) -> float:
    reached = []
    for front in side.fronts:
        chosen = int(np.argmax(normalise(front.chosen_by, side.objectives) @ weights))
        reached.append(float(_normalised(side, front)[chosen] @ weights))
    return interquartile_mean(np.array(reached))


def _normalised(side: Side, front: SeedFront) -> Float[np.ndarray, "points objectives"]:
    return normalise(front.values, side.objectives)
