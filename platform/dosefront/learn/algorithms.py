"""RLlib's algorithms, configured from a trial's settings."""

from collections.abc import Callable, Mapping
from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.algorithms.dqn import DQNConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

from dosefront.learn.column_ppo import ColumnPPOConfig
from dosefront.records import TrialSpec

ACTIVATION = "tanh"


def algorithm_config(
    spec: TrialSpec, *, environment: str, context: Mapping[str, Any]
) -> AlgorithmConfig:
    """RLlib's configuration of a trial: everything in one process, one thread.

    ``environment`` is the name under which the scalarizing door is registered, ``context`` what it
    is made from.
    """
    config: AlgorithmConfig = ALGORITHMS[spec.algorithm](spec.settings)
    return (
        config.environment(environment, env_config=dict(context))
        .env_runners(
            num_env_runners=0,
            num_envs_per_env_runner=spec.settings["environments"],
            gym_env_vectorize_mode="vector_entry_point",
        )
        .learners(num_learners=0)
        .reporting(min_time_s_per_iteration=0, min_sample_timesteps_per_iteration=0)
        .debugging(seed=spec.seed, log_level="ERROR")
    )


def _ppo(settings: Mapping[str, Any]) -> AlgorithmConfig:
    batch = settings["environments"] * settings["fragment"]
    return (
        ColumnPPOConfig()
        .training(
            lr=settings["learning_rate"],
            gamma=settings["discount"],
            train_batch_size_per_learner=batch,
            minibatch_size=min(settings["minibatch"], batch),
            num_epochs=settings["epochs"],
            entropy_coeff=settings["entropy"],
            lambda_=settings["gae_lambda"],
            clip_param=settings["clip"],
            vf_loss_coeff=0.5,
            grad_clip=0.5,
        )
        .env_runners(rollout_fragment_length=settings["fragment"])
        .rl_module(model_config={"hidden": list(settings["network"])})
    )


def _dqn(settings: Mapping[str, Any]) -> AlgorithmConfig:
    return (
        DQNConfig()
        .training(
            lr=settings["learning_rate"],
            gamma=settings["discount"],
            train_batch_size_per_learner=settings["batch"],
            replay_buffer_config={"type": "EpisodeReplayBuffer", "capacity": settings["replay"]},
            num_steps_sampled_before_learning_starts=settings["learning_starts"],
            target_network_update_freq=settings["target_interval"],
            epsilon=[(0, 1.0), (settings["exploration_steps"], settings["exploration"])],
            n_step=settings["n_step"],
            training_intensity=settings["training_intensity"],
            double_q=True,
            dueling=False,
            num_atoms=1,
            noisy=False,
            grad_clip=10.0,
        )
        .env_runners(rollout_fragment_length=settings["fragment"])
        .rl_module(
            model_config=DefaultModelConfig(
                fcnet_hiddens=list(settings["network"]), fcnet_activation=ACTIVATION
            )
        )
    )


ALGORITHMS: dict[str, Callable[[Mapping[str, Any]], AlgorithmConfig]] = {"PPO": _ppo, "DQN": _dqn}
"""Name in the YAML to configuration."""
