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
from machines import HOME, UNSHARE, Machine, furnish

RUN = "rehearsal"
CHECKPOINT_SECONDS = 5
EXPERIMENT = """\
name: rehearsal
environment:
  id: posology/DocetaxelCisplatin-v0
objectives: [efficacy, toxicity]
cohorts: {seed: 2026, train: 64, select: 32, held_out: 64}
weights: {lattice: 5}
algorithms:
  - {name: PPO, steps: 200000, network: [16]}
seeds: [1]
resources:
  checkpoint_every: CHECKPOINT_SECONDS
  storage: s3://sweeps/rehearsal?region=us-east-1&scheme=http&endpoint_override=STORE
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
            if time.monotonic() > deadline:
                for machine in (self.head, *self.workers, self.user):
                    print(machine.name, (machine.home / "log").read_text()[-3000:], file=sys.stderr)
                raise TimeoutError(f"{what} within {seconds:g} s")
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
        limits = ["--block", "--disable-usage-stats", "--object-store-memory=100000000"]
        start = [sys.executable, "-m", "ray.scripts.scripts", "start", *limits]
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

    def submit(self) -> str:
        """Send the sweep from the user's machine; gives the job's id."""
        text = EXPERIMENT.replace("STORE", f"{self.store.address}:9000")
        text = text.replace("CHECKPOINT_SECONDS", str(CHECKPOINT_SECONDS))
        (self.user.home / "rehearsal.yaml").write_text(text)
        job = self.dosefront("submit", "rehearsal.yaml", "--run-id", RUN).stdout.strip()
        self.note("sweep is submitted")
        return job

    def dosefront(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of ours on the user's machine, which must end well."""
        command = [sys.executable, "-m", "dosefront.cli", *words, "--address", self.dashboard]
        source = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}  # the user's alone
        done = self.user.run(command, {**self.environment, **source}, seconds=1800)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
        return done

    def cut_off(self) -> dict[str, Any]:
        """Unplug a worker once both train and have saved; what became of its trial."""
        enough = 2.5 * CHECKPOINT_SECONDS
        before = self.until(
            lambda: (
                len(running := self.status()["running"]) == 2
                and all(each["seconds"] > enough for each in running)
                and running
            ),
            "two trials under way",
            seconds=900,
        )
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
        return {"at_cut": there["seconds"], "goes_on_at": again["seconds"]}


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
    job = rehearsal.submit()
    cut = rehearsal.cut_off()
    log = rehearsal.dosefront("logs", job, "--follow").stdout
    rehearsal.note("sweep is complete")
    run = rehearsal.head.home / "dosefront-runs" / RUN
    found = {
        "seconds": rehearsal.seconds,
        "cut": cut,
        "front": json.loads((run / "front.json").read_text()),
        "state": rehearsal.status()["state"],
        "log": log,
        "homes": {
            machine.name: sorted(each.name for each in machine.home.iterdir())
            for machine in (rehearsal.head, *rehearsal.workers, rehearsal.user)
        },
    }
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:] == ["inside"]:
        main()
    else:
        here = [sys.executable, __file__, "inside"]
        with subprocess.Popen([*UNSHARE, *here], stdin=subprocess.PIPE) as process:
            sys.exit(process.wait())
