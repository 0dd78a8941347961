"""PPO on columns against RLlib's stock PPO and plain torch at equal work.

Run: python benchmarks/ppo_columns.py [ENVIRONMENTS ...] [--seeds 2] [--cheap] [--runners]
Same environment, network, masks, discount, epochs and minibatch; one process, one thread. CPU
seconds are what to compare on a machine that others use too. About a minute for each seed and
number of parallel environments (128 unless given). `--cheap` takes an environment that costs next
little, so that what is compared is the loop around it. `--sampling` compares sampling alone
instead, on these two and on one that costs next to nothing, in turns, and tells how much of ours is
the environment's own. `--runners` compares the sampling of two processes with that of one instead,
by the clock: leave two cores free.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.stats
from peers.plain_ppo import plain_ppo
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from rig import masks_of, ppo, start_ray

from dosefront.learn.door import make_scalarized

STEPS = 100_000
WEIGHTS = (0.9, 0.1)
SETTINGS: Mapping[str, Any] = {
    "network": [64, 64],
    "learning_rate": 1e-3,
    "discount": 1.0,
    "environments": 128,
    "fragment": 32,
    "epochs": 4,
    "minibatch": 1024,
    "entropy": 0.0,
    "gae_lambda": 0.95,
    "clip": 0.2,
}
PATIENTS: Mapping[str, Any] = {
    "environment": "posology/DocetaxelCisplatin-v0",
    "options": {"decisions": "due", "cohort_seed": 2026, "split": "train", "patients": 4096},
    "objectives": ("efficacy", "toxicity"),
    "weights": WEIGHTS,
}
CHEAP: Mapping[str, Any] = {
    "environment": "posology/AdaptiveTherapy-v0",
    "options": {"interval_days": 30.0, "patients": 4096, "varied": True},
    "objectives": ("time without progression", "drug use"),
    "weights": WEIGHTS,
}
FREE: Mapping[str, Any] = {
    "environment": "posology/LQR2-v0",
    "options": {"horizon": 60, "patients": 4096},
    "objectives": ("first coordinate", "second coordinate"),
    "weights": WEIGHTS,
}
ROUNDS, SAMPLES = 5, 8
"""Turns of each rival's sampling, and samples of each."""
Run = tuple[float, float, float]
"""Steps per CPU second of training and of sampling alone, and what training courses return."""


def columns(
    context: Mapping[str, Any], seed: int, environments: int, **more: Any
) -> AlgorithmConfig:
    """Ours."""
    settings = {**SETTINGS, "environments": environments, **more}
    return ppo(context, settings, seed=seed, steps=STEPS)


def stock(context: Mapping[str, Any], seed: int, environments: int) -> AlgorithmConfig:
    """RLlib's, on the same native vector environment."""
    return columns(context, seed, environments, sampler="rllib")


def trained(config: AlgorithmConfig, environments: int) -> Run:
    """Train, then sample a little more."""
    algorithm = config.build_algo()
    first = int(algorithm.train()["num_env_steps_sampled_lifetime"])
    start, steps = time.process_time(), first
    while steps < STEPS:
        steps = int(algorithm.train()["num_env_steps_sampled_lifetime"])
    speed = (steps - first) / (time.process_time() - start)
    runner = algorithm.env_runner_group.local_env_runner
    learned = float(np.mean(runner.env.unwrapped.scalar_returns))
    start, samples = time.process_time(), 4
    for _ in range(samples):
        runner.sample()
    sampling = samples * environments * SETTINGS["fragment"] / (time.process_time() - start)
    algorithm.stop()
    return speed, sampling, learned


def plain(context: Mapping[str, Any], seed: int, environments: int) -> Run:
    """The same in plain torch; it samples as it learns."""
    door = make_scalarized({**context, "num_envs": environments})
    seconds, steps = plain_ppo(
        door,
        settings={**SETTINGS, "environments": environments},
        masks=masks_of(context),
        steps=STEPS,
        seed=seed,
    )
    return steps / seconds, np.nan, float(np.mean(door.scalar_returns))


