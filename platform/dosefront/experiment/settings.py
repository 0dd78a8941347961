"""Settings of the algorithms, with their defaults, and what each can take."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator

from dosefront.experiment.values import Count, Number, Positive, Section, Share, Text, Whole

Network = Annotated[tuple[Count, ...], Field(min_length=1)]
ANY_ACTIONS = ("Discrete", "MultiDiscrete", "Box")
ADDED_UP = ("linear", "chebyshev", "lexicographic")
"""Scalarizations that a scalar reward can carry, step by step."""


class _Settings(Section):
    actions: ClassVar[tuple[str, ...]] = ANY_ACTIONS
    """Kinds of action space that it learns."""
    scalarizations: ClassVar[tuple[str, ...]] = ADDED_UP
    """Scalarizations that it learns."""
    is_conditioned: ClassVar[bool] = False
    """Whether one training serves every preference."""

    steps: Count = 200_000
    """Environment steps over all patients."""
    network: Network = (64, 64)
    """Units of each hidden layer."""
    discount: Share = 1.0
    history: Count = 1
    """Observations that the policy is shown: the newest and those before it."""

    def changed(self, settings: Mapping[str, Any]) -> Self:
        """These settings with others in some places.

        Raises:
            ValueError: unknown settings, or values that are refused.
        """
        return type(self).model_validate({**self.model_dump(), **settings})

    @classmethod
    def is_whole(cls, setting: str) -> bool:
        """Whether a setting is a whole number."""
        return cls.model_fields[setting].annotation is int


class _OnPolicySettings(_Settings):
    learning_rate: Positive = 1e-3
    environments: Count = 128
    """Patients treated in parallel."""
    twins: Annotated[Count, Field(validate_default=True)] = 16
    """How many of them are the same patient with the same luck, so that luck cancels."""
    fragment: Count = 32
    """Steps of each patient per iteration."""
    epochs: Count = 4
    minibatch: Count = 1024
    entropy: Annotated[Number, Field(ge=0)] = 0.0
    """Coefficient of the entropy bonus at first; it fades to nothing over the training."""
    gae_lambda: Share = 0.95
    clip: Positive = 0.2
    standardise: bool = False
    """Whether the networks are shown each feature less its mean, over its standard deviation."""
    runners: Whole = 0
    """Processes that sample beside the trial's own; 0 samples in it."""
    start: Text | None = None
    """Path of the policy to begin from, such as a conditioned one's `policy.npz`."""

    @field_validator("twins")
    @classmethod
    def _families_are_full(cls, twins: int, info: ValidationInfo) -> int:
        environments = info.data.get("environments", twins)
        if environments % twins:
            raise ValueError(
                f"{environments} environments cannot be families of {twins}. Give a divisor."
            )
        return twins

    @field_validator("start")
    @classmethod
    def _start_keeps_its_scale(cls, start: str | None, info: ValidationInfo) -> str | None:
        if start and info.data.get("standardise"):
            raise ValueError(
                "a start reads features as they are, not standardised; found "
                '"standardise: true". Remove one of them.'
            )
        return start


class PPOSettings(_OnPolicySettings):
    """Proximal policy optimisation. Schulman et al. (2017), arXiv:1707.06347."""

    name: Literal["PPO"]
    sampler: Literal["columns", "rllib"] = "columns"
    """Who samples and learns: we, or RLlib's own PPO."""

    @field_validator("sampler")
    @classmethod
    def _ours_is_for_our_sampler(cls, sampler: str, info: ValidationInfo) -> str:
        if sampler == "rllib" and info.data.get("start"):
            raise ValueError(
                'rllib cannot begin from a policy of ours; found "start". '
                "Use sampler: columns, or remove start."
            )
        if sampler == "rllib" and info.data.get("standardise"):
            raise ValueError(
                'rllib shows its network features as they are; found "standardise: true". '
                "Use sampler: columns, or remove standardise."
            )
        return sampler


class VectorPPOSettings(_OnPolicySettings):
    """PPO whose critic values every objective by itself; it can keep limits.

    Limits are kept by a Lagrangian whose multiplier a PID controller moves. Stooke et al. (2020),
    arXiv:2007.03964.
    """

    scalarizations: ClassVar[tuple[str, ...]] = ("linear", "epsilon-constraint")

    name: Literal["VectorPPO"]


class ConditionedPPOSettings(_OnPolicySettings):
    """PPO that sees a preference, drawn anew for each course: one training for a whole front."""

    scalarizations: ClassVar[tuple[str, ...]] = ("linear", "chebyshev")
    is_conditioned: ClassVar[bool] = True

    name: Literal["ConditionedPPO"]


