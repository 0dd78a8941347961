"""The batch script, run with stand-ins for Slurm, Ray and dosefront."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from ray.scripts.scripts import start
from ray.scripts.symmetric_run import curate_and_validate_ray_start_args

from dosefront.manifests import ClusterPlan, render

STAND_INS = {
    "scontrol": '[ "$1 $2 $3" = "show hostnames node[7-8]" ] && printf "node7\\nnode8\\n"',
    "srun": 'exec "$@"',
    # As Ray's own on the head: runs what follows "--" and ends as it ends.
    "ray": """
        printf "%s\\n" "$@" > ray-arguments
        echo "$RAY_AUTH_MODE $RAY_AUTH_TOKEN" > ray-token
        if [ -n "$RAY_FAILS" ]; then exit 0; fi
        while [ "$1" != "--" ]; do shift; done
        shift
        "$@"
    """,
    "dosefront": """
        echo "$@" > dosefront-arguments
        mkdir -p runs/first && touch runs/first/experiment.yaml
        if [ "$STATUS" = 0 ]; then echo "{}" > runs/first/front.json; fi
        exit "$STATUS"
    """,
}


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A folder that a job is submitted from, with an experiment and the stand-ins."""
    (tmp_path / "bin").mkdir()
    for name, body in STAND_INS.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/bash\n{body}\n")
        program.chmod(0o755)
    (tmp_path / "sweep.yaml").touch()
    return tmp_path


def sbatch(
    node: Path, plan: ClusterPlan | None = None, *, status: int = 0, ray_fails: bool = False
) -> subprocess.CompletedProcess[str]:
    script = node / "sweep.sbatch"
    script.write_text(render("slurm", plan))
    environment = {
        "PATH": f"{node / 'bin'}:{os.environ['PATH']}",
        "SLURM_SUBMIT_DIR": str(node),
        "SLURM_JOB_NODELIST": "node[7-8]",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_CPUS_PER_TASK": "16",
        "STATUS": str(status),
        "RAY_FAILS": "yes" if ray_fails else "",
    }
    command = ["bash", str(script), "sweep.yaml", "first"]
    return subprocess.run(
        command, cwd=node, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("status", [0, 1, 3, 130])
def test_the_job_ends_as_the_sweep_ends(node: Path, status: int) -> None:
    assert sbatch(node, status=status).returncode == status


def test_ray_starts_on_every_node_with_the_first_as_head(node: Path) -> None:
    sbatch(node)
    words = (node / "ray-arguments").read_text().split("\n")
    given = words[: words.index("--")]
    assert given[0] == "symmetric-run"
    assert given[given.index("--address") + 1] == "node7:6379"
    assert given[given.index("--min-nodes") + 1] == "2"
    assert given[given.index("--num-cpus") + 1] == "16"


def test_ray_knows_every_option(node: Path) -> None:
    sbatch(node)
    words = (node / "ray-arguments").read_text().split("\n")
    passed_on = curate_and_validate_ray_start_args(words[1 : words.index("--")])
    assert "--address" not in passed_on
    known = {name for parameter in start.params for name in parameter.opts}
    assert {word for word in passed_on if word.startswith("--")} <= known


def test_the_sweep_joins_the_cluster_and_writes_where_the_job_was_submitted(node: Path) -> None:
    sbatch(node)
    assert (node / "dosefront-arguments").read_text().split() == [
        *["sweep", "sweep.yaml", "--out", str(node / "runs"), "--run-id", "first"],
        *["--address", "auto"],
    ]


def test_a_second_job_goes_on_with_the_run(node: Path) -> None:
    sbatch(node, status=3)
    assert sbatch(node, status=0).returncode == 0
    words = (node / "dosefront-arguments").read_text().split()
    assert words == ["resume", str(node / "runs" / "first"), "--address", "auto"]


def test_where_ray_does_not_start_the_job_fails_although_ray_ends_with_zero(node: Path) -> None:
    ended = sbatch(node, ray_fails=True)
    assert ended.returncode == 1
    assert "found no front" in ended.stderr


def test_every_job_has_a_token_of_its_own(node: Path) -> None:
    tokens = set()
    for _ in range(2):
        sbatch(node)
        mode, token = (node / "ray-token").read_text().split()
        assert mode == "token"
        assert re.fullmatch("[0-9a-f]{64}", token)
        tokens.add(token)
    assert len(tokens) == 2


def test_a_long_list_of_nodes_does_no_harm(node: Path) -> None:
    """A pipe to `head` would break, and its break would end the job."""
    (node / "bin" / "scontrol").write_text('#!/bin/bash\nseq -f "node%06.0f" 7 100000\n')
    assert sbatch(node).returncode == 0
    assert "node000007:6379" in (node / "ray-arguments").read_text().split("\n")


def test_the_allocation_is_as_asked() -> None:
    script = render("slurm", ClusterPlan(workers=10, cpus=32, memory_gib=100, gpus=2, name="front"))
    asked = dict(re.findall(r"^#SBATCH --([a-z-]+)=(\S+)$", script, re.MULTILINE))
    expected = {"job-name": "front", "nodes": "10", "cpus-per-task": "32", "mem": "100G"}
    expected |= {"gpus-per-node": "2", "ntasks-per-node": "1"}
    assert expected.items() <= asked.items()
    assert re.search(r"^#SBATCH --exclusive$", script, re.MULTILINE)
    assert "--num-gpus 2 " in script
