"""The algorithms: RLlib's configuration of each from a trial's settings.

Adding one is a builder here, its settings in `dosefront.experiment.settings`, and a line in
`ALGORITHMS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.algorithms.appo import APPOConfig
from ray.rllib.algorithms.dqn import DQNConfig
from ray.rllib.algorithms.impala import IMPALAConfig
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.algorithms.sac import SACConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec

from dosefront.learn.column_ppo import ColumnPPOConfig
from dosefront.learn.column_replay import ColumnReplayConfig
from dosefront.learn.conditioned_dqn import ActionValueNetwork, ConditionedDQNLearner
from dosefront.learn.conditioned_sac import ConditionedSACLearner, SoftNetwork
from dosefront.learn.stock_modules import MaskedAPPOModule, MaskedDQNModule, MaskedPPOModule
from dosefront.records import TrialSpec

ACTIVATION = "tanh"
VALUE_LOSS, GRADIENT_NORM = 0.5, 0.5
"""Weight of the critic's loss, and bound of the gradient's norm, in PPO and its kin."""


@dataclass(frozen=True)
class Seen:
    """What an algorithm must know of the environment behind the door."""

    objectives: int
    masks: int
    """Entries at an observation's end that say which actions are open."""
    least: tuple[float, ...]
    """The least weight of each objective in a preference; empty where none is shown."""


Builder = Callable[[Mapping[str, Any], Seen], AlgorithmConfig]


def algorithm_config(
    spec: TrialSpec, *, environment: str, context: Mapping[str, Any], seen: Seen
) -> AlgorithmConfig:
    """RLlib's configuration of a trial: one thread; one process, unless its runners are remote.

    ``environment`` is the name under which the scalarizing door is registered, ``context`` what it
    is made from.
    """
    settings = {**spec.settings, "steps": spec.steps}
    config: AlgorithmConfig = ALGORITHMS[spec.algorithm](settings, seen)
    return (
        config.environment(environment, env_config=dict(context))
        .env_runners(
            num_env_runners=spec.settings.get("runners", 0),
            num_envs_per_env_runner=spec.settings["environments"],
            rollout_fragment_length=spec.settings["fragment"],
            gym_env_vectorize_mode="vector_entry_point",
        )
        .learners(num_learners=0)
        .reporting(min_time_s_per_iteration=0, min_sample_timesteps_per_iteration=0)
        .debugging(seed=spec.seed, log_level="ERROR")
    )


def _ppo(settings: Mapping[str, Any], seen: Seen, *, channels: int = 1) -> AlgorithmConfig:
    stock = settings.get("sampler") == "rllib"
    config = PPOConfig() if stock else ColumnPPOConfig()
    batch = settings["environments"] * settings["fragment"] * max(1, settings.get("runners", 0))
    config = config.training(
        lr=settings["learning_rate"],
        gamma=settings["discount"],
        train_batch_size_per_learner=batch,
        minibatch_size=min(settings["minibatch"], batch),
        num_epochs=settings["epochs"],
        entropy_coeff=[[0, settings["entropy"]], [settings["steps"], 0.0]],
        lambda_=settings["gae_lambda"],
        clip_param=settings["clip"],
        vf_loss_coeff=VALUE_LOSS,
        grad_clip=GRADIENT_NORM,
    )
    if stock:
        config = config.training(use_kl_loss=False, vf_clip_param=float("inf"))
        return _with_own_network(config, settings, MaskedPPOModule if seen.masks else None)
    return config.rl_module(
        model_config={
            "hidden": list(settings["network"]),
            "channels": channels,
            "masks": seen.masks,
            "standardise": settings.get("standardise", False),
            "least": seen.least,
        }
    )


def _vector_ppo(settings: Mapping[str, Any], seen: Seen) -> AlgorithmConfig:
    return _ppo(settings, seen, channels=seen.objectives)


def _appo(settings: Mapping[str, Any], seen: Seen) -> AlgorithmConfig:
    return _asynchronous(APPOConfig(), settings, MaskedAPPOModule if seen.masks else None)


def _impala(settings: Mapping[str, Any], seen: Seen) -> AlgorithmConfig:
    return _asynchronous(IMPALAConfig(), settings, MaskedPPOModule if seen.masks else None)


