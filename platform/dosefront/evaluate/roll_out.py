"""One course for every patient of a cohort under a policy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from jaxtyping import Int

from dosefront.environments import make_vector_env
from dosefront.evaluate.objectives import chosen_objectives
from dosefront.evaluate.policy import Policy
from dosefront.records import PatientResults
from posology.policies import NetworkPolicy, Situation, View
from posology.treatment import Diary


def roll_out(
    policy: Policy,
    *,
    environment: str,
    options: Mapping[str, Any],
    objectives: Sequence[str],
    patients: int | Int[np.ndarray, " patients"],
    discount: float = 1.0,
) -> PatientResults:
    """Treat patients of the cohort that ``options`` name, each once.

    Every policy meets the same patients with the same noise, so results can be compared in pairs.

    Args:
        policy: whose actions to take.
        environment: what :func:`dosefront.environments.make_vector_env` takes.
        options: likewise.
        objectives: names of the objectives to return, in this order.
        patients: which, by their position in the cohort, or how many from the first on.
        discount: of the returns.
    """
    treated = np.arange(patients) if isinstance(patients, int) else patients
    env = make_vector_env(environment, num_envs=len(treated), options=options)
    results, _ = treat(treated, policy, env, objectives=objectives, discount=discount)
    env.close()
    return results


def treat(
    treated: Int[np.ndarray, " patients"],
    policy: Policy,
    env: VectorEnv[Any, Any, Any],
    *,
    objectives: Sequence[str],
    discount: float = 1.0,
    diary: bool = False,
) -> tuple[PatientResults, tuple[Diary, ...]]:
    """One course of each patient, in as many slots of ``env``: what it came to.

    With ``diary`` also every week of the courses, in the diaries of environments that keep one.
    """
    asked = {"patients": treated, **({"diary": True} if diary else {})}
    observations, noted = env.reset(options=asked)
    chosen, columns = chosen_objectives(env.metadata, objectives)
    view = policy.view if isinstance(policy, NetworkPolicy) else View()
    situation = Situation(env, objectives=chosen, columns=columns, view=view)
    returns = np.zeros((len(treated), len(columns)))
    running = np.ones(len(treated), bool)
    factor = 1.0
    endpoints: dict[str, np.ndarray[Any, Any]] = {}
    while running.any():
        actions = policy.actions(situation.shown(observations))
        observations, rewards, terminated, truncated, infos = env.step(actions)
        situation.accrue(rewards)
        returns[running] += factor * np.asarray(rewards)[running][:, columns]
        factor *= discount
        ended = running & (terminated | truncated)
        for name, values in infos.get("endpoints", {}).items() if ended.any() else ():
            endpoints.setdefault(name, np.zeros(len(treated), values.dtype))[ended] = values[ended]
        running &= ~ended
    return PatientResults(returns, endpoints), noted.get("diaries", ())
