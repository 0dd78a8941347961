"""Jobs on a real Ray head on this machine, behind a token.

Every client is a fresh process, because Ray reads the token once in a process's life, and runs
outside the repository, so that only what was shipped can be imported on the cluster.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

START_SECONDS = 90
JOB_SECONDS = 900  # a cluster compiles the simulator of every new wheel

EXPERIMENT = """\
name: tiny
environment:
  id: posology/DocetaxelCisplatin-v0
objectives: [efficacy, toxicity]
cohorts: {seed: 2026, train: 64, select: 32, held_out: 64}
weights: {lattice: 2}
algorithms:
  - {name: PPO, steps: 2000, network: [16]}
seeds: [1]
tracking: {wandb: {mode: offline}}
"""

# Runs on the cluster in place of the sweep: where do the driver and a worker find our packages?
WHERE_ON_THE_CLUSTER = """\
import json, os, ray, dosefront, posology
from importlib.metadata import version
ray.init(address="auto")

@ray.remote(num_cpus=1)
def worker():
    import dosefront, posology
    return [dosefront.__file__, posology.__file__, os.environ["WANDB_MODE"]]

found = {"driver": [dosefront.__file__, posology.__file__, os.environ["WANDB_MODE"]],
         "worker": ray.get(worker.remote()), "version": version("dosefront"),
         "folder": os.listdir(".")}
print("FOUND", json.dumps(found), flush=True)
"""

# Runs on this machine: the preamble of every client.
CLIENT = """\
import json, shlex, sys
from dataclasses import replace
from pathlib import Path
from dosefront import jobs
from dosefront.errors import DosefrontError

def send(program, run_id):
    submission = jobs.prepare(
        Path("tiny.yaml"), run_id=run_id, environment={"WANDB_MODE": "offline"}
    )
    return jobs.submit(replace(submission, entrypoint="python -c " + shlex.quote(program)), address)

address = sys.argv[1]
try:
    exec(sys.argv[2])
