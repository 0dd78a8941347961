"""PPO on columns against RLlib's stock PPO and plain torch at equal work.

Run: python benchmarks/ppo_columns.py [ENVIRONMENTS ...]
Same environment, network, masks, discount, epochs and minibatch; one process, one thread. CPU
seconds are what to compare on a machine that others use too. About two minutes for each number of
parallel environments (128 unless given).
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import ray
import torch
from peers.plain_ppo import plain_ppo
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.tune.registry import register_env

import posology  # noqa: F401  registers the environments
from dosefront.learn.algorithms import Seen, algorithm_config
from dosefront.learn.door import make_scalarized
from dosefront.records import TrialSpec

DOOR = "door"
STEPS = 100_000
SEEDS = (1, 2)
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
CONTEXT: Mapping[str, Any] = {
    "environment": "posology/DocetaxelCisplatin-v0",
    "options": {"decisions": "due", "cohort_seed": 2026, "split": "train", "patients": 4096},
    "objectives": ("efficacy", "toxicity"),
    "weights": WEIGHTS,
}
SEEN = Seen(objectives=2, masks=25)
"""Both close what the masks at an observation's end say."""


def columns(seed: int, environments: int, **more: Any) -> AlgorithmConfig:
    """Ours."""
    spec = TrialSpec(
        environment=CONTEXT["environment"],
        environment_options={},
        objectives=CONTEXT["objectives"],
        algorithm="PPO",
        scalarization={"name": "linear"},
        preferences=(WEIGHTS,),
        seed=seed,
        steps=STEPS,
        settings={**SETTINGS, "environments": environments, **more},
        cohorts={},
    )
    return algorithm_config(spec, environment=DOOR, context=CONTEXT, seen=SEEN)


def stock(seed: int, environments: int) -> AlgorithmConfig:
    """RLlib's, on the same native vector environment."""
    return columns(seed, environments, sampler="rllib")


def trained(
    configure: Callable[[int, int], AlgorithmConfig], seed: int, environments: int
) -> tuple[float, float, float]:
    """Steps per CPU second of training and of sampling alone, and what training courses return."""
    algorithm = configure(seed, environments).build_algo()
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


def plain(seed: int, environments: int) -> tuple[float, float, float]:
    """The same in plain torch; it samples as it learns."""
    door = make_scalarized({**CONTEXT, "num_envs": environments})
    settings = {**SETTINGS, "environments": environments}
    seconds, steps = plain_ppo(door, settings=settings, masks=SEEN.masks, steps=STEPS, seed=seed)
    return steps / seconds, np.nan, float(np.mean(door.scalar_returns))


def main() -> None:
    """Train all with each seed, in turn, and print the comparison."""
    torch.set_num_threads(1)
    register_env(DOOR, make_scalarized)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=1,
        include_dashboard=False,
        object_store_memory=100 << 20,
        log_to_driver=False,
    )
    print(f"{CONTEXT['environment']}, {STEPS} steps, seeds {SEEDS}, weights {WEIGHTS}")
    for environments in [int(each) for each in sys.argv[1:]] or [SETTINGS["environments"]]:
        rivals: dict[str, Callable[[int], tuple[float, float, float]]] = {
            "columns": lambda seed, n=environments: trained(columns, seed, n),
            "stock": lambda seed, n=environments: trained(stock, seed, n),
            "plain": lambda seed, n=environments: plain(seed, n),
        }
        rows = {name: np.array([run(seed) for seed in SEEDS]) for name, run in rivals.items()}
        print(f"{environments} environments; steps per CPU second of training, of sampling alone")
        for name, found in rows.items():
            speed, sampling, _ = found.mean(axis=0)
            returns = ", ".join(f"{value:.3f}" for value in found[:, 2])
            print(f"  {name:8}{speed:9.0f}{sampling:10.0f}  mean return {returns}")
        means = {name: found.mean(axis=0) for name, found in rows.items()}
        against = {name: means["columns"] / means[name] for name in ("stock", "plain")}
        print(
            f"  columns / stock: training {against['stock'][0]:.2f}, sampling "
            f"{against['stock'][1]:.2f}; columns / plain: training {against['plain'][0]:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
