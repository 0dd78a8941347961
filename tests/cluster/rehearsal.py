"""A sweep on a cluster of five machines, one of which is cut off in the middle.

A head, two workers, an S3 store and a user's machine, behind a token; nothing but the network
connects them. Run it as root by `python tests/cluster/rehearsal.py`: it tells what happens on
stderr and prints what it found as JSON on stdout.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from machines import HOME, UNSHARE, Machine, furnish, why_not

RUN = "rehearsal"
SAVES = 4
"""Of each trial, before a machine is cut off: a trial that began anew would be far behind."""
EXPERIMENT = """\
name: rehearsal
environment:
  id: posology/DocetaxelCisplatin-v0
objectives: [efficacy, toxicity]
cohorts: {seed: 2026, train: 64, select: 32, held_out: 64}
weights: {lattice: 4}
algorithms:
  - {name: PPO, steps: 600000, network: [16]}
seeds: [1]
resources: {checkpoint_every: 2, storage: "STORAGE"}
tracking: {wandb: {mode: "off"}}
"""

# The store: an S3 that keeps its objects in memory.
STORE = """\
import threading
import boto3
from moto.server import ThreadedMotoServer

ThreadedMotoServer("0.0.0.0", 9000, verbose=False).start()
boto3.client("s3", endpoint_url="http://127.0.0.1:9000").create_bucket(Bucket="sweeps")
print("ready", flush=True)
threading.Event().wait()
"""

# On the user's machine: what the head says of its machines, once a second.
WATCH = """\
import json, os, sys, time, urllib.request
ask = urllib.request.Request(
    sys.argv[1] + "/api/v0/nodes?detail=0",
    headers={"Authorization": "Bearer " + os.environ["RAY_AUTH_TOKEN"]},
)
while True:
    try:
        with urllib.request.urlopen(ask, timeout=5) as answer:
            nodes = json.load(answer)["data"]["result"]["result"]
        print(json.dumps({node["node_ip"]: node["state"] for node in nodes}), flush=True)
    except OSError as error:
        print(json.dumps({"error": str(error)}), flush=True)
    time.sleep(1)
