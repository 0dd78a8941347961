"""Settings of the algorithms, with their defaults."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from dosefront.experiment.values import Count, Number, Positive, Section, Share, Whole

Network = Annotated[tuple[Count, ...], Field(min_length=1)]


class PPOSettings(Section):
    """Proximal policy optimisation. Schulman et al. (2017), arXiv:1707.06347."""

    name: Literal["PPO"]
    steps: Count = 200_000
    """Environment steps over all patients."""
    network: Network = (64, 64)
    """Units of each hidden layer."""
    learning_rate: Positive = 1e-3
    discount: Share = 1.0
    environments: Count = 128
    """Patients treated in parallel."""
    twins: Annotated[Count, Field(validate_default=True)] = 16
    """How many of them are the same patient with the same luck, so that luck cancels."""
    fragment: Count = 32
    """Steps of each patient per iteration."""
    epochs: Count = 4
    minibatch: Count = 1024
    entropy: Annotated[Number, Field(ge=0)] = 0.0
    """Coefficient of the entropy bonus."""
    gae_lambda: Share = 0.95
    clip: Positive = 0.2

    @field_validator("twins")
    @classmethod
    def _families_are_full(cls, twins: int, info: ValidationInfo) -> int:
        environments = info.data.get("environments", twins)
        if environments % twins:
            raise ValueError(
                f"{environments} environments cannot be families of {twins}. Give a divisor."
            )
        return twins


class DQNSettings(Section):
    """Deep Q-learning with replay. Mnih et al. (2015), doi:10.1038/nature14236."""

    name: Literal["DQN"]
    steps: Count = 60_000
    """Environment steps over all patients."""
    network: Network = (64, 64)
    """Units of each hidden layer."""
    learning_rate: Positive = 1e-3
    discount: Share = 1.0
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
    target_interval: Count = 2_000
    """Steps between copies to the target network."""
    exploration: Share = 0.05
    """Final share of random actions."""
    exploration_steps: Whole = 20_000
    """Steps until that share is reached."""
    n_step: Count = 1
    training_intensity: Positive = 2.0
    """Transitions replayed per transition sampled."""


AlgorithmSettings = Annotated[PPOSettings | DQNSettings, Field(discriminator="name")]
