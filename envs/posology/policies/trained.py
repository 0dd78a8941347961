"""A trained policy with all that is needed to run it, and to know where it comes from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from jaxtyping import Float32, Shaped

from posology.dosing import CourseVectorEnv, Feature
from posology.policies.network import NetworkPolicy
from posology.policies.shown import ShownVectorEnv
from posology.policies.situation import offers_masks

OWN = "posology/"
"""Start of the ids of this package's environments."""


@dataclass(frozen=True)
class Objective:
    """What the policy was to improve; figures in clinical units."""

    name: str
    unit: str
    sense: str
    """maximise or minimise. Rewards are maximised always."""
    reference: float
    """Worst value that still counts."""
    ideal: float
    """Best value on the scale."""
    description: str = ""


@dataclass(frozen=True)
class TrainedEnvironment:
    """Where a policy was trained; mappings hold JSON values."""

    id: str
    """Gymnasium id."""
    version: str
    options: Mapping[str, Any]
    """Keyword arguments of its constructor, without those that choose the patients."""
    cohorts: Mapping[str, int]
    """Seed of the cohorts and the sizes of train, select and held_out."""
    observation: int
    """Numbers of its own observation."""
    features: tuple[Mapping[str, Any], ...] = ()
    """Name, unit and scale of each of them; none where the environment does not tell."""
    doses: Mapping[str, tuple[float, ...]] | None = None
    """By drug, the fraction of the label dose that each discrete action asks for, where it is
    told."""

    @classmethod
    def of(
        cls,
        env: VectorEnv[Any, Any, Any],
        *,
        id: str,
        options: Mapping[str, Any],
        cohorts: Mapping[str, int],
    ) -> "TrainedEnvironment":
        """The description of an environment that was made with these options."""
        (observation,) = env.single_observation_space.shape or ()
        return cls(
            id=id,
            version=str(env.metadata["version"]),
            options=dict(options),
            cohorts=dict(cohorts),
            observation=observation,
            features=described_features(env),
            doses=_doses(env.unwrapped),
        )


def described_features(env: VectorEnv[Any, Any, Any]) -> tuple[Mapping[str, Any], ...]:
    """Name, unit and scale of each number of an observation; none where they are not told."""
    features = getattr(env.unwrapped, "features", ())
    are_told = all(isinstance(each, Feature) for each in features)
    return tuple(asdict(each) for each in features) if are_told else ()


def _doses(env: Any) -> Mapping[str, tuple[float, ...]] | None:
    if not isinstance(env, CourseVectorEnv) or env.action_doses is None:
        return None
    by_drug = zip(env.regimen.drugs, env.action_doses.T.tolist(), strict=True)
    return {drug: tuple(fractions) for drug, fractions in by_drug}