"""


class Rehearsal:
    """The machines, and the clock that everything is told by."""

    def __init__(self) -> None:
        self.began = self.last = time.monotonic()
        self.seconds: dict[str, float] = {}
        names = ("store", "head", "worker1", "worker2", "user")
        self.store, self.head, *self.workers, self.user = (
            Machine(name, number) for number, name in enumerate(names, start=2)
        )
        self.dashboard = f"http://{self.head.address}:8265"
        self.environment = environment()

    def note(self, stage: str) -> None:
        """Take the time of a stage that has just ended."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self.last, 1)
        self.last = now
        print(f"{now - self.began:7.1f} s  {stage}", file=sys.stderr, flush=True)

    def until(self, is_so: Callable[[], Any], what: str, *, seconds: float) -> Any:
        """Wait until something is so; give up with the machines' last words."""
        deadline = time.monotonic() + seconds
        while not (found := is_so()):
            ended = [each.name for each in (self.store, self.head, self.user) if each.has_ended]
            if ended or time.monotonic() > deadline:
                for machine in (self.store, self.head, *self.workers, self.user):
                    print(machine.name, self.log(machine)[-1500:], file=sys.stderr)
                raise RuntimeError(f"{what} within {seconds:g} s; ended: {ended or 'none'}")
            time.sleep(0.3)
        return found

    def log(self, machine: Machine) -> str:
        """What a machine's programs have said."""
        file = machine.home / "log"
        return file.read_text() if file.exists() else ""

    def states(self) -> dict[str, str]:
        """What the head says of its machines, by address."""
        whole = [line for line in self.log(self.user).splitlines() if line.endswith("}")]
        return json.loads(whole[-1]) if whole else {}

    def status(self) -> dict[str, Any]:
        """The run's status, as the driver on the head writes it."""
        file = self.head.home / "dosefront-runs" / RUN / "status.json"
        try:
            return json.loads(file.read_text())
        except (OSError, ValueError):  # not yet
            return {"running": []}

    def start_cluster(self) -> None:
        """The store, the head and the workers, as the documentation starts them."""
        self.store.start([sys.executable, "-c", STORE], self.environment)
        self.until(lambda: "ready" in self.log(self.store), "the store", seconds=120)
        self.note("store is up")
        # Not `--block`, which on a slow host ends Ray over a part of it that nobody needs here.
        stay = ["sh", "-c", '"$@" && exec sleep infinity', "sh"]
        limits = ["--disable-usage-stats", "--object-store-memory=100000000"]
        start = [*stay, sys.executable, "-m", "ray.scripts.scripts", "start", *limits]
        head = ["--head", "--port=6379", "--num-cpus=0", "--dashboard-host=0.0.0.0"]
        where = f"--node-ip-address={self.head.address}"
        self.head.start([*start, *head, where], self.environment)
        self.user.start([sys.executable, "-c", WATCH, self.dashboard], self.environment)
        self.until(lambda: self.head.address in self.states(), "the head", seconds=300)
        self.note("head is up")
        for worker in self.workers:
            join = [f"--address={self.head.address}:6379", f"--node-ip-address={worker.address}"]
            worker.start([*start, *join, "--num-cpus=1"], self.environment)
        self.until(lambda: len(self.states()) == 3, "both workers", seconds=300)
        self.note("workers have joined")

    def submit(self, run: str, storage: str) -> str:
        """Send the sweep from the user's machine; gives the job's id."""
        file = self.user.home / f"{run}.yaml"
        file.write_text(EXPERIMENT.replace("STORAGE", storage))
        return self.dosefront("submit", file.name, "--run-id", run).stdout.strip()

    def dosefront(self, *words: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """A command of ours on the user's machine, which must end well, or must fail."""
        command = [sys.executable, "-m", "dosefront.cli", *words, "--address", self.dashboard]
        source = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}  # the user's alone
        done = self.user.run(command, {**self.environment, **source}, seconds=1800)
        if bool(done.returncode) != fails:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
        return done

    def refused(self) -> str:
        """What is said of a sweep whose checkpoints would lie on the head's own disk."""
        job = self.submit("blind", f"{HOME}/checkpoints")
        said = self.dosefront("logs", job, "--follow", fails=True)
        self.note("storage that the workers do not see is refused")
        return said.stdout + said.stderr

    def cut_off(self) -> dict[str, Any]:
        """Unplug a worker once both train and have saved; what became of its trial."""
        before = self.until(self.saved, "two trials under way", seconds=1200)
        self.note("both workers train and have saved")
        lost = self.workers[1]
        lost.unplug()
        self.until(lambda: self.states().get(lost.address) == "DEAD", "the loss", seconds=300)
        self.note("loss of a worker is noticed")
        (again,) = self.until(
            lambda: [each for each in self.status()["running"] if each["retries"]],
            "the lost trial elsewhere",
            seconds=900,
        )
        self.note("its trial goes on elsewhere")
        (there,) = (each for each in before if each["trial"] == again["trial"])
        return {"steps_at_cut": there["steps"], "goes_on_at": again["steps"]}

    def saved(self) -> list[dict[str, Any]]:
        """The two trials under way, once the store holds enough checkpoints of both."""
        running = self.status()["running"]
        requests = self.log(self.store)
        newest = f"checkpoint_{SAVES - 1:06d}"
        whole = all(f"{each['trial']}/{newest}" in requests for each in running)
        return running if len(running) == 2 and whole else []


def environment() -> Mapping[str, str]:
    """Of every program on every machine: the token and the store's key, and no source tree."""
    taken = ("RAY_", "AWS_", "PYTHONPATH", "WANDB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(taken)}
    return kept | {
        "HOME": str(HOME),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RAY_TMPDIR": str(HOME),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16),
        "AWS_EC2_METADATA_DISABLED": "true",
        "OMP_NUM_THREADS": "1",
    }


def main() -> None:
    """Inside the namespaces: all of it, and what was found."""
    furnish()
    rehearsal = Rehearsal()
    rehearsal.start_cluster()
    refusal = rehearsal.refused()
    store = f"{rehearsal.store.address}:9000"
    place = f"s3://sweeps/rehearsal?region=us-east-1&scheme=http&endpoint_override={store}"
    job = rehearsal.submit(RUN, place)
    rehearsal.note("sweep is submitted")
    cut = rehearsal.cut_off()
    log = rehearsal.dosefront("logs", job, "--follow").stdout
    rehearsal.note("sweep is complete")
    run = rehearsal.head.home / "dosefront-runs" / RUN
    found = {
        "seconds": rehearsal.seconds,
        "refusal": refusal,
        "cut": cut,
        "store": rehearsal.log(rehearsal.store),
        "front": json.loads((run / "front.json").read_text()),
        "state": rehearsal.status()["state"],
        "log": log,
        "runs": {
            machine.name: (machine.home / "dosefront-runs").exists()
            for machine in (rehearsal.head, *rehearsal.workers, rehearsal.user)
        },
    }
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:] == ["inside"]:
        main()
    elif reason := why_not():
        print(json.dumps({"impossible": reason}))
    else:
        os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, __file__, "inside"])
