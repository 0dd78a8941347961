"""Problems whose answers are known: what learning reaches of them, and what it costs.

Run: python benchmarks/truth.py [NAME ...] [--seeds 3]
Without names, all of them: half an hour on one core. Each row is one training or sweep.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moocore
import numpy as np
import yaml
from rig import start_ray

from dosefront.evaluate import HELD_OUT, NetworkPolicy, Policy, cohort_options, roll_out
from dosefront.experiment import load_experiment
from dosefront.learn import Training
from dosefront.records import TrialSpec
from posology.classics.riccati import LinearFeedback, optimal_gains

STEPS = (-1, -3, -5, -7, -8, -9, -13, -14, -17, -19)
CONVEX = np.stack([(0.7, 8.2, 11.5, 14.0, 15.1, 16.1, 19.6, 20.3, 22.4, 23.7), STEPS], axis=1)
"""Deep sea treasure: treasures and the steps they take. Yang et al. (2019), arXiv:1908.08342."""
CONCAVE = np.stack([(1.0, 2, 3, 5, 8, 16, 24, 50, 74, 124), STEPS], axis=1)
"""The older one. Vamplew et al. (2011), doi:10.1007/s10994-010-5232-5."""
DISCOUNT, REFERENCE = 0.99, (0.0, -25.0)
ACTOR = {"environments": 32, "twins": 1, "fragment": 64, "minibatch": 512, "discount": DISCOUNT}


@dataclass(frozen=True)
class Reached:
    """What a training or sweep came to."""

    share: float
    """Of what is known to be best."""
    note: str


def treasure(name: str, ideal: float, algorithm: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
    """An experiment on one of the deep seas; the box is the reference of the known answer."""
    return {
        "name": "truth",
        "environment": {
            "id": f"mo:{name}",
            "time_limit": 100,
            "rewards": [
                {"name": "treasure", "reference": 0, "ideal": ideal},
                {"name": "time", "unit": "steps", "reference": -25, "ideal": -1},
            ],
        },
        "objectives": ["treasure", "time"],
        "cohorts": {"train": 1000, "select": 1, "held_out": 1},
        "evaluation": {"discount": DISCOUNT},
        "algorithms": [dict(algorithm)],
        **rest,
    }


def limits(bound: float) -> dict[str, Any]:
    """Efficacy subject to toxicity, on patients."""
    return {
        "name": "truth",
        "environment": {
            "id": "posology/DocetaxelCisplatin-v0",
            "options": {"decisions": "due"},
        },
        "objectives": ["efficacy", "toxicity"],
        "cohorts": {"seed": 2030, "train": 4096, "select": 1, "held_out": 2000},
        "scalarizations": [
            {"name": "epsilon-constraint", "maximise": "efficacy", "limits": {"toxicity": bound}}
        ],
        "algorithms": [{"name": "VectorPPO", "steps": 150_000}],
    }


WHOLE_COURSES: Mapping[float, dict[str, Any]] = {
    1.0: {"steps": 4_000_000, "environments": 32, "fragment": 1024, "entropy": 0.05},
    7.0: {"steps": 2_000_000, "environments": 64, "fragment": 200, "entropy": 0.1},
    30.0: {"steps": 1_000_000, "environments": 128, "fragment": 100, "entropy": 0.3},
}
"""Of adaptive therapy by days between visits: a fragment is about a course or more."""


def adaptive(days: float) -> dict[str, Any]:
    """Time without progression, the drug for nothing."""
    return {
        "name": "truth",
        "environment": {"id": "posology/AdaptiveTherapy-v0", "options": {"interval_days": days}},
        "objectives": ["time without progression", "drug use"],
        "cohorts": {"train": 100, "select": 1, "held_out": 1},
        "weights": [[1.0, 0.0]],
        "algorithms": [
            {"name": "PPO", "twins": 1, "minibatch": 2048, "gae_lambda": 1.0, "standardise": True}
            | WHOLE_COURSES[days]
        ],
    }


LQR2: dict[str, Any] = {
    "name": "truth",
    "environment": {"id": "posology/LQR2-v0", "options": {"horizon": 60}},
    "objectives": ["first coordinate", "second coordinate"],
    "cohorts": {"train": 100, "select": 1, "held_out": 1},
    "evaluation": {"discount": 0.9},
    "weights": {"lattice": 11},
    "algorithms": [
        {"name": "ConditionedPPO", "steps": 600_000, "discount": 0.9, "environments": 64}
        | {"twins": 1, "fragment": 60}
    ],
}


def discounted(front: np.ndarray) -> np.ndarray:
    """Returns of a treasure taken after so many steps, discounted."""
    steps = -front[:, 1]
    times = (1.0 - DISCOUNT**steps) / (1.0 - DISCOUNT)
    return np.stack([front[:, 0] * DISCOUNT ** (steps - 1), -times], axis=1)


def value_vectors(spec: TrialSpec) -> np.ndarray:
    """Train, and judge at every preference."""
    policy = learn(spec)
    return np.array([judged(spec, policy.at(each)) for each in spec.preferences])


def learn(spec: TrialSpec, *, start: NetworkPolicy | None = None) -> NetworkPolicy:
    """The trained policy."""
    with Training(spec, start=start) as training:
        while not training.is_finished:
            training.advance(seconds=1e9)
        return training.policy()


def judged(spec: TrialSpec, policy: Policy) -> np.ndarray:
    """Mean return vector on held-out courses."""
    options = cohort_options(spec.environment_options, spec.cohorts, HELD_OUT)
    results = roll_out(
        policy,
        environment=spec.environment,
        options=options,
        objectives=spec.objectives,
        patients=options["patients"],
        discount=spec.discount,
    )
    return results.returns.mean(axis=0)


def hypervolume(values: np.ndarray, reference: Sequence[float]) -> float:
    """In raw units; points beyond the reference count nothing."""
    inside = values[(values > reference).all(axis=1)]
    return float(moocore.hypervolume(inside, ref=np.array(reference), maximise=True))


def on_front(front: np.ndarray) -> Callable[[Sequence[TrialSpec]], Reached]:
    """Share of the exact hypervolume, and how many of the exact points were found."""

    def reach(trials: Sequence[TrialSpec]) -> Reached:
        values = np.concatenate([value_vectors(trial) for trial in trials])
        exact = discounted(front)
        found = sum(np.abs(values - point).max(axis=1).min() < 1e-3 for point in exact)
        share = hypervolume(values, REFERENCE) / hypervolume(exact, REFERENCE)
        return Reached(share, f"{found} of {len(exact)} points")

    return reach


def continued(front: np.ndarray, ideal: float) -> Callable[[Sequence[TrialSpec]], Reached]:
    """Share of the exact hypervolume when each weight is trained twice, and the better one kept.

    Once from nothing, and once from what the neighbour with more weight on the treasure learned:
    where a deeper treasure pays only at the far end of a row of losses, exploration does not find
    it, but the policy of the neighbour, for whom it always paid, knows the way.
    """

    def reach(trials: Sequence[TrialSpec]) -> Reached:
        exact, scale = discounted(front), np.array([ideal, -REFERENCE[1] - 1.0])
        values, optimal, neighbour = [], 0, None
        for trial in sorted(trials, key=lambda each: -each.preferences[0][0]):
            starts = [None] if neighbour is None else [None, neighbour]
            learned = [learn(trial, start=start) for start in starts]
            reached = [judged(trial, policy) for policy in learned]
            weighed = [float(value / scale @ trial.preferences[0]) for value in reached]
            best = int(np.argmax(weighed))
            values.append(reached[best])
            neighbour = learned[best]
            optimum = float((exact / scale @ trial.preferences[0]).max())
            optimal += weighed[best] > optimum - 1e-6
        share = hypervolume(np.array(values), REFERENCE) / hypervolume(exact, REFERENCE)
        return Reached(share, f"{optimal} of {len(trials)} weights at their optimum; steps twice")

    return reach


def against_riccati(trials: Sequence[TrialSpec]) -> Reached:
    """Share of what the exact optima of the same weights reach."""
    (trial,) = trials
    gains = optimal_gains(np.array(trial.preferences))
    exact = np.array([judged(trial, LinearFeedback(gain)) for gain in gains])
    share = hypervolume(value_vectors(trial), (-310, -310)) / hypervolume(exact, (-310, -310))
    return Reached(share, "of a perfect sweep of the same weights")


def within_limit(trials: Sequence[TrialSpec]) -> Reached:
    """Toxicity of the greedy policy on held-out patients, as a share of its limit."""
    (trial,) = trials
    ((efficacy, toxicity),) = value_vectors(trial)
    share = -toxicity / trial.scalarization["limits"]["toxicity"]
    return Reached(share, f"of the limit; efficacy {efficacy:.3f}")


def against_threshold(days: float, best: float, rule: float) -> Callable[..., Reached]:
    """Time without progression, as a share of the best threshold's."""

    def reach(trials: Sequence[TrialSpec]) -> Reached:
        (trial,) = trials
        ((time_without, _),) = value_vectors(trial)
        note = f"{time_without:.0f} days; best threshold {best:.0f}, 50 % rule {rule:.0f}"
        return Reached(time_without / best, note)

    return reach