@dataclass(frozen=True)
class TrainedPolicy:
    """A greedy policy, its environment and its results on held-out patients.

    Raises:
        ValueError: the parts do not fit together.
    """

    name: str
    """Id of its point on the front."""
    label: str
    """For people: the algorithm, the preference and the seed."""
    weights: tuple[float, ...]
    """The preference that it serves, one number for each objective."""
    network: NetworkPolicy
    """Its provenance is where the policy comes from."""
    environment: TrainedEnvironment
    objectives: tuple[Objective, ...]
    held_out: Mapping[str, Any]
    """JSON values: ``patients``, how many; ``discount`` of the returns; ``value_vector`` and
    ``endpoints``, each figure with its 95 % interval, in clinical units."""

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.objectives):
            raise ValueError(
                f"a preference holds one weight for each of {len(self.objectives)} objectives; got "
                f"{len(self.weights)}."
            )
        if self.network.width < self.environment.observation:
            raise ValueError(
                f"the network reads {self.network.width} numbers and its environment shows "
                f"{self.environment.observation}: they are not of the same policy."
            )

    def make_env(
        self,
        num_envs: int,
        *,
        split: str = "held-out",
        any_version: bool = False,
        **options: Any,
    ) -> ShownVectorEnv:
        """The environment it was trained on, with ``num_envs`` slots.

        Its observations hold all that the policy reads; for the rest it is the environment itself.

        Args:
            num_envs: patients treated side by side.
            split: train, select or held-out: which of its cohorts.
            any_version: take another version of the environment than it was trained on.
            options: replace arguments of the constructor, such as ``patients``.

        Raises:
            ValueError: an environment that is not posology's, another version, or options that
                change what is observed or done.
        """
        trained = self.environment
        if not trained.id.startswith(OWN):
            raise ValueError(
                f"{self.name} was trained on {trained.id}, which is no environment of posology. "
                "Make it as dosefront.environments.make_vector_env does, and give it to wrap()."
            )
        sizes = {name.replace("_", "-"): n for name, n in trained.cohorts.items() if name != "seed"}
        if split not in sizes:
            raise ValueError(f'split is one of {", ".join(sizes)}; got "{split}".')
        cohort = {"cohort_seed": trained.cohorts["seed"], "split": split, "patients": sizes[split]}
        env = gymnasium.make_vec(
            trained.id,
            num_envs,
            vectorization_mode="vector_entry_point",
            **{**trained.options, **cohort, **options},
        )
        return self.wrap(env, any_version=any_version)

    def wrap(self, env: VectorEnv[Any, Any, Any], *, any_version: bool = False) -> ShownVectorEnv:
        """A vector environment whose observations hold all that the policy reads.

        Args:
            env: with a reward vector, NEXT_STEP autoreset, and ``metadata`` with the ``version``
                and the ``objectives``.
            any_version: take another version than the policy was trained on.

        Raises:
            ValueError: it is not like the environment of the training.
        """
        self._check_like(env, any_version=any_version)
        offered = [each["name"] for each in env.metadata["objectives"]]
        shown = ShownVectorEnv(
            env,
            objectives=self.objectives,
            columns=[offered.index(each.name) for each in self.objectives],
            view=self.network.view,
        )
        self._check_width(shown.width)
        return shown

    def actions(
        self, observations: Float32[np.ndarray, "patients shown"]
    ) -> Shaped[np.ndarray, "patients ..."]:
        """The greedy action for each patient, as the environment takes it.

        Args:
            observations: of the environment that :meth:`make_env` or :meth:`wrap` gives.

        Raises:
            ValueError: observations of another width.
        """
        self._check_width(observations.shape[1])
        return self.network.actions(observations)

    def _check_width(self, found: int) -> None:
        if found != self.network.width:
            raise ValueError(
                f"{self.name} reads {self.network.width} numbers of an observation; got {found}. "
                "Take observations from the environment that make_env() or wrap() gives."
            )

    def _check_like(self, env: VectorEnv[Any, Any, Any], *, any_version: bool) -> None:
        """Refuse an environment that is not like that of the training."""
        trained, metadata = self.environment, env.metadata
        if metadata.get("autoreset_mode") is not AutoresetMode.NEXT_STEP:
            raise ValueError(
                f"{self.name} needs an environment with NEXT_STEP autoreset; found "
                f"{metadata.get('autoreset_mode')}. Make it with vectorization_mode="
                '"vector_entry_point".'
            )
        version = str(metadata.get("version"))
        if version != trained.version and not any_version:
            raise ValueError(
                f"{self.name} was trained on version {trained.version} of {trained.id}; this is "
                f"version {version}, whose patients or observations differ. Install the version it "
                "was trained on, or pass any_version=True and measure the policy anew."
            )
        offered = [each["name"] for each in metadata.get("objectives", ())]
        if missing := [each.name for each in self.objectives if each.name not in offered]:
            raise ValueError(
                f"{self.name} was trained for {', '.join(missing)}, which this environment does "
                f"not pay; it pays {', '.join(offered) or 'no objectives'}. Make it with the "
                "options in policy.json."
            )
        if env.single_observation_space.shape != (trained.observation,):
            raise ValueError(
                f"{self.name} was trained on observations of {trained.observation} numbers; this "
                f"environment has {env.single_observation_space}. Make it with the options in "
                "policy.json."
            )
        if (features := described_features(env)) != trained.features:
            known = {each["name"] for each in trained.features}
            other = [each["name"] for each in features if each["name"] not in known]
            raise ValueError(
                f"{self.name} was trained on other features of a patient than this environment "
                f"shows: {', '.join(other) or 'their order or scale differs'}. Make it with the "
                "options in policy.json."
            )
        if not self._takes(env):
            raise ValueError(
                f"{self.name} acts as {self.network.form.kind} with {self.network.choices} "
                f"outputs; this environment takes {env.single_action_space}"
                f"{' and must tell action masks' if self.network.view.masks else ''}. Make it "
                "with the options in policy.json."
            )

    def _takes(self, env: VectorEnv[Any, Any, Any]) -> bool:
        """Whether the environment takes the policy's actions."""
        form, network = self.network.form, self.network
        match env.single_action_space:
            case gymnasium.spaces.Discrete(n=number):
                is_like = form.kind == "Discrete" and int(number) == network.choices
            case gymnasium.spaces.MultiDiscrete(nvec=sizes):
                is_like = form.kind == "MultiDiscrete" and (*sizes.ravel(),) == form.sizes
            case gymnasium.spaces.Box(low=low, high=high):
                ends = (low.ravel().tolist(), high.ravel().tolist())
                is_like = form.kind == "Box" and ends == (list(form.low), list(form.high))
            case _:
                is_like = False
        return is_like and (offers_masks(env) or not network.view.masks)
