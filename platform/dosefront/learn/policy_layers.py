"""The policy network of a trained algorithm, layer by layer."""

import numpy as np
from jaxtyping import Float32
from ray.rllib.algorithms.algorithm import Algorithm

PARTS = ("policy.", "encoder.", "af.")
"""What acts: PPO's policy network; DQN's encoder, then its action values."""

Weights = list[Float32[np.ndarray, "outputs inputs"]]
Biases = list[Float32[np.ndarray, " outputs"]]


def policy_layers(algorithm: Algorithm) -> tuple[Weights, Biases]:
    """Weights and biases of the linear layers from observation to one output per action."""
    state = algorithm.get_module().state_dict()
    names = [
        name.removesuffix(".weight")
        for part in PARTS
        for name in state
        if name.startswith(part) and name.endswith(".weight")
    ]

    def arrays(kind: str) -> list[np.ndarray]:
        return [state[f"{name}.{kind}"].detach().cpu().numpy().copy() for name in names]

    return arrays("weight"), arrays("bias")
