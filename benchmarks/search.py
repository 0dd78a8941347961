"""Ways to seek a front: the hypervolume that each has reached after how many environment steps.

Run: python benchmarks/search.py FOLDER [--seeds 5] [--steps 30000] [--draw FILE.png]
Sweeps on docetaxel and cisplatin, through the command line, one run for each way, all seeds side
by side; what FOLDER holds already is not run again. Every way takes as many steps with each seed. A
lattice must know its size beforehand, so each size is a sweep of its own. Members of a front are
chosen on the select cohort; the hypervolume is of the held-out one, a share of the reference box.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy import stats

from dosefront.front import Objective, hypervolume, nondominated
from dosefront.records import Ledger, RunFolder, TrialRecord, read_front
from dosefront.search.progress import value_vectors

ENVIRONMENT = {"id": "posology/DocetaxelCisplatin-v0", "options": {"decisions": "due"}}
COHORTS = {"seed": 2031, "train": 4096, "select": 500, "held_out": 2000}
TRIALS = 12
SIZES = (6, TRIALS)
"""Trials after which the ways are compared, and sizes of the lattices."""
JUDGED = {"lattice": 21}
"""Preferences at which a conditioned policy is judged."""


def ways(steps: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Sections of the experiments of each way; several where a way must know its size beforehand.

    Args:
        steps: of one training for one preference.
    """
    ppo = {"name": "PPO", "steps": steps}
    chebyshev = {"scalarizations": [{"name": "chebyshev"}]}
    budget = {"budget": {"trials": TRIALS}}
    after = {"budget": {"trials": 1 + TRIALS - SIZES[0]}}  # a conditioned training of that size

    def conditioned(trials: int) -> dict[str, Any]:
        return {"name": "ConditionedPPO", "steps": steps * trials}

    def search(**rest: Any) -> dict[str, Any]:
        return {"algorithms": [ppo], "search": {**rest, **budget}}

    return {
        "lattice, linear": [{"weights": {"lattice": n}, "algorithms": [ppo]} for n in SIZES],
        "lattice, Chebyshev": [
            {"weights": {"lattice": n}, "algorithms": [ppo], **chebyshev} for n in SIZES
        ],
        "random, linear": [search(preferences="random", warm_start=False)],
        "gap, Chebyshev": [search(preferences="gap", warm_start=False)],
        "gap, Chebyshev, warm starts": [search(preferences="gap", warm_start=True)],
        "gap, limits": [
            {
                "algorithms": [{"name": "VectorPPO", "steps": steps}],
                "search": {
                    "preferences": "gap",
                    "targets": "epsilon",
                    "warm_start": False,
                    **budget,
                },
            }
        ],
        "gap, limits, warm starts": [
            {
                "algorithms": [{"name": "VectorPPO", "steps": steps}],
                "search": {
                    "preferences": "gap",
                    "targets": "epsilon",
                    "warm_start": True,
                    **budget,
                },
            }
        ],
        "conditioned": [{"weights": JUDGED, "algorithms": [conditioned(n)]} for n in SIZES],
        "conditioned, then gap": [
            {
                "weights": JUDGED,
                "algorithms": [conditioned(SIZES[0]), ppo],
                **chebyshev,
                "search": {"preferences": "gap", "warm_start": False, **after},
            }
        ],
        "conditioned, then gap, warm starts": [
            {
                "weights": JUDGED,
                "algorithms": [conditioned(SIZES[0]), ppo],
                **chebyshev,
                "search": {"preferences": "gap", "warm_start": True, **after},
            }
        ],
    }


def records(
    name: str, sections: Mapping[str, Any], folder: Path, seeds: Sequence[int]
) -> tuple[tuple[Objective, ...], tuple[TrialRecord, ...]]:
    """Objectives and ended trials of a sweep; run, or finished, unless it is complete."""
    run = RunFolder(folder / name)
    experiment = {
        "name": name,
        "environment": ENVIRONMENT,
        "objectives": ["efficacy", "toxicity"],
        "cohorts": COHORTS,
        "seeds": list(seeds),
        "tracking": {"wandb": {"mode": "off"}},
        **sections,
    }
    if "search" in sections:  # its budget is of all seeds together
        trials = sections["search"]["budget"]["trials"] * len(seeds)
        experiment["search"] = {**sections["search"], "budget": {"trials": trials}}
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(experiment, sort_keys=False))
    command = [sys.executable, "-m", "dosefront.cli"]
    if run.experiment_yaml.exists():
        subprocess.run([*command, "resume", run.path], check=True, stdout=subprocess.DEVNULL)
    else:
        where = ["--out", folder, "--run-id", name]
        subprocess.run([*command, "sweep", file, *where], check=True, stdout=subprocess.DEVNULL)
    return read_front(run.front_json).objectives, Ledger(run.ledger).read().trials


