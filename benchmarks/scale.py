"""What a sweep costs beside training: the real driver, with trials that only sleep and report.

Run: python benchmarks/scale.py [--trials 1000] [--reports 1] [--seconds 0.01] [--processors 2]
         [--search planned|random|gap] [--tracker off|offline] [--without-ray] [--profile FILE]
Books, ledger, front, tracker, search and Ray Tune are those of `dosefront sweep`, and a trial hands
over as much as a real one. With more processors than the machine has, Ray takes our word for it.
`--without-ray` leaves Tune and the trials' processes out. `--profile` keeps what cProfile sees of
the driver's thread, which it slows.
"""

import argparse
import cProfile
import io
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import ray
from ray import tune
from ray.cluster_utils import Cluster
from rich.console import Console

# isort: split
import psutil  # type: ignore[import-untyped]  # Ray brings it, and finds it once imported

from dosefront.errors import SweepInterrupted
from dosefront.evaluate import ComparatorResults, PatientResults
from dosefront.experiment import ExperimentSpec, dump_resolved
from dosefront.front import Estimate
from dosefront.records import Outcome, RunFolder, TrialSpec
from dosefront.search import search_for
from dosefront.sweep import start_sweep
from dosefront.sweep.books import Books
from dosefront.sweep.cluster import QUIET
from dosefront.sweep.driver import Driver
from dosefront.sweep.progress import PlainView
from dosefront.sweep.stopping import Stopping
from dosefront.track import tracker_for
from dosefront.trial import Judgement, judge

LOOK_SECONDS = 0.5
ENDPOINTS = 35
"""Of docetaxel and cisplatin."""
POLICY_BYTES = 45_000
"""Two networks of 2 x 64."""
SHARE = 10
"""The first and the last of so many parts of the sweep are compared."""


def sleeper(seconds: float, reports: int) -> type[tune.Trainable]:
    """A trial that learns nothing: it sleeps, reports, and hands over results of a real size."""

    class Sleeper(tune.Trainable):  # type: ignore[misc]  # Ray carries no types
        first: Judgement | None = None

        @classmethod
        def default_resource_request(cls, config: dict[str, Any]) -> tune.PlacementGroupFactory:
            return tune.PlacementGroupFactory(config["bundles"])

        def setup(self, config: dict[str, Any]) -> None:
            self.spec = TrialSpec.from_mapping(config["trial"])
            self.comparators = config["comparators"]
            self.reported, self.start = 0, time.perf_counter()

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self.setup(new_config)
            return True

        def step(self) -> dict[str, Any]:
            time.sleep(seconds / reports)
            self.reported += 1
            report = {
                "trial": self.spec.trial_id,
                "steps": self.spec.steps * self.reported // reports,
                "seconds": time.perf_counter() - self.start,
                "scalar_return": 0.0,
                "return_vector": (0.0, 0.0),
                "done": self.reported == reports,
            }
            if not report["done"]:
                return report
            return {**report, "judgement": self.judged(), "wall_seconds": report["seconds"]}

        def judged(self) -> Judgement:
            """The first trial's results are its process's own work; the others' are moved a bit."""
            if Sleeper.first is None:
                Sleeper.first = judgement(self.spec, ray.get(self.comparators))
            return moved(Sleeper.first, self.spec)

        def save_checkpoint(self, checkpoint_dir: str) -> None:
            Path(checkpoint_dir, "state").write_bytes(bytes(POLICY_BYTES))

    return Sleeper


def judgement(spec: TrialSpec, comparators: tuple[ComparatorResults, ...]) -> Judgement:
    """What a trial hands over, its policy aside."""
    generator = np.random.default_rng([int(spec.trial_id, 16)])
    return judge(
        generator.bytes(POLICY_BYTES),
        spec,
        select=[results(generator, spec.cohorts["select"])],
        held_out=[results(generator, spec.cohorts["held_out"])],
        comparators=comparators,
    )


def moved(first: Judgement, spec: TrialSpec) -> Judgement:
    """The same for another trial, with other means."""
    by = np.random.default_rng([int(spec.trial_id, 16)]).normal(0.0, (0.05, 1.0)).tolist()
    (policy,) = first.judged
    judged = replace(
        policy,
        weights=spec.preferences[0],
        select=shifted(policy.select, by),
        held_out=shifted(policy.held_out, by),
    )
    return replace(first, judged=(judged,))


