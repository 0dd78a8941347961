"""One course for every patient of a cohort under a policy."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from dosefront.environments import make_vector_env
from dosefront.evaluate.objectives import chosen_objectives
from dosefront.evaluate.policy import Policy
from dosefront.front import mean_interval, rate_interval
from dosefront.records import Outcome
from posology.policies import NetworkPolicy, Situation, View


@dataclass(frozen=True, repr=False)  # Tune writes results out as text, many times
class PatientResults:
    """What a policy did to each patient of a cohort."""

    returns: Float[np.ndarray, "patients objectives"]
    """Return vectors, maximised; discounted as `roll_out` was asked to."""
    endpoints: Mapping[str, Shaped[np.ndarray, " patients"]]
    """Clinical endpoints: booleans average to rates, numbers to means; whole numbers name a kind,
    such as the tumour, and are not averaged."""

    def outcome(self) -> Outcome:
        """Means and rates with their 95 % intervals."""
        return Outcome(
            patients=len(self.returns),
            value_vector=tuple(mean_interval(column) for column in self.returns.T),
            endpoints={
                name: rate_interval(int(x.sum()), len(x)) if x.dtype == bool else mean_interval(x)
                for name, x in self.endpoints.items()
                if not np.issubdtype(x.dtype, np.integer)
            },
        )

    def to_bytes(self) -> bytes:
        """The results as a `.npz` file."""
        buffer = io.BytesIO()
        # numpy types its keywords as if one of them could be allow_pickle.
        np.savez_compressed(buffer, returns=self.returns, **self.endpoints)  # type: ignore[arg-type]  # see above
        return buffer.getvalue()


def roll_out(
    policy: Policy,
    *,
    environment: str,
    options: Mapping[str, Any],
    objectives: Sequence[str],
    patients: int,
    discount: float = 1.0,
) -> PatientResults:
    """Treat patients 0 to ``patients - 1`` of the cohort that ``options`` name, each once.

    Every policy meets the same patients with the same noise, so results can be compared in pairs.

    Args:
        policy: whose actions to take.
        environment: what :func:`dosefront.environments.make_vector_env` takes.
        options: likewise.
        objectives: names of the objectives to return, in this order.
        patients: how many.
        discount: of the returns.
    """
    env = make_vector_env(environment, num_envs=patients, options=options)
    observations, _ = env.reset(options={"patients": np.arange(patients)})
    chosen, columns = chosen_objectives(env.metadata, objectives)
    view = policy.view if isinstance(policy, NetworkPolicy) else View()
    situation = Situation(env, objectives=chosen, columns=columns, view=view)
    returns = np.zeros((patients, len(columns)))
    running = np.ones(patients, bool)
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
            endpoints.setdefault(name, np.zeros(patients, values.dtype))[ended] = values[ended]
        running &= ~ended
    env.close()
    return PatientResults(returns, endpoints)
