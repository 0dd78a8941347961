"""A run with two algorithms, three seeds and patients; and points of another tool."""

import dataclasses

import numpy as np
import pytest

from dosefront.records import RunFolder, summarise, values_of, with_intervals, write_front

PATIENTS = 200
GAINS = {("PPO", 1): 0.0, ("PPO", 2): 1.0, ("PPO", 3): 2.0}


@pytest.fixture(scope="session")
def make_run(trial_records, objectives):
    """Writes a run whose second and third seeds have more efficacy, with its patients' returns."""

    def repeated(record, seed, gain):
        (judged,) = record.judged
        outcomes = {}
        for cohort in ("select", "held_out"):
            outcome = getattr(judged, cohort)
            efficacy, toxicity = outcome.value_vector
            more = {name: getattr(efficacy, name) + gain for name in ("value", "low", "high")}
            outcomes[cohort] = dataclasses.replace(
                outcome, value_vector=(dataclasses.replace(efficacy, **more), toxicity)
            )
        spec = dataclasses.replace(record.spec, seed=seed)
        return dataclasses.replace(
            record, spec=spec, judged=(dataclasses.replace(judged, **outcomes),)
        )

    def made(path, *, seeds=(1, 2, 3), version="1", box=objectives):
        folder = RunFolder(path)
        folder.create()
        records = [
            repeated(record, seed, GAINS.get((record.spec.algorithm, seed), 0.0))
            for seed in seeds
            for record in trial_records
        ]
        summary = summarise(
            path.name,
            objectives=box,
            environment="posology/DocetaxelCisplatin-v0",
            environment_version=version,
            trials=records,
            comparators=[],
        )
        shared = np.random.default_rng(1).normal(scale=8.0, size=(PATIENTS, 2))
        shared -= shared.mean(axis=0)
        means = values_of(summary.points, box)
        for number, (point, mean) in enumerate(zip(summary.points, means, strict=True)):
            own = np.random.default_rng(number).normal(size=(PATIENTS, 2))
            folder.trial(point.trial).mkdir()
            np.savez(
                folder.held_out(point.trial, None),
                returns=mean + shared + own - own.mean(axis=0),
            )
        write_front(folder, with_intervals(summary, folder))
        return path

    return made


@pytest.fixture(scope="session")
def run(make_run, tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "sweep")
