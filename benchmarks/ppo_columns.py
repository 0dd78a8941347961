"""PPO on columns against RLlib's stock PPO at equal work: speed, and what both have learned.

Run: python benchmarks/ppo_columns.py
Same environment, network, masks, discount, epochs and minibatch; one process, one thread. CPU
seconds are what to compare on a machine that others use too. About two minutes.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import ray
import torch
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.tune.registry import register_env

import posology  # noqa: F401  registers the environments
from dosefront.learn.algorithms import ACTIVATION, Seen, algorithm_config
from dosefront.learn.door import make_scalarized
from dosefront.learn.stock_modules import MaskedPPOModule
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


def columns(seed: int) -> AlgorithmConfig:
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
        settings=SETTINGS,
        cohorts={},
    )
    return algorithm_config(spec, environment=DOOR, context=CONTEXT, seen=SEEN)


def stock(seed: int) -> AlgorithmConfig:
    """RLlib's, on the same native vector environment."""
    batch = SETTINGS["environments"] * SETTINGS["fragment"]
    config: AlgorithmConfig = (
        PPOConfig()
        .environment(DOOR, env_config=dict(CONTEXT))
        .env_runners(
            num_env_runners=0,
            num_envs_per_env_runner=SETTINGS["environments"],
            rollout_fragment_length=SETTINGS["fragment"],
            gym_env_vectorize_mode="vector_entry_point",
        )
        .learners(num_learners=0)
        .training(
            lr=SETTINGS["learning_rate"],
            gamma=SETTINGS["discount"],
            train_batch_size_per_learner=batch,
            minibatch_size=SETTINGS["minibatch"],
            num_epochs=SETTINGS["epochs"],
            entropy_coeff=SETTINGS["entropy"],
            lambda_=SETTINGS["gae_lambda"],
            clip_param=SETTINGS["clip"],
            use_kl_loss=False,
            vf_loss_coeff=0.5,
            vf_clip_param=float("inf"),
            grad_clip=0.5,
        )
        .rl_module(
            rl_module_spec=RLModuleSpec(
                module_class=MaskedPPOModule,
                model_config=DefaultModelConfig(
                    fcnet_hiddens=SETTINGS["network"],
                    fcnet_activation=ACTIVATION,
                    vf_share_layers=False,
                ),
            )
        )
        .reporting(min_time_s_per_iteration=0, min_sample_timesteps_per_iteration=0)
        .debugging(seed=seed, log_level="ERROR")
    )
    return config


def trained(configure: Callable[[int], AlgorithmConfig], seed: int) -> tuple[float, float, float]:
    """Steps per second, steps per CPU second, and the mean return of the last training courses."""
    algorithm = configure(seed).build_algo()
    first = int(algorithm.train()["num_env_steps_sampled_lifetime"])
    wall, cpu, steps = time.perf_counter(), time.process_time(), first
    while steps < STEPS:
        steps = int(algorithm.train()["num_env_steps_sampled_lifetime"])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    door = algorithm.env_runner_group.local_env_runner.env.unwrapped
    learned = float(np.mean(door.scalar_returns))
    algorithm.stop()
    return (steps - first) / wall, (steps - first) / cpu, learned


def main() -> None:
    """Train both with each seed, in turn, and print the comparison."""
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
    results = {
        configure.__name__: np.array([trained(configure, seed) for seed in SEEDS])
        for configure in (stock, columns)
    }
    for name, rows in results.items():
        speed, cpu_speed, _ = rows.mean(axis=0)
        returns = ", ".join(f"{value:.4f}" for value in rows[:, 2])
        print(f"{name:8}{speed:8.0f} steps/s{cpu_speed:8.0f} steps/CPU-s, mean return {returns}")
    wall, cpu, _ = results["columns"].mean(axis=0) / results["stock"].mean(axis=0)
    print(f"columns / stock: {wall:.2f} by the clock, {cpu:.2f} by CPU seconds")


if __name__ == "__main__":
    main()