def compare(context: Mapping[str, Any], environments: int, seeds: int) -> None:
    """Train all with each seed, in turn, and print what came of it."""
    rivals: Mapping[str, Callable[[int], Run]] = {
        "columns": lambda seed: trained(columns(context, seed, environments), environments),
        "stock": lambda seed: trained(stock(context, seed, environments), environments),
        "plain": lambda seed: plain(context, seed, environments),
    }
    turns = [{name: run(seed) for name, run in rivals.items()} for seed in range(1, seeds + 1)]
    rows = {name: np.array([turn[name] for turn in turns]) for name in rivals}
    print(f"{environments} environments; steps per CPU second of training, of sampling alone")
    for name, found in rows.items():
        speed, sampling, _ = found.mean(axis=0)
        returns = ", ".join(f"{value:.3f}" for value in found[:, 2])
        print(f"  {name:8}{speed:9.0f}{sampling:10.0f}  mean return {returns}")
    means = {name: found.mean(axis=0) for name, found in rows.items()}
    against = {name: means["columns"] / means[name] for name in ("stock", "plain")}
    print(
        f"  columns / stock: training {against['stock'][0]:.2f}, sampling "
        f"{against['stock'][1]:.2f}; columns / plain: training {against['plain'][0]:.2f}"
    )
    for name in ("stock", "plain") if seeds > 1 else ():
        test = scipy.stats.ttest_ind(rows["columns"][:, 2], rows[name][:, 2], equal_var=False)
        low, high = test.confidence_interval(0.95)
        print(f"  return of columns less {name}'s, 95 %: {low:.3f} to {high:.3f}", flush=True)


def compare_sampling(context: Mapping[str, Any], environments: int) -> None:
    """Sample with both runners in turns; the fastest turn of each counts."""
    rivals = {
        "columns": columns(context, 1, environments).build_algo(),
        "stock": stock(context, 1, environments).build_algo(),
    }
    runners = {name: each.env_runner_group.local_env_runner for name, each in rivals.items()}
    door = runners["columns"].env.unwrapped
    speeds: dict[str, list[float]] = {name: [] for name in (*rivals, "environment")}
    steps = SAMPLES * environments * SETTINGS["fragment"]
    for _ in range(ROUNDS):
        for name, runner in runners.items():
            start = time.process_time()
            for _ in range(SAMPLES):
                runner.sample()
            speeds[name].append(steps / (time.process_time() - start))
        actions = door.env.action_space.sample()
        start = time.process_time()
        for _ in range(SAMPLES * SETTINGS["fragment"]):
            door.env.step(actions)
        speeds["environment"].append(steps / (time.process_time() - start))
        door.reset()  # the door has not seen what the environment did meanwhile
        runners["columns"]._needs_initial_reset = True
    ours, theirs, bare = (max(speeds[name]) for name in (*rivals, "environment"))
    print(
        f"{context['environment']}, {environments} environments: {ours:.0f} steps/s against "
        f"{theirs:.0f}: {ours / theirs:.1f} times; the environment alone {bare:.0f}, "
        f"so {ours / bare:.0%} of our time is its own",
        flush=True,
    )
    for algorithm in rivals.values():
        algorithm.stop()


def sampling_of(context: Mapping[str, Any], environments: int, runners: int) -> float:
    """Steps that so many processes sample in a second by the clock."""
    algorithm = columns(context, 1, environments, runners=runners).build_algo()
    algorithm.train()
    rounds, start = 20, time.perf_counter()
    fragments = [sampled[0] for _ in range(rounds) for sampled in algorithm._sampled()]
    speed = sum(fragment.decided.size for fragment in fragments) / (time.perf_counter() - start)
    algorithm.stop()
    return speed


def main() -> None:
    """Compare as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environments", nargs="*", type=int, default=[SETTINGS["environments"]])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--cheap", action="store_true")
    parser.add_argument("--sampling", action="store_true")
    parser.add_argument("--runners", action="store_true")
    asked = parser.parse_args()
    context = CHEAP if asked.cheap else PATIENTS
    start_ray(processors=4)
    if asked.sampling:
        for context, environments in itertools.product((PATIENTS, CHEAP, FREE), asked.environments):
            compare_sampling(context, environments)
        return
    if asked.runners:
        for environments in asked.environments:
            one, two = (sampling_of(context, environments, runners) for runners in (1, 2))
            print(f"{environments} environments: {one:.0f} steps/s of one runner", end="; ")
            print(f"two sample {two / one:.2f} times as many", flush=True)
        return
    print(f"{context['environment']}, {STEPS} steps, {asked.seeds} seeds, weights {WEIGHTS}")
    for environments in asked.environments:
        compare(context, environments, asked.seeds)


if __name__ == "__main__":
    main()
