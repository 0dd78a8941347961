"""Hidden dynamics: a stack of observations against RLlib's recurrent PPO.

Run: python benchmarks/history.py [STEPS]
Same settings, steps and seeds; what the last training courses return, from a policy that still
explores. About fifteen minutes with 100,000 steps, most of it in the recurrent network.
"""

import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core.rl_module import RLModuleSpec
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from rig import ppo, start_ray

from dosefront.experiment.settings import PPOSettings

SEEDS = (1, 2, 3)
HISTORIES = (1, 2, 4, 8)
PROBLEMS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "patients whose resistant cells nobody sees": (
        {
            "environment": "posology/AdaptiveTherapy-v0",
            "options": {"interval_days": 30.0, "varied": True, "patients": 4096},
            "objectives": ("time without progression", "drug use"),
            "weights": (1.0, 0.0),
        },
        {"gae_lambda": 1.0, "fragment": 64, "twins": 1},
    ),
    "docetaxel and cisplatin": (
        {
            "environment": "posology/DocetaxelCisplatin-v0",
            "options": {"decisions": "due", "patients": 4096},
            "objectives": ("efficacy", "toxicity"),
            "weights": (0.85, 0.15),
        },
        {"twins": 1},
    ),
}
"""What is learned; and how, where that is not the default."""


def trained(config: AlgorithmConfig, steps: int) -> tuple[float, float]:
    """Mean scalar return of the last courses, and CPU seconds."""
    algorithm, done, start = config.build_algo(), 0, time.process_time()
    while done < steps:
        done = int(algorithm.train()["num_env_steps_sampled_lifetime"])
    seconds = time.process_time() - start
    door = algorithm.env_runner_group.local_env_runner.env.unwrapped
    learned = float(np.mean(door.scalar_returns))
    algorithm.stop()
    return learned, seconds


def main() -> None:
    """Train every variant with each seed, and print what came of it."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    start_ray()
    recurrent = DefaultModelConfig(
        fcnet_hiddens=[64, 64],
        fcnet_activation="tanh",
        vf_share_layers=False,
        use_lstm=True,
        lstm_cell_size=64,
        max_seq_len=16,
    )
    for name, (context, changed) in PROBLEMS.items():
        print(f"{name}, {steps:,} steps, seeds {SEEDS}: mean return, CPU s")
        variants = {
            f"{history} observations": ({**context, "history": history}, changed, None)
            for history in HISTORIES
        }
        stock = {**changed, "sampler": "rllib"}
        variants["RLlib's LSTM"] = (context, stock, recurrent)
        for variant, (shown, settings, model) in variants.items():
            found = []
            for seed in SEEDS:
                written = PPOSettings(name="PPO", **settings).model_dump(mode="json")
                config = ppo(shown, written, seed=seed, steps=steps)
                if model is not None:
                    config = config.rl_module(rl_module_spec=RLModuleSpec(model_config=model))
                found.append(trained(config, steps))
            returns, seconds = zip(*found, strict=True)
            listed = ", ".join(f"{each:.4f}" for each in returns)
            print(f"  {variant:16}{listed}{np.mean(seconds):8.0f}", flush=True)


if __name__ == "__main__":
    main()