class _AsynchronousSettings(_Settings):
    learning_rate: Positive = 5e-4
    environments: Count = 32
    """Patients treated in parallel by each runner."""
    runners: Count = 1
    """Processes that sample."""
    fragment: Count = 32
    """Steps of each patient per sampling."""
    batch: Count = 1024
    """Steps per update."""
    entropy: Annotated[Number, Field(ge=0)] = 0.0


class APPOSettings(_AsynchronousSettings):
    """PPO that learns while it samples. RLlib's own."""

    name: Literal["APPO"]


class IMPALASettings(_AsynchronousSettings):
    """Importance-weighted actors and learner. Espeholt et al. (2018), arXiv:1802.01561.

    RLlib's own.
    """

    name: Literal["IMPALA"]


class _ReplaySettings(_Settings):
    learning_rate: Positive = 1e-3
    environments: Count = 64
    """Patients treated in parallel."""
    fragment: Count = 4
    """Steps of each patient per iteration."""
    batch: Count = 256
    """Transitions per update."""
    replay: Count = 100_000
    """Transitions kept."""
    learning_starts: Whole = 2_000
    """Steps before the first update."""
    training_intensity: Positive = 2.0
    """Transitions replayed per transition sampled."""


class DQNSettings(_ReplaySettings):
    """Deep Q-learning with replay. Mnih et al. (2015), doi:10.1038/nature14236. RLlib's own."""

    actions: ClassVar[tuple[str, ...]] = ("Discrete",)

    name: Literal["DQN"]
    steps: Count = 60_000
    """Environment steps over all patients."""
    target_interval: Count = 2_000
    """Steps between copies to the target network."""
    exploration: Share = 0.05
    """Final share of random actions."""
    exploration_steps: Whole = 20_000
    """Steps until that share is reached."""
    n_step: Count = 1


class SACSettings(_ReplaySettings):
    """Soft actor-critic. Haarnoja et al. (2018), arXiv:1812.05905. RLlib's own."""

    actions: ClassVar[tuple[str, ...]] = ("Box",)

    name: Literal["SAC"]
    steps: Count = 60_000
    """Environment steps over all patients."""
    target_rate: Share = 0.005
    """Share by which the target networks follow at an update."""


class ConditionedDQNSettings(_ReplaySettings):
    """Deep Q-learning of reward vectors, replayed under other preferences.

    Abels et al. (2019), arXiv:1809.07803.
    """

    actions: ClassVar[tuple[str, ...]] = ("Discrete",)
    scalarizations: ClassVar[tuple[str, ...]] = ("linear",)
    is_conditioned: ClassVar[bool] = True

    name: Literal["ConditionedDQN"]
    fragment: Count = 16
    """Steps of each patient per iteration."""
    target_rate: Share = 0.02
    """Share by which the target network follows at an update."""
    exploration: Share = 0.05
    """Final share of random actions."""
    exploration_steps: Whole = 20_000
    """Steps until that share is reached."""
    training_intensity: Positive = 32.0
    """Transitions replayed per transition sampled."""


class ConditionedSACSettings(_ReplaySettings):
    """Soft actor-critic of reward vectors, replayed under other preferences."""

    actions: ClassVar[tuple[str, ...]] = ("Box",)
    scalarizations: ClassVar[tuple[str, ...]] = ("linear",)
    is_conditioned: ClassVar[bool] = True

    name: Literal["ConditionedSAC"]
    target_rate: Share = 0.005
    """Share by which the target networks follow at an update."""
    training_intensity: Positive = 64.0
    """Transitions replayed per transition sampled."""


AlgorithmSettings = Annotated[
    PPOSettings
    | VectorPPOSettings
    | ConditionedPPOSettings
    | APPOSettings
    | IMPALASettings
    | DQNSettings
    | SACSettings
    | ConditionedDQNSettings
    | ConditionedSACSettings,
    Field(discriminator="name"),
]
ALGORITHM_SETTINGS: tuple[type[_Settings], ...] = (
    PPOSettings,
    VectorPPOSettings,
    ConditionedPPOSettings,
    APPOSettings,
    IMPALASettings,
    DQNSettings,
    SACSettings,
    ConditionedDQNSettings,
    ConditionedSACSettings,
)
"""In the order in which a list shows them."""


def name_of(settings: type[_Settings]) -> str:
    """The name by which the YAML knows an algorithm."""
    name: str = get_args(settings.model_fields["name"].annotation)[0]
    return name
