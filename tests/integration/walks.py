"""Sweeps of walks in which things go wrong on purpose, run by the command line."""

import atexit
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from mishaps import HORIZON

from dosefront.errors import UsageError
from dosefront.evaluate import read_policy
from dosefront.records import (
    Ledger,
    RunFolder,
    RunStatus,
    TrialRecord,
    read_front,
    read_status,
)
from dosefront.trial import SLICE_SECONDS

EXPERIMENT = """\
name: mishaps
environment:
  id: mishaps:Walk
  options: {{mishap: {mishap}, times: {times}, marks: {marks}, slow: {slow}}}
  time_limit: 10
  rewards:
    - {{name: gain, reference: 0, ideal: 10}}
    - {{name: ease, reference: -10, ideal: 0}}
objectives: [gain, ease]
cohorts: {{train: 100, select: 1, held_out: 3}}
weights: {{lattice: {trials}}}
algorithms:
  - {{name: PPO, steps: {steps}, twins: 1, environments: 8, fragment: 10, minibatch: 40}}
resources: {{max_failures: {max_failures}, checkpoint_every: 1, {resources}}}
tracking: {{wandb: {{mode: "off"}}}}
"""
ENVIRONMENTS, PATIENTS = 8, 1 + 3
"""That a trial trains on at once, apart from one to look at; and that it is judged on."""
LONGEST = 600
"""Seconds that a test waits for anything."""


class Walks:
    """A sweep of walks in a folder of its own.

    Args:
        folder: for the experiment, the run and the marks.
        out: for the run instead, if it is to lie elsewhere.
        mishap: what goes wrong in a walk, and ``times`` how often over all of them.
        steps: of each trial.
        slow: seconds that a step takes.
        trials: how many there are.
        resources: further keys of the YAML's section.
    """

    def __init__(
        self,
        folder: Path,
        mishap: str = "none",
        *,
        out: Path | None = None,
        times: int = 0,
        steps: int = 8_000,
        slow: float = 0.0,
        trials: int = 3,
        max_failures: int = 1,
        resources: str = "max_concurrent: 1",
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.slow, self.trials = folder, slow, trials
        self._out, self._drivers = out or folder, 0
        self.run = RunFolder(self._out / "run")
        self._yaml = folder / "mishaps.yaml"
        self._yaml.write_text(
            EXPERIMENT.format(
                mishap=mishap,
                times=times,
                marks=folder,
                slow=slow,
                steps=steps,
                trials=trials,
                max_failures=max_failures,
                resources=resources,
            )
        )

    def start(self, *arguments: object, **variables: str) -> subprocess.Popen[str]:
        """A driver: of a new run the first time, one that resumes it from then on."""
        command = ("sweep", self._yaml, "--out", self._out, "--run-id", "run")
        if self.run.experiment_yaml.exists():
            command = ("resume", self.run.path)
        self._drivers += 1
        with self._log().open("w") as log:
            driver = subprocess.Popen(
                [sys.executable, "-m", "dosefront.cli", *map(str, (*command, *arguments))],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=environment(**variables),
                start_new_session=True,
                text=True,
            )
        atexit.register(_end, driver)
        return driver

    def finish(self, *arguments: object, **variables: str) -> int:
        """A driver's exit code."""
        return self.start(*arguments, **variables).wait(timeout=LONGEST)

    @property
    def told(self) -> str:
        """What the newest driver has told so far."""
        return self._log().read_text()

    def _log(self) -> Path:
        return self.folder / f"told-{self._drivers}"

    @property
    def records(self) -> tuple[TrialRecord, ...]:
        """How trials ended: each record that counts."""
        return Ledger(self.run.ledger).read().trials

    @property
    def by_status(self) -> dict[str, TrialRecord]:
        """The newest record of each status."""
        return {record.status: record for record in self.records}

    @property
    def points(self) -> int:
        """How many policies its front holds."""
        return len(read_front(self.run.front_json).points)

    @property
    def status(self) -> RunStatus | None:
        """How far the sweep is; None before its driver has said so."""
        try:
            return read_status(self.run)
        except UsageError:
            return None

    @property
    def is_complete(self) -> bool:
        """Whether every trial has ended."""
        return len(self.records) == self.trials

    def has_begun(self, driver: subprocess.Popen[str]) -> bool:
        """Whether a trial reports to that driver."""
        owner = f'"process": {driver.pid},'
        status = self.status
        return status is not None and bool(status.running) and owner in self.run.lock.read_text()

    @property
    def steps_at_risk(self) -> int:
        """The most steps that a trial takes between two checkpoints, and on building itself anew.

        It reports once a slice. The first report sets the clock, and each that comes a second
        after a checkpoint asks for one; so two slices and a second pass at the most.
        """
        slice_steps = SLICE_SECONDS / self.slow + ENVIRONMENTS * HORIZON
        return int(2 * slice_steps + 1.0 / self.slow) + self.steps_to_build

    @property
    def steps_to_build(self) -> int:
        """Of the courses that a trial begins whenever it is built, and when it is judged."""
        return (ENVIRONMENTS + 1 + PATIENTS) * HORIZON

    def courses(self) -> dict[tuple[int, int], int]:
        """How many courses each process has begun, by its parent's id and its own."""
        return {
            tuple(map(int, file.name.split("-"))): file.stat().st_size
            for file in (self.folder / "courses").glob("*-*")
        }

    def outcomes(self) -> dict[tuple[float, ...], list[Any]]:
        """Value vectors and network of each trial, by its preference."""
        found = {}
        for record in self.records:
            (judged,) = record.judged
            policy = read_policy(self.run.path / str(record.checkpoint))
            vectors = [
                [each.value for each in outcome.value_vector]
                for outcome in (judged.select, judged.held_out)
            ]
            found[judged.weights] = [*vectors, *policy.weights, *policy.biases]
        return found


def _end(driver: subprocess.Popen[str]) -> None:
    """End a driver that a failed test has left, with all that it started."""
    if driver.poll() is None:
        os.killpg(driver.pid, signal.SIGKILL)


def assert_equal_outcomes(one: Walks, other: Walks) -> None:
    """Every trial of both ended with the same value vectors and with every bit of its policy."""
    found, expected = one.outcomes(), other.outcomes()
    assert found.keys() == expected.keys()
    for preference, values in expected.items():
        for each, like in zip(found[preference], values, strict=True):
            np.testing.assert_array_equal(each, like)


def steps_repeated(sweep: Walks, undisturbed: Walks) -> int:
    """Steps that trials took more than once, by the courses that they began."""
    begun = [
        sum(count for (parent, _), count in each.courses().items() if parent != os.getpid())
        for each in (sweep, undisturbed)
    ]
    return (begun[0] - begun[1]) * HORIZON


def wait_for(happens: Callable[[], object], *, seconds: float = LONGEST) -> float:
    """Seconds until something happens that must."""
    start = time.monotonic()
    while not happens():
        assert time.monotonic() - start < seconds, "waited for in vain"
        time.sleep(0.05)
    return time.monotonic() - start


def environment(**more: str) -> dict[str, str]:
    """Variables with which processes find the walks."""
    found = f"{Path(__file__).parent}:{os.getenv('PYTHONPATH', '')}"
    return {**os.environ, "PYTHONPATH": found} | more