def curve(
    trials: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> Float[np.ndarray, "trials 2"]:
    """Environment steps so far, and the hypervolume of what has ended by then."""
    points = []
    for count in range(1, len(trials) + 1):
        ended = trials[:count]
        on_front = nondominated(value_vectors(ended, len(objectives)))
        held_out = np.array(
            [
                [estimate.value for estimate in policy.held_out.value_vector]
                for record in ended
                for policy in record.judged
            ]
        )
        steps = sum(record.steps for record in ended)
        points.append((steps, hypervolume(held_out[on_front], objectives)))
    return np.array(points, np.float64)


def curves(
    way: str, parts: Sequence[Mapping[str, Any]], folder: Path, seeds: Sequence[int]
) -> list[Float[np.ndarray, "points 2"]]:
    """Steps and hypervolume of a way with each seed; of sizes known beforehand, their ends."""
    found: dict[int, list[Float[np.ndarray, "points 2"]]] = {seed: [] for seed in seeds}
    for number, sections in enumerate(parts, start=1):
        name = f"{way.replace(', ', '-').replace(' ', '-')}-{number}"
        objectives, trials = records(name, sections, folder, seeds)
        for seed in seeds:
            one = curve([each for each in trials if each.spec.seed == seed], objectives)
            found[seed].append(one if len(parts) == 1 else one[-1:])
    return [np.concatenate(each) for each in found.values()]


def at(curve: Float[np.ndarray, "points 2"], steps: float) -> float:
    """Hypervolume after so many steps; 0 before the first training has ended.

    A training ends with the iteration that reaches its steps: up to a tenth more is let pass.
    """
    reached = curve[curve[:, 0] <= 1.1 * steps, 1]
    return float(reached[-1]) if len(reached) else 0.0


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean with its 95 % interval (Student's) over seeds."""
    mean = float(np.mean(values))
    if len(values) == 1:
        return mean, mean, mean
    half = float(stats.sem(values) * stats.t.ppf(0.975, len(values) - 1))
    return mean, mean - half, mean + half


def draw(
    found: Mapping[str, Sequence[Float[np.ndarray, "points 2"]]], steps: int, file: Path
) -> None:
    """Mean hypervolume against steps, with the interval over seeds at the last."""
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    axes = figure.add_subplot()
    for number, ((way, each), marker) in enumerate(zip(found.items(), "osv^DPX<>h", strict=True)):
        first = len(SIZES) if len(each[0]) > len(SIZES) else 0  # of the others, their sizes only
        grid = steps * np.array([*range(2, TRIALS + 1)] if first else SIZES)
        summaries = np.array([interval([at(curve, x) for curve in each]) for x in grid])
        means = np.where(summaries[:, 0] > 0.0, summaries[:, 0], np.nan)
        (line,) = axes.plot(grid / 1e3, means, marker=marker, markersize=5, label=way)
        at_last = (grid[-1] / 1e3 + 3.0 * number + 4.0, means[-1])
        reach = np.abs(summaries[-1, 1:] - means[-1])[:, None]
        axes.errorbar(*at_last, yerr=reach, color=line.get_color(), marker=marker, capsize=2)
    axes.set_xlabel("environment steps [thousand]")
    axes.set_ylabel("hypervolume, share of the reference box, held-out")
    axes.set_ylim(bottom=0.42)
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=150)


def main() -> None:
    """Run every way, and print what each has reached after the same steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--draw", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    seeds, found = range(1, asked.seeds + 1), {}
    print(f"{'steps':38}" + "".join(f"{asked.steps * size:>24,}" for size in SIZES))
    for way, parts in ways(asked.steps).items():
        found[way] = curves(way, parts, asked.folder, seeds)
        cells = []
        for size in SIZES:
            mean, low, high = interval([at(each, asked.steps * size) for each in found[way]])
            cells.append(f"{mean:.3f} [{low:.3f}, {high:.3f}]")
        print(f"{way:38}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
    if asked.draw:
        draw(found, asked.steps, asked.draw)


if __name__ == "__main__":
    main()