except DosefrontError as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
"""


@dataclass(frozen=True)
class Cluster:
    """A Ray head on this machine."""

    address: str
    environment: Mapping[str, str]  # of a client with the right token
    home: Path

    def client(
        self, program: str, *, without: tuple[str, ...] = (), **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **variables}
        for name in without:
            del environment[name]
        return subprocess.run(
            [sys.executable, "-c", CLIENT, self.address, program],
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=JOB_SECONDS,
        )

    def answer(self, program: str) -> str:
        done = self.client(program)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    home = Path(tempfile.mkdtemp(prefix="rt"))  # short: Ray's sockets live below it
    (home / "tiny.yaml").write_text(EXPERIMENT)
    head_port, dashboard_port, agent_port, client_port = free_ports(4)
    environment = cluster_environment(home)
    with (home / "head.log").open("w") as log:
        head = subprocess.Popen(
            [
                *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
                *(f"--port={head_port}", f"--ray-client-server-port={client_port}"),
                *(f"--dashboard-port={dashboard_port}", "--dashboard-host=127.0.0.1"),
                *(f"--dashboard-agent-listen-port={agent_port}", "--include-dashboard=true"),
                *("--min-worker-port=0", "--max-worker-port=0", "--disable-usage-stats"),
                *("--num-cpus=2", "--object-store-memory=157286400"),
            ],
            cwd=home,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{dashboard_port}"
        wait_for_dashboard(address, environment["RAY_AUTH_TOKEN"], head)
        yield Cluster(address, environment, home)
    finally:
        end_only(head)
        shutil.rmtree(home, ignore_errors=True)


def cluster_environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return kept | {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RAY_TMPDIR": str(home),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "WANDB_API_KEY": secrets.token_hex(20),
        "OMP_NUM_THREADS": "1",
    }


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def wait_for_dashboard(address: str, token: str, head: subprocess.Popen[bytes]) -> None:
    question = urllib.request.Request(
        f"{address}/api/jobs/", headers={"Authorization": f"Bearer {token}"}
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and head.poll() is None:
        with suppress(OSError), urllib.request.urlopen(question, timeout=5):
            return
        time.sleep(0.3)
    pytest.fail(f"the head did not come up within {START_SECONDS} s (exit {head.poll()})")


def end_only(head: subprocess.Popen[bytes]) -> None:
    """Ends this head and what it started; `ray stop` would end every Ray on the machine."""
    head.terminate()
    with suppress(subprocess.TimeoutExpired):
        head.wait(timeout=40)
    with suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    head.wait()


def test_a_job_finds_our_packages_on_the_driver_and_on_a_worker(cluster: Cluster) -> None:
    program = (
        f"job = send({WHERE_ON_THE_CLUSTER!r}, 'where')\n"
        "print(''.join(jobs.job_logs(job.job_id, address, follow=True)))\n"
        "status = jobs.job_status(job.job_id, address)\n"
        "print('STATUS', json.dumps([status.state, status.exit_code, status.run_id, status.out]))"
    )
    printed = dict(
        line.split(maxsplit=1)
        for line in cluster.answer(program).splitlines()
        if line.startswith(("FOUND", "STATUS"))
    )
    found = json.loads(printed["FOUND"])
    assert sorted(found["folder"]) == ["experiment.yaml", "requirements.txt"]
    assert found["driver"] == found["worker"]
    *files, mode = found["worker"]
    assert mode == "offline"
    assert all(str(cluster.home) in file and "py_modules_files" in file for file in files)
    assert json.loads(printed["STATUS"]) == ["succeeded", 0, "where", "~/dosefront-runs"]


def test_a_running_job_can_be_stopped_and_its_log_read_afterwards(cluster: Cluster) -> None:
    program = (
        "job = send('import time; print(\"begun\", flush=True); time.sleep(600)', 'long')\n"
        "next(piece for piece in jobs.job_logs(job.job_id, address, follow=True)"
        " if 'begun' in piece.splitlines())\n"
        "stopped = [jobs.stop_job(job.job_id, address)]\n"
        "''.join(jobs.job_logs(job.job_id, address, follow=True))\n"
        "stopped.append(jobs.stop_job(job.job_id, address))\n"
        "log = ''.join(jobs.job_logs(job.job_id, address))\n"
        "state = jobs.job_status(job.job_id, address).state\n"
        "print(json.dumps([stopped, state, 'begun' in log.splitlines()]))"
    )
    assert json.loads(cluster.answer(program)) == [[True, False], "stopped", True]


def test_a_run_id_whose_job_still_runs_is_refused(cluster: Cluster) -> None:
    program = (
        "job = send('import time; time.sleep(600)', 'twice')\n"
        "try:\n    send('pass', 'twice')\n"
        "finally:\n    jobs.stop_job(job.job_id, address)"
    )
    refused = cluster.client(program)
    assert refused.returncode == 5
    assert "asked" in refused.stderr
    assert "to run 'twice'; its job twice-" in refused.stderr


def test_a_failing_job_tells_its_exit_code_and_the_end_of_its_log(cluster: Cluster) -> None:
    program = (
        "job = send('raise SystemExit(\"the cohort is empty\")', 'fails')\n"
        "''.join(jobs.job_logs(job.job_id, address, follow=True))\n"
        "status = jobs.job_status(job.job_id, address)\n"
        "print(json.dumps([status.state, status.exit_code, status.message]))"
    )
    state, exit_code, message = json.loads(cluster.answer(program))
    assert (state, exit_code) == ("failed", 1)
    assert "the cohort is empty" in message


@pytest.mark.parametrize(
    ("without", "variables"),
    [
        (("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"), {}),
        (("RAY_AUTH_TOKEN",), {}),
        ((), {"RAY_AUTH_TOKEN": "0" * 64}),
        (("RAY_AUTH_TOKEN",), {"RAY_AUTH_TOKEN_PATH": "/nowhere/token"}),
    ],
    ids=["neither mode nor token", "no token", "wrong token", "unreadable token file"],
)
def test_without_the_right_token_nothing_is_told_or_started(
    cluster: Cluster, without: tuple[str, ...], variables: dict[str, str]
) -> None:
    refused = cluster.client("send('pass', 'intruder')", without=without, **variables)
    assert refused.returncode == 5
    assert refused.stderr.splitlines()[-1].startswith("ClusterError: asked the Ray cluster at")
    assert "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN" in refused.stderr
    assert "intruder" not in cluster.answer(
        "with jobs.job.cluster_at(address) as client:\n"
        "    print([job.submission_id for job in client.list_jobs()])"
    )


def test_the_token_may_lie_in_a_file(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "token"  # not at home, where secrets are searched for
    file.write_text(cluster.environment["RAY_AUTH_TOKEN"])
    asked = cluster.client(
        "jobs.job_status('lost', address)",
        without=("RAY_AUTH_TOKEN",),
        RAY_AUTH_TOKEN_PATH=str(file),
    )
    assert asked.returncode == 5
    assert "Job lost does not exist" in asked.stderr


@pytest.fixture(scope="module")
def sweep(cluster: Cluster) -> str:
    """A sweep that was submitted and has ended: its log, and what the cluster tells of the job."""
    program = (
        "submission = jobs.prepare(Path('tiny.yaml'), run_id='front')\n"
        "job = jobs.submit(submission, address)\n"
        "print(''.join(jobs.job_logs(job.job_id, address, follow=True)))\n"
        "with jobs.job.cluster_at(address) as client:\n"
        "    print(client.list_jobs())\n"
        "print(jobs.job_status(job.job_id, address).state)"
    )
    done = cluster.client(program)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_submitted_sweep_leaves_a_front_of_the_same_kind_as_a_local_one(
    cluster: Cluster, sweep: str
) -> None:
    assert "succeeded" in sweep.splitlines(), sweep
    front = json.loads((cluster.home / "dosefront-runs" / "front" / "front.json").read_text())
    assert front["schema_version"] == 3
    assert front["run"] == "front"
    assert front["environment"]["id"] == "posology/DocetaxelCisplatin-v0"
    assert [objective["name"] for objective in front["objectives"]] == ["efficacy", "toxicity"]
    assert sorted(point["weights"] for point in front["points"]) == [[0.0, 1.0], [1.0, 0.0]]
    assert front["comparators"]
    assert front["failed_trials"] == []


def test_no_secret_is_written_or_told_anywhere(cluster: Cluster, sweep: str) -> None:
    """Both lay in the environment of the head, of its workers and of the client."""
    planted = [cluster.environment[name] for name in ("RAY_AUTH_TOKEN", "WANDB_API_KEY")]
    written = [path for path in cluster.home.rglob("*") if path.is_file()]
    for needed in ("ledger.jsonl", ".wandb", "job-driver-front", "raylet.out", "RECORD"):
        assert any(needed in path.name for path in written), f"nothing to search: no {needed}"
    leaks = [
        path for path in written if any(secret.encode() in path.read_bytes() for secret in planted)
    ]
    assert leaks == []
    assert "runtime_env" in sweep
    assert not any(secret in sweep for secret in planted)


@pytest.mark.parametrize("name", ["SERVICE_TOKEN", "NOTES"], ids=["by its name", "by its value"])
def test_a_secret_given_for_the_job_is_refused_and_not_repeated(
    cluster: Cluster, name: str
) -> None:
    refused = cluster.client(
        "import os\n"
        f"given = {{{name!r}: os.environ['WANDB_API_KEY']}}\n"
        "jobs.submit(jobs.prepare(Path('tiny.yaml'), environment=given), address)"
    )
    assert refused.returncode == 2
    assert f"{name} looks like a secret" in refused.stderr
    assert cluster.environment["WANDB_API_KEY"] not in refused.stdout + refused.stderr