LINEAR_ACTOR = {"name": "PPO", "steps": 60_000, "entropy": 0.01, **ACTOR}
CONDITIONED = {"name": "ConditionedPPO", "steps": 200_000, "entropy": 0.01, **ACTOR}
PROBLEMS: Mapping[str, tuple[dict[str, Any], Callable[[Sequence[TrialSpec]], Reached]]] = {
    "treasure, 11 weights": (
        treasure("deep-sea-treasure-v0", 23.7, LINEAR_ACTOR, weights={"lattice": 11}),
        on_front(CONVEX),
    ),
    "treasure, one training, 11 preferences": (
        treasure("deep-sea-treasure-v0", 23.7, CONDITIONED, weights={"lattice": 11}),
        on_front(CONVEX),
    ),
    "treasure, one training, 101 preferences": (
        treasure("deep-sea-treasure-v0", 23.7, CONDITIONED, weights={"lattice": 101}),
        on_front(CONVEX),
    ),
    "treasure by replay, 11 preferences": (
        treasure(
            "deep-sea-treasure-v0",
            23.7,
            {"name": "ConditionedDQN", "steps": 60_000, "discount": DISCOUNT, "environments": 32}
            | {"exploration_steps": 50_000, "exploration": 0.1, "training_intensity": 64},
            weights={"lattice": 11},
        ),
        on_front(CONVEX),
    ),
    "concave treasure, Chebyshev, 21 weights": (
        treasure(
            "deep-sea-treasure-concave-v0",
            124,
            LINEAR_ACTOR,
            weights={"lattice": 21},
            scalarizations=[{"name": "chebyshev"}],
        ),
        on_front(CONCAVE),
    ),
    "concave treasure, linear, 11 weights": (
        treasure("deep-sea-treasure-concave-v0", 124, LINEAR_ACTOR, weights={"lattice": 11}),
        on_front(CONCAVE),
    ),
    "concave treasure, linear, 11 weights, continued": (
        treasure(
            "deep-sea-treasure-concave-v0",
            124,
            {**LINEAR_ACTOR, "entropy": 0.1},
            weights={"lattice": 11},
        ),
        continued(CONCAVE, 124),
    ),
    "LQR2, one training, 11 preferences": (LQR2, against_riccati),
    "toxicity limit 2": (limits(2.0), within_limit),
    "toxicity limit 4": (limits(4.0), within_limit),
    "adaptive therapy, 1 day": (adaptive(1.0), against_threshold(1.0, 1161.0, 455.0)),
    "adaptive therapy, 7 days": (adaptive(7.0), against_threshold(7.0, 1113.0, 462.0)),
    "adaptive therapy, 30 days": (adaptive(30.0), against_threshold(30.0, 900.0, 510.0)),
}


def trials_of(experiment: Mapping[str, Any], seed: int) -> tuple[TrialSpec, ...]:
    """The trials of an experiment, as its file would give them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "truth.yaml"
        path.write_text(yaml.safe_dump({**experiment, "seeds": [seed]}), encoding="utf-8")
        return load_experiment(path).trials()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of problems' names")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    start_ray()
    print(f"{'problem':42}{'seed':>5}{'steps':>11}{'CPU s':>7}{'share':>8}")
    for name, (experiment, reach) in PROBLEMS.items():
        if asked.names and not any(part in name for part in asked.names):
            continue
        for seed in range(1, asked.seeds + 1):
            trials, start = trials_of(experiment, seed), time.process_time()
            reached = reach(trials)
            steps, seconds = sum(trial.steps for trial in trials), time.process_time() - start
            figures = f"{seed:5}{steps:11,}{seconds:7.0f}{reached.share:8.4f}"
            print(f"{name:42}{figures}  {reached.note}", flush=True)


if __name__ == "__main__":
    main()