def results(generator: np.random.Generator, patients: int) -> PatientResults:
    """Returns in the middle of the reference box, and as many endpoints as a real trial's."""
    returns = generator.normal((0.2, -8.0), (0.2, 4.0), size=(patients, 2))
    endpoints: dict[str, Any] = {
        f"endpoint {number}": (
            generator.random(patients) < 0.3 if number % 2 else generator.normal(size=patients)
        )
        for number in range(ENDPOINTS)
    }
    return PatientResults(returns, endpoints)


def shifted(outcome: Outcome, by: list[float]) -> Outcome:
    """The outcome with its value vector moved."""
    moved = (
        Estimate(each.value + step, each.low + step, each.high + step)
        for each, step in zip(outcome.value_vector, by, strict=True)
    )
    return replace(outcome, value_vector=tuple(moved))


def experiment(arguments: argparse.Namespace) -> ExperimentSpec:
    """As many trials as asked for, none of which any sweep has run."""
    seeds = max(1, arguments.trials // 100)
    searched = {
        "search": {
            "preferences": arguments.search,
            "budget": {"trials": arguments.trials},
            "warm_start": False,
        }
    }
    planned = {"weights": {"lattice": min(arguments.trials, 100)}}
    return ExperimentSpec.model_validate(
        {
            "name": "scale",
            "environment": {
                "id": "posology/DocetaxelCisplatin-v0",
                "options": {"decisions": "due"},
            },
            "objectives": ["efficacy", "toxicity"],
            "algorithms": [{"name": "PPO", "steps": 1_000_000}],
            "seeds": list(range(1, seeds + 1)),
            "resources": {"checkpoint_every": arguments.checkpoint_every},
            "tracking": {"wandb": {"mode": arguments.tracker}},
            **(planned if arguments.search == "planned" else searched),
        }
    )


@dataclass(frozen=True)
class Look:
    """How far the sweep was at one moment."""

    seconds: float
    cpu_seconds: float
    """Of the driver's process."""
    memory: int
    """Of the driver's process, in bytes."""
    trials: int
    """That have ended."""


class Looks:
    """Looks at a run's ledger and at this process, on a thread of its own."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._process = psutil.Process()
        self._read = self._trials = 0
        self._is_over = threading.Event()
        self.taken: list[Look] = []

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Look while the block runs."""
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            self._count()
            cpu = self._process.cpu_times()
            memory = self._process.memory_info().rss
            look = Look(time.perf_counter(), cpu.user + cpu.system, memory, self._trials)
            self.taken.append(look)

    def _count(self) -> None:
        if self._ledger.exists():
            with self._ledger.open("rb") as file:
                file.seek(self._read)
                added = file.read()
            self._read += len(added)
            self._trials += added.count(b'{"kind": "trial"')


@contextmanager
def ray_of(processors: int) -> Iterator[str]:
    """Address of a Ray that believes in so many processors; "local" where the machine has them."""
    if processors <= (os.cpu_count() or 1):
        yield "local"
        return
    os.environ.update(QUIET)
    head = {
        "num_cpus": processors,
        "object_store_memory": 500 << 20,
        "include_dashboard": False,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield cluster.address
    finally:
        cluster.shutdown()


def without_ray(asked: ExperimentSpec, folder: RunFolder) -> None:
    """The driver's own side of a sweep: trials are asked for and reported as fast as it goes."""
    folder.create()
    dump_resolved(asked, folder.experiment_yaml)
    console = Console(file=io.StringIO())
    tracker = tracker_for(asked.tracking, folder, folder.path.name)
    books, search = Books(folder, asked, tracker), search_for(asked)
    books.write_comparators()
    view = PlainView(console, objectives=books.objectives, trials=0, ended=0)
    driver = Driver(books, books.missing(), view, stopping=Stopping(console), total=None)
    first: Judgement | None = None
    while spec := search.next(books.ended(), driver.pending):
        driver.begin(spec)
        first = first or judgement(spec, books.comparators)
        report = {"trial": spec.trial_id, "judgement": moved(first, spec), "done": True}
        report |= {"steps": spec.steps, "wall_seconds": 0.0}
        driver.on_step_begin(0, [])
        driver.on_trial_result(0, [], None, report)
    books.front()
    tracker.close()


def part(looks: list[Look], low: float, high: float) -> tuple[float, float]:
    """Wall and CPU seconds a trial, over the trials between two shares of the sweep."""
    last = looks[-1].trials
    within = [each for each in looks if low * last <= each.trials <= high * last]
    first, final = within[0], within[-1]
    trials = max(1, final.trials - first.trials)
    return (final.seconds - first.seconds) / trials, (
        final.cpu_seconds - first.cpu_seconds
    ) / trials


def size_of(folder: Path) -> int:
    """Bytes in the files below a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def report(looks: list[Look], folder: Path, *, start: float, end: float) -> None:
    """Print what was seen."""
    trials = looks[-1].trials
    began = next(each for each in looks if each.trials > 0)
    over = next(each for each in looks if each.trials == trials)
    running = [each for each in looks if began.seconds <= each.seconds <= over.seconds]
    print(f"{trials:,} trials in {end - start:.1f} s, by the clock")
    print(f"  until the first trial ended      {began.seconds - start:8.1f} s")
    print(f"  from then to the last            {over.seconds - began.seconds:8.1f} s")
    print(f"  from the last to the end         {end - over.seconds:8.1f} s")
    print(f"  driver's CPU from then to last   {over.cpu_seconds - began.cpu_seconds:8.1f} s")
    print(f"{'trials':>18}{'s a trial':>12}{'CPU ms a trial':>16}")
    for tenth in range(SHARE):
        wall, cpu = part(running, tenth / SHARE, (tenth + 1) / SHARE)
        span = f"{tenth * trials // SHARE:,}-{(tenth + 1) * trials // SHARE:,}"
        print(f"{span:>18}{wall:12.4f}{1000 * cpu:16.1f}")
    first, last = part(running, 0.0, 1 / SHARE), part(running, 1 - 1 / SHARE, 1.0)
    print(f"last tenth against the first: {last[0] / first[0]:.2f} by the clock,", end=" ")
    print(f"{last[1] / first[1]:.2f} in CPU time")
    most = max(each.memory for each in looks)
    print(
        f"driver's memory: {began.memory >> 20} MiB at the first trial's end, {most >> 20} at most"
    )
    for name in ("ledger.jsonl", "front.json", "trials", "wandb"):
        path = folder / name
        size = size_of(path) if path.is_dir() else path.stat().st_size if path.exists() else 0
        print(f"  {name:14}{size / trials:10,.0f} bytes a trial")


def main() -> None:
    """Run the sweep, and print what it cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--reports", type=int, default=1, help="of each trial")
    parser.add_argument("--seconds", type=float, default=0.01, help="that a trial takes")
    parser.add_argument("--processors", type=int, default=2)
    parser.add_argument("--checkpoint-every", type=float, default=60.0)
    parser.add_argument("--search", choices=("planned", "random", "gap"), default="planned")
    parser.add_argument("--tracker", choices=("off", "offline"), default="off")
    parser.add_argument("--without-ray", action="store_true", help="the driver's own side alone")
    parser.add_argument("--profile", type=Path)
    arguments = parser.parse_args()
    profile = cProfile.Profile() if arguments.profile else nullcontext()
    with tempfile.TemporaryDirectory() as place, ray_of(arguments.processors) as address:
        folder = RunFolder(Path(place) / "scale")
        looks = Looks(folder.ledger)
        start = time.perf_counter()
        with looks.under_way(), suppress(SweepInterrupted, KeyboardInterrupt), profile:
            if arguments.without_ray:
                without_ray(experiment(arguments), folder)
            else:
                start_sweep(
                    experiment(arguments),
                    folder,
                    address=address,
                    max_wait=None,
                    console=Console(file=io.StringIO()),
                    trainable=sleeper(arguments.seconds, arguments.reports),
                )
        report(looks.taken, folder.path, start=start, end=time.perf_counter())
        if isinstance(profile, cProfile.Profile):
            profile.dump_stats(arguments.profile)


if __name__ == "__main__":
    main()
