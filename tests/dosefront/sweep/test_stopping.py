"""A sweep that is asked to stop, and one without machines."""

import io
import signal

import pytest
from rich.console import Console

from dosefront.errors import ClusterError, SweepInterrupted
from dosefront.sweep import cluster, waiting
from dosefront.sweep.cluster import Places
from dosefront.sweep.stopping import Stopping
from dosefront.sweep.waiting import WaitForMachines

pytestmark = pytest.mark.integration


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO())


def told(console: Console) -> str:
    return console.file.getvalue()


def test_the_first_signal_asks_and_the_second_interrupts(console: Console) -> None:
    stopping = Stopping(console)
    with stopping.on_signals():
        signal.raise_signal(signal.SIGTERM)
        assert stopping.error is SweepInterrupted
        assert "once more stops at once" in told(console)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_signals_are_heard_as_before_once_the_sweep_is_over(console: Console) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Stopping(console).on_signals():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_the_first_reason_to_stop_is_the_one_that_counts(console: Console) -> None:
    stopping = Stopping(console)
    stopping.ask("time is up", error=None, grace=100.0)
    stopping.ask("no machine", error=ClusterError, grace=0.0)
    assert (stopping.reason, stopping.error, stopping.is_overdue) == ("time is up", None, False)


class Cluster:
    """A clock and machines that tests move; what `ray` and `time` are to the sweep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.machines: list[dict[str, float]] = []

    def monotonic(self) -> float:
        return self.now

    def nodes(self) -> list[dict[str, object]]:
        dead = {"Alive": False, "Resources": {"CPU": 64.0}}
        return [{"Alive": True, "Resources": each} for each in self.machines] + [dead]


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    monkeypatch.setattr(waiting, "time", found)
    monkeypatch.setattr(cluster, "time", found)
    monkeypatch.setattr(cluster, "ray", found)
    return found


def test_places_are_those_that_a_single_machine_can_hold(machines: Cluster) -> None:
    gigabyte = 2.0**30
    machines.machines = [{"CPU": 5.0, "memory": 4 * gigabyte}, {"CPU": 3.0}, {"CPU": 1.0}]
    assert Places({"CPU": 2.0}).count() == 2 + 1 + 0
    assert Places({"CPU": 1.0, "memory": 3 * gigabyte}).count() == 1


def test_a_sweep_without_machines_says_so_once_a_minute_and_gives_up_when_told(
    console: Console, machines: Cluster
) -> None:
    stopping = Stopping(console)
    places = Places({"CPU": 2.0})
    watch = WaitForMachines(places, stopping=stopping, console=console, max_wait=200.0)
    for second in range(200):
        machines.now = 1000.0 + second
        watch.on_step_begin(0, [])
    assert stopping.reason is None
    assert told(console).count("Waiting: no machine can take a trial (2 CPU)") == 1 + 3
    machines.now = 1200.0
    watch.on_step_begin(0, [])
    assert stopping.error is ClusterError
    assert stopping.is_overdue


def test_a_machine_that_comes_back_ends_the_wait(console: Console, machines: Cluster) -> None:
    stopping = Stopping(console)
    places = Places({"CPU": 2.0})
    watch = WaitForMachines(places, stopping=stopping, console=console, max_wait=10.0)
    watch.on_step_begin(0, [])
    machines.now += 9.0
    machines.machines = [{"CPU": 2.0}]
    watch.on_step_begin(0, [])
    assert "going on" in told(console)
    assert watch.note == ""
    machines.machines = []
    machines.now += 9.0
    watch.on_step_begin(0, [])
    assert watch.note.endswith("since 0 s")
    assert stopping.reason is None
