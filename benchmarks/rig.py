"""What the benchmarks of learning share: a Ray on this machine, and PPO as a trial has it."""

import logging
import os
from collections.abc import Mapping
from typing import Any

import ray
import torch
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.tune.registry import register_env

import posology  # noqa: F401  registers the environments
from dosefront.learn.algorithms import Seen, algorithm_config
from dosefront.learn.door import make_scalarized
from dosefront.records import TrialSpec

DOOR = "door"


def start_ray(processors: int = 1) -> None:
    """A Ray of our own, quiet, and one thread for torch."""
    torch.set_num_threads(1)
    register_env(DOOR, make_scalarized)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=processors,
        include_dashboard=False,
        object_store_memory=100 << 20,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )


def masks_of(context: Mapping[str, Any]) -> int:
    """Entries at an observation's end that say which actions are open."""
    door = make_scalarized({**context, "num_envs": 1})
    masks = int(door.single_action_space.n) if door.view.masks else 0
    door.close()
    return masks


def ppo(
    context: Mapping[str, Any], settings: Mapping[str, Any], *, seed: int, steps: int
) -> AlgorithmConfig:
    """PPO on the door that the context describes."""
    spec = TrialSpec(
        environment=context["environment"],
        environment_options={},
        objectives=context["objectives"],
        algorithm="PPO",
        scalarization={"name": "linear"},
        preferences=(context["weights"],),
        seed=seed,
        steps=steps,
        settings=settings,
        cohorts={},
    )
    seen = Seen(objectives=len(context["objectives"]), masks=masks_of(context))
    return algorithm_config(spec, environment=DOOR, context=context, seen=seen)
