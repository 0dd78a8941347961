"""Policies with random networks, for the environments that they would have been trained on."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import pytest

import posology  # noqa: F401  registers the environments
from posology.policies import (
    ActionForm,
    NetworkPolicy,
    Objective,
    Situation,
    TrainedEnvironment,
    TrainedPolicy,
    View,
)

COHORTS = {"seed": 5, "train": 10, "select": 20, "held_out": 30}
DOSES = ActionForm("Box", low=(0.0, 0.0), high=(1.25, 1.25))


def trained(
    view: View = View(),  # noqa: B008  frozen
    *,
    id: str = "posology/DocetaxelCisplatin-v0",
    form: ActionForm = ActionForm("Discrete"),  # noqa: B008  frozen
    reading: str = "outputs",
    activation: str = "tanh",
    version: str = "1",
    seed: int = 0,
) -> TrainedPolicy:
    """A policy with a random network of two layers."""
    options = {"decisions": "due"}
    env = gymnasium.make_vec(id, 1, vectorization_mode="vector_entry_point", **options)
    objectives = tuple(Objective(**each) for each in env.metadata["objectives"])
    situation = Situation(env, objectives=objectives, columns=[0, 1], view=view)
    actions = 4 if form.kind == "Box" else 25  # of a Box: means, then deviations
    masks = 25 if view.masks else 0
    rng = np.random.default_rng(seed)
    sizes = [situation.space().shape[0] - masks, 16, actions * (2 if reading == "values" else 1)]
    pairs = list(itertools.pairwise(sizes))
    return TrainedPolicy(
        name="0123456789",
        label="PPO w=(0.7, 0.3) s1",
        weights=view.preference or (0.7, 0.3),
        network=NetworkPolicy(
            [rng.normal(size=(n, m)).astype(np.float32) for m, n in pairs],
            [rng.normal(size=n).astype(np.float32) for _, n in pairs],
            activation,
            {"run": "made"},
            form=form,
            view=view,
            reading=reading,
        ),
        environment=replace(
            TrainedEnvironment.of(env, id=id, options=options, cohorts=COHORTS), version=version
        ),
        objectives=objectives,
        held_out={
            "patients": 30,
            "discount": 1.0,
            "value_vector": [{"value": 0.1, "low": 0.0, "high": 0.2}] * 2,
            "endpoints": {},
        },
    )


@pytest.fixture
def make_trained() -> Callable[..., TrainedPolicy]:
    """Makes a policy with a random network."""
    return trained


CONTINUOUS: dict[str, Any] = {"id": "posology/DocetaxelCisplatinContinuous-v0"}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "masked": {"view": View(masks=True)},
    "with a history": {"view": View(history=3, preference=(0.25, 0.75), masks=True)},
    "accrued": {"view": View(accrued=True, discount=0.9, masks=True)},
    "conditioned": {"view": View(preference=(0.25, 0.75), masks=True)},
    "values": {
        "view": View(preference=(0.25, 0.75), masks=True),
        "reading": "values",
        "activation": "relu",
    },
    "continuous": {**CONTINUOUS, "form": DOSES},
    "squashed": {
        **CONTINUOUS,
        "form": ActionForm("Box", low=(0.0, 0.0), high=(1.25, 1.25), is_squashed=True),
        "view": View(accrued=True, preference=(0.25, 0.75)),
    },
}
"""What a policy may be shown, read and do."""


@pytest.fixture(params=KINDS)
def each_trained(request: pytest.FixtureRequest) -> TrainedPolicy:
    """A policy of each kind."""
    return trained(**KINDS[request.param])
