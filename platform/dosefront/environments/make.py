"""The one way in which dosefront makes an environment."""

from collections.abc import Mapping
from typing import Any

import gymnasium
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.wrappers import TimeLimit

from dosefront.environments.actions import action_space
from dosefront.environments.adapter import AdaptedVectorEnv
from dosefront.environments.episodes import EpisodeCohort
from dosefront.environments.names import COHORT_ARGUMENTS, NamedEnvironment, named_environment
from dosefront.environments.observations import observation_box
from dosefront.environments.rehearsal import rehearse
from dosefront.environments.rewards import describes_itself, reward_components
from dosefront.errors import SettingError, UsageError

PAGE = "docs/any-environment.md"


def make_vector_env(
    environment: str, *, num_envs: int, options: Mapping[str, Any]
) -> VectorEnv[Any, Any, Any]:
    """``num_envs`` slots of an environment, with the same contract for every environment.

    Observations are vectors of float32; ``step`` returns reward vectors, maximised, one row a slot;
    a finished slot starts anew at its next step (NEXT_STEP); ``metadata`` holds the version and the
    objectives; ``reset(options={"patients": indices})`` names episodes.

    Args:
        environment: a registered id, `module:id`, `mo:id`, `module:Class` or `module:function`.
        num_envs: how many slots.
        options: arguments of its constructor, and ``cohort_seed``, ``split``, ``patients`` and
            ``twins``. Of an environment that does not describe itself also ``rewards``: mappings
            of name, unit, sense, reference, ideal and info; and ``time_limit``, in steps.

    Raises:
        SettingError: rewards or time limit are missing or wrong.
        UsageError: there is no such environment, or it cannot be adapted.
    """
    named = named_environment(environment)
    if named.vector is not None and (named.takes_cohorts or named.single is None):
        given = {key: options[key] for key in options.keys() - {"rewards", "time_limit"}}
        made = named.vector(num_envs, **given)
        if "objectives" in made.metadata or named.single is None:
            return _checked_native(made, named, options)
        made.close()
    return _adapted(named, num_envs, dict(options))


def _checked_native(
    env: VectorEnv[Any, Any, Any], named: NamedEnvironment, options: Mapping[str, Any]
) -> VectorEnv[Any, Any, Any]:
    mode = env.metadata.get("autoreset_mode")
    if mode is not AutoresetMode.NEXT_STEP or not named.takes_cohorts:
        found = f"autoreset {mode}" if named.takes_cohorts else "a constructor without them"
        raise UsageError(
            f"a vector environment must reset at the NEXT_STEP and take "
            f"{', '.join(COHORT_ARGUMENTS)}; {named.name} has {found}. Name the class of one "
            f"environment instead, or see {PAGE}."
        )
    if not {"objectives", "version"} <= env.metadata.keys():
        raise UsageError(
            f"{named.name} is a vector environment and must describe its version and objectives "
            f"in its metadata; found {', '.join(env.metadata) or 'nothing'}. See {PAGE}."
        )
    faults: dict[tuple[str | int, ...], str] = {}
    if options.get("rewards") is not None:
        faults["rewards", "[key]"] = describes_itself(named.name, env.metadata["objectives"])
    if options.get("time_limit") is not None:
        faults["time_limit", "[key]"] = f"{named.name} ends its episodes itself. Remove time_limit."
    if faults:
        raise SettingError(faults)
    return env


def _adapted(named: NamedEnvironment, num_envs: int, options: dict[str, Any]) -> AdaptedVectorEnv:
    rewards, time_limit = options.pop("rewards", None), options.pop("time_limit", None)
    cohort = _cohort({key: options.pop(key) for key in COHORT_ARGUMENTS if key in options})
    if num_envs % cohort.twins:
        raise UsageError(f"{num_envs} slots cannot be families of {cohort.twins}. Give a divisor.")
    first = _single(named, options)
    observation_box(first.observation_space)
    action_space(first.action_space)
    rehearsal = rehearse(first, named.name)
    faults = _time_limit_faults(first, named.name, time_limit)
    try:
        components = reward_components(
            named.name, rewards, metadata=first.metadata, rehearsal=rehearsal
        )
    except SettingError as error:
        raise SettingError({**error.faults, **faults}) from error
    if faults:
        raise SettingError(faults)
    return AdaptedVectorEnv(
        [first, *(_single(named, options) for _ in range(num_envs - 1))],
        components=components,
        cohort=cohort,
        time_limit=time_limit,
        masks=rehearsal.masks,
    )


def _cohort(given: Mapping[str, Any]) -> EpisodeCohort:
    renamed = {"cohort_seed": "seed", "patients": "size"}
    return EpisodeCohort(**{renamed.get(key, key): value for key, value in given.items()})


def _single(named: NamedEnvironment, options: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    if named.single is None:
        raise UsageError(f"{named.name} is a vector environment. Name the class of a single one.")
    made = named.single(**options)
    if not isinstance(made, gymnasium.Env):
        raise UsageError(
            f"{named.name} must make a gymnasium.Env; found {type(made).__name__}. Name a class or "
            "function that makes one, or a class of vector environments."
        )
    return made


def _time_limit_faults(
    env: gymnasium.Env[Any, Any], name: str, time_limit: int | None
) -> dict[tuple[str | int, ...], str]:
    if time_limit is not None or _has_time_limit(env):
        return {}
    message = (
        f"{name} has no time limit, and an episode might last for ever. Add under environment, in "
        "steps: time_limit: 200."
    )
    return {("time_limit", "[key]"): message}


def _has_time_limit(env: gymnasium.Env[Any, Any]) -> bool:
    if env.spec is not None and env.spec.max_episode_steps is not None:
        return True
    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, TimeLimit):
            return True
        env = env.env
    return False
