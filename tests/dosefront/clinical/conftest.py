"""A run whose policies are random networks: what is compared need not be good."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dosefront.environments import make_vector_env
from dosefront.evaluate import (
    HELD_OUT,
    SELECT,
    Archive,
    NetworkPolicy,
    View,
    chosen_objectives,
    cohort_options,
    evaluate_comparators,
    offered_subgroups,
    offers_masks,
    policy_bytes,
    roll_out,
)
from dosefront.records import (
    ComparatorRecord,
    JudgedPolicy,
    Ledger,
    PatientResults,
    RunFolder,
    TrialRecord,
    TrialSpec,
    subgroups_bytes,
    summarise,
    write_atomically,
    write_front,
)

SPEC = TrialSpec(
    environment="posology/DocetaxelCisplatin-v0",
    environment_options={"decisions": "due"},
    objectives=("efficacy", "toxicity"),
    algorithm="PPO",
    scalarization={"name": "linear"},
    preferences=((0.3, 0.7),),
    seed=1,
    steps=1000,
    settings={},
    cohorts={"seed": 5, "train": 10, "select": 80, "held_out": 120},
)


def network(spec: TrialSpec, lean: float) -> NetworkPolicy:
    """A random network that leans to the later actions, which are the higher doses."""
    env = make_vector_env(spec.environment, num_envs=1, options=spec.environment_options)
    actions = int(env.single_action_space.n)
    sizes = [env.single_observation_space.shape[0], 16, actions]
    rng = np.random.default_rng(spec.seed)
    weights = [rng.normal(size=(n, m)).astype(np.float32) for m, n in itertools.pairwise(sizes)]
    biases = [np.zeros(16, np.float32), (lean * np.arange(actions)).astype(np.float32)]
    view = View(masks=offers_masks(env))
    return NetworkPolicy(weights, biases, "tanh", spec.to_mapping(), view=view)


def treated(policy: NetworkPolicy, spec: TrialSpec, split: str) -> PatientResults:
    options = cohort_options(spec.environment_options, spec.cohorts, split)
    return roll_out(
        policy,
        environment=spec.environment,
        options=options,
        objectives=spec.objectives,
        patients=options["patients"],
    )


def written_run(path: Path, policies: dict[int, float], first: TrialSpec = SPEC) -> RunFolder:
    """The folder that a sweep leaves behind, of policies by their seed and lean."""
    folder = RunFolder(path)
    folder.create()
    env = make_vector_env(first.environment, num_envs=1, options=first.environment_options)
    provenance = {"environment": {"id": first.environment, "version": env.metadata["version"]}}
    trials = []
    for seed, lean in policies.items():
        spec = replace(first, seed=seed)
        policy = network(spec, lean)
        checkpoint = folder.trial(spec.trial_id) / "policy.npz"
        checkpoint.parent.mkdir()
        write_atomically(checkpoint, policy_bytes(policy))
        select, held_out = (treated(policy, spec, split) for split in (SELECT, HELD_OUT))
        write_atomically(folder.held_out(spec.trial_id, None), held_out.to_bytes())
        trials.append(
            TrialRecord(
                spec=spec,
                status="finished",
                checkpoint=str(checkpoint.relative_to(path)),
                judged=(
                    JudgedPolicy(
                        spec.preferences[0], select.outcome(), held_out.outcome(), paired={}
                    ),
                ),
                steps=1000,
                wall_seconds=1.0,
                error=None,
                provenance=provenance,
            )
        )
    offered = evaluate_comparators(
        first.environment,
        first.environment_options,
        objectives=first.objectives,
        cohorts=first.cohorts,
    )
    for each in offered:
        results = folder.comparator_results(each.name)
        results.parent.mkdir(parents=True)
        write_atomically(results, each.held_out.to_bytes())
    options = cohort_options(first.environment_options, first.cohorts, HELD_OUT)
    groups = offered_subgroups(first.environment, options)
    write_atomically(folder.subgroups_npz, subgroups_bytes(groups))
    comparators = [
        ComparatorRecord(
            each.name, each.title, each.select.outcome(), each.held_out.outcome(), provenance
        )
        for each in offered
    ]
    for record in (*comparators, *trials):
        Ledger(folder.ledger).append(record)
    summary = summarise(
        path.name,
        objectives=chosen_objectives(env.metadata, first.objectives)[0],
        environment=first.environment,
        environment_version=str(env.metadata["version"]),
        trials=trials,
        comparators=comparators,
    )
    write_front(folder, summary)
    return folder


@pytest.fixture(scope="session")
def clinic_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Three policies, from careful to bold."""
    policies = {1: -0.3, 2: 0.0, 3: 0.3}
    return written_run(tmp_path_factory.mktemp("clinic") / "run", policies)


@pytest.fixture(scope="session")
def archive(clinic_run: RunFolder) -> Archive:
    return Archive.read(clinic_run)


@pytest.fixture(scope="session")
def strange_archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """A run on an environment without comparators, endpoints or groups."""
    spec = replace(
        SPEC,
        environment="mo:deep-sea-treasure-v0",
        environment_options={
            "time_limit": 5,
            "rewards": [
                {"name": "treasure", "reference": 0.0, "ideal": 24.0},
                {"name": "time", "reference": -30.0, "ideal": 0.0},
            ],
        },
        objectives=("treasure", "time"),
        cohorts={"seed": 5, "train": 10, "select": 4, "held_out": 4},
    )
    return Archive.read(written_run(tmp_path_factory.mktemp("strange") / "run", {1: 0.0}, spec))