def _asynchronous(
    config: AlgorithmConfig, settings: Mapping[str, Any], module: type | None
) -> AlgorithmConfig:
    config = config.training(
        lr=settings["learning_rate"],
        gamma=settings["discount"],
        train_batch_size_per_learner=settings["batch"],
        entropy_coeff=settings["entropy"],
        vf_loss_coeff=VALUE_LOSS,
        grad_clip=GRADIENT_NORM,
    )
    return _with_own_network(config, settings, module)


def _dqn(settings: Mapping[str, Any], seen: Seen) -> AlgorithmConfig:
    config = DQNConfig().training(
        **_replayed(settings),
        lr=settings["learning_rate"],
        target_network_update_freq=settings["target_interval"],
        epsilon=[(0, 1.0), (settings["exploration_steps"], settings["exploration"])],
        n_step=settings["n_step"],
        double_q=True,
        dueling=False,
        num_atoms=1,
        noisy=False,
        grad_clip=10.0,
    )
    return _with_own_network(config, settings, MaskedDQNModule if seen.masks else None)


def _sac(settings: Mapping[str, Any], seen: Seen) -> AlgorithmConfig:
    rate = settings["learning_rate"]
    config = SACConfig().training(
        **_replayed(settings),
        actor_lr=rate,
        critic_lr=rate,
        alpha_lr=rate,
        lr=None,
        tau=settings["target_rate"],
        n_step=1,
    )
    return _with_own_network(config, settings, None)


def _replayed(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "gamma": settings["discount"],
        "train_batch_size_per_learner": settings["batch"],
        "replay_buffer_config": {"type": "EpisodeReplayBuffer", "capacity": settings["replay"]},
        "num_steps_sampled_before_learning_starts": settings["learning_starts"],
        "training_intensity": settings["training_intensity"],
    }


def _with_own_network(
    config: AlgorithmConfig, settings: Mapping[str, Any], module: type | None
) -> AlgorithmConfig:
    """RLlib's own network; with a module of ours around it where actions may be closed."""
    model = DefaultModelConfig(
        fcnet_hiddens=list(settings["network"]),
        fcnet_activation=ACTIVATION,
        vf_share_layers=False,
    )
    if module is None:
        return config.rl_module(model_config=model)
    return config.rl_module(rl_module_spec=RLModuleSpec(module_class=module, model_config=model))


def _conditioned_dqn(settings: Mapping[str, Any], seen: Seen) -> AlgorithmConfig:
    config = _replay(settings, seen, network=ActionValueNetwork, learner=ConditionedDQNLearner)
    return config.rl_module(
        model_config={
            "hidden": list(settings["network"]),
            "channels": seen.objectives,
            "masks": seen.masks,
            "exploration": settings["exploration"],
            "exploration_steps": settings["exploration_steps"],
        }
    )


def _conditioned_sac(settings: Mapping[str, Any], seen: Seen) -> AlgorithmConfig:
    config = _replay(settings, seen, network=SoftNetwork, learner=ConditionedSACLearner)
    return config.rl_module(
        model_config={"hidden": list(settings["network"]), "channels": seen.objectives}
    )


def _replay(
    settings: Mapping[str, Any], seen: Seen, *, network: type, learner: type
) -> AlgorithmConfig:
    return (
        ColumnReplayConfig()
        .replaying(
            network=network,
            learner=learner,
            capacity=settings["replay"],
            batch=settings["batch"],
            learning_starts=settings["learning_starts"],
            training_intensity=settings["training_intensity"],
            target_rate=settings["target_rate"],
            least=seen.least,
        )
        .training(lr=settings["learning_rate"], gamma=settings["discount"], grad_clip=10.0)
    )


ALGORITHMS: Mapping[str, Builder] = {
    "PPO": _ppo,
    "VectorPPO": _vector_ppo,
    "ConditionedPPO": _vector_ppo,
    "APPO": _appo,
    "IMPALA": _impala,
    "DQN": _dqn,
    "SAC": _sac,
    "ConditionedDQN": _conditioned_dqn,
    "ConditionedSAC": _conditioned_sac,
}
"""Name in the YAML to configuration."""
