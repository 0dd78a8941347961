"""A small environment with a reward vector, and an experiment on it."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest

EXPERIMENT = """\
name: toy
environment:
  id: toy/TwoObjectives-v0
  regimen:
    doses: {docetaxel: 75 mg/m2, cisplatin: 60 mg/m2}
    interval: 21 d
    cycles: 6
  options: {horizon: 4}
objectives: [efficacy, toxicity]
cohorts: {seed: 2026, train: 4096, select: 500, held_out: 2000}
weights: {lattice: 5}
algorithms:
  - {name: PPO, steps: 2000, network: [64, 64], learning_rate: 3e-4}
  - name: DQN
    steps: 1e5
seeds: [1, 2]
resources: {cpus_per_trial: 1, max_concurrent: null}
tracking: {wandb: {project: dosefront, mode: off}}
"""


class TwoObjectives(gymnasium.Env[np.ndarray, int]):
    """Describes itself as our environments do, and pays nothing."""

    action_space = gymnasium.spaces.Discrete(3)
    observation_space = gymnasium.spaces.Box(0.0, 1.0, (1,))

    metadata = {  # noqa: RUF012  Gymnasium's own class attribute
        "render_modes": [],
        "version": "3",
        "objectives": [
            {
                "name": "efficacy",
                "unit": "mm",
                "sense": "maximise",
                "reference": -20.0,
                "ideal": 60.0,
            },
            {
                "name": "toxicity",
                "unit": "events",
                "sense": "minimise",
                "reference": 12.0,
                "ideal": 0.0,
                "description": "CTCAE grade 3 or more",
            },
        ],
    }

    def __init__(self, *, horizon: int = 3, cycles: int = 6, **regimen: object) -> None:
        if horizon > 100:
            raise ValueError(f"horizon must be 100 or less; got {horizon}")
        if cycles > 20:
            raise ValueError(f"{cycles} cycles are too many.")

    def reset(self, *, seed=None, options=None):
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), np.zeros(2), False, False, {}


gymnasium.register("toy/TwoObjectives-v0", TwoObjectives, max_episode_steps=5)


@pytest.fixture
def written(tmp_path):
    """Writes the experiment, with replacements, and returns its path."""

    def write(*replacements: tuple[str, str]) -> Path:
        text = EXPERIMENT
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "toy.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
