"""Machines that die, come and go under a sweep: several of Ray's nodes on this host.

Each node has one processor and the head has none, so that a trial's machine is never the driver's.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import ray
from ray.cluster_utils import Cluster
from walks import Walks, assert_equal_outcomes, environment, steps_repeated, wait_for

from dosefront.experiment import SchedulerSection
from dosefront.front import Objective
from dosefront.records import TrialRecord
from dosefront.sweep.rungs import council_here
from dosefront.trial import TrialTrainable

pytestmark = pytest.mark.cluster

STEPS, TRIALS, SLOW = 5_000, 5, 0.004
"""A trial lasts 20 s; one that nothing slows has the same outcome."""
TRAINING = f"ray::{TrialTrainable.__name__}"
"""How the processes of trials call themselves."""


class Machines:
    """A cluster of a head without processors, and machines to add and to kill."""

    def __init__(self) -> None:
        self._cluster = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0,
                "include_dashboard": False,
                "object_store_memory": 100 * 2**20,
            },
        )
        self.address: str = self._cluster.address
        self._nodes: dict[int, Any] = {}

    def add(self) -> int:
        """Add a machine, and name it by its raylet's process."""
        node = self._cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
        raylet: int = node.all_processes["raylet"][0].process.pid
        self._nodes[raylet] = node
        return raylet

    def worker_of(self, raylet: int) -> psutil.Process | None:
        """The process of the trial on a machine."""
        for process in psutil.Process(raylet).children():
            with suppress(psutil.Error):
                if process.cmdline()[0].startswith(TRAINING):
                    return process
        return None

    def kill(self, raylet: int) -> None:
        """Kill every process of a machine at once, as a loss of power does."""
        family = [psutil.Process(raylet), *psutil.Process(raylet).children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.remove(raylet)

    def kill_raylet(self, raylet: int) -> None:
        """Kill the process that runs a machine, and leave its trial to find out."""
        psutil.Process(raylet).kill()
        self.remove(raylet)

    def remove(self, raylet: int) -> None:
        """Let go of a machine that was killed."""
        self._cluster.remove_node(self._nodes.pop(raylet), allow_graceful=False)

    def close(self) -> None:
        """End everything."""
        self._cluster.shutdown()


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    folder = tempfile.mkdtemp(prefix="rt")  # short: Ray's sockets live below it
    monkeypatch.setenv("RAY_TMPDIR", folder)  # where the cluster also writes its address
    made = Machines()
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Walks:
    """The same sweep on a machine that nothing happens to."""
    sweep = Walks(tmp_path_factory.mktemp("undisturbed"), steps=STEPS, trials=TRIALS)
    assert sweep.finish() == 0, sweep.told
    return sweep


def make_sweep(folder: Path) -> Walks:
    return Walks(
        folder,
        steps=STEPS,
        trials=TRIALS,
        slow=SLOW,
        max_failures=3,
        resources="max_concurrent: null",
    )


def running(sweep: Walks) -> int:
    """How many trials report."""
    return len(sweep.status.running) if sweep.status else 0


def has_gone_on(sweep: Walks, times: int) -> bool:
    """Whether trials were begun again from what they last saved, so many times."""
    return sweep.told.count("goes on from its last") >= times


def test_trials_of_what_is_killed_go_on_elsewhere(
    machines: Machines, tmp_path: Path, undisturbed: Walks
) -> None:
    """A worker process, then a raylet, then a whole machine of three."""
    sweep = make_sweep(tmp_path)
    raylets = [machines.add() for _ in range(3)]
    driver = sweep.start("--address", machines.address)
    kills = {
        "worker": lambda raylet: machines.worker_of(raylet).kill(),
        "raylet": machines.kill_raylet,
        "machine": machines.kill,
    }
    for number, (what, kill) in enumerate(kills.items(), start=1):
        wait_for(lambda: running(sweep) >= 2)
        raylet = next(each for each in raylets if machines.worker_of(each))
        kill(raylet)
        seconds = wait_for(partial(has_gone_on, sweep, number))
        print(f"{what} killed: its trial was begun again after {seconds:.0f} s")
        if what != "worker":
            raylets.remove(raylet)
    assert driver.wait(timeout=600) == 0, sweep.told
    repeated = steps_repeated(sweep, undisturbed)
    print(f"{repeated} of {TRIALS * STEPS} steps were taken twice")
    assert_equal_outcomes(sweep, undisturbed)
    assert repeated <= len(kills) * sweep.steps_at_risk
    assert {parent for parent, _ in sweep.courses()} > set(raylets)


def test_a_sweep_waits_for_machines_and_uses_each_that_comes(
    machines: Machines, tmp_path: Path, undisturbed: Walks
) -> None:
    sweep = make_sweep(tmp_path)
    driver = sweep.start("--address", machines.address)
    wait_for(lambda: "Waiting: no machine can take a trial (1 CPU) since 0 s." in sweep.told)
    raylets = []
    for _ in range(2):
        raylets.append(machines.add())
        seconds = wait_for(lambda: raylets[-1] in {parent for parent, _ in sweep.courses()})
        print(f"a machine more: a trial ran there after {seconds:.0f} s")
    assert sweep.told.count("Waiting") == sweep.told.count("going on.") == 1
    wait_for(lambda: running(sweep) == 2)
    for raylet in raylets:
        machines.kill(raylet)
    seconds = wait_for(lambda: sweep.told.count("Waiting") == 2)
    print(f"every machine killed: the sweep said so after {seconds:.0f} s")
    start = time.monotonic()
    wait_for(lambda: sweep.told.count("Waiting") == 4)
    assert time.monotonic() - start >= 119
    assert driver.poll() is None
    machines.add()
    seconds = wait_for(lambda: running(sweep) == 1)
    print(f"a machine is back: a trial went on after {seconds:.0f} s")
    assert driver.wait(timeout=600) == 0, sweep.told
    repeated = steps_repeated(sweep, undisturbed)
    print(f"{repeated} of {TRIALS * STEPS} steps were taken twice")
    assert_equal_outcomes(sweep, undisturbed)
    assert repeated <= 2 * sweep.steps_at_risk


def test_a_sweep_that_waited_for_long_enough_stops_and_can_be_resumed(
    machines: Machines, tmp_path: Path, undisturbed: Walks
) -> None:
    sweep = make_sweep(tmp_path)
    first = machines.add()
    driver = sweep.start("--address", machines.address, "--max-wait", 10)
    wait_for(lambda: running(sweep) == 1)
    time.sleep(5.0)
    machines.kill(first)
    start = time.monotonic()
    assert driver.wait(timeout=300) == 5, sweep.told
    print(f"the only machine killed: stopped {time.monotonic() - start:.0f} s later")
    assert "no machine can take a trial (1 CPU) since 10 s" in sweep.told
    assert f"Go on with `dosefront resume {sweep.run.path}`" in sweep.told
    assert sweep.status.state == "stopped"
    machines.add()
    assert sweep.finish("--address", machines.address) == 0, sweep.told
    assert_equal_outcomes(sweep, undisturbed)
    assert steps_repeated(sweep, undisturbed) <= sweep.steps_at_risk


def test_what_stops_trials_early_outlives_every_machine_but_the_drivers(
    machines: Machines, trial_records: tuple[TrialRecord, ...], objectives: tuple[Objective, ...]
) -> None:
    raylets = [machines.add(), machines.add()]
    scheduler = SchedulerSection(name="front-asha", grace=1_000)
    trial = trial_records[0].spec.to_mapping()
    ray.init(address=machines.address, log_to_driver=False)
    try:
        councils = [council_here(scheduler, objectives) for _ in range(4)]
        for raylet in raylets:
            machines.kill(raylet)
        heard = [council.stops.remote(trial, 1_000, (0.0, 0.0)) for council in councils]
        assert ray.get(heard, timeout=120) == [False] * 4
    finally:
        ray.shutdown()
