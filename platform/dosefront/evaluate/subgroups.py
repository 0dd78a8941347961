"""Groups of patients by which results are reported, as an environment tells them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool

from dosefront.environments import make_vector_env


def offered_subgroups(
    environment: str, options: Mapping[str, Any]
) -> dict[str, Bool[np.ndarray, " patients"]]:
    """Which patients of the cohort that ``options`` name belong to each group, by its name.

    An environment tells them with a method ``subgroups()``; none where it has no such method.
    """
    env = make_vector_env(environment, num_envs=1, options=options)
    try:
        tell = getattr(env.unwrapped, "subgroups", None)
        return {} if tell is None else dict(tell())
    finally:
        env.close()
