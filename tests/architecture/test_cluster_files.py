"""The files in cluster/ agree with the code and give away nothing."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml

from dosefront.jobs.submission import DEFAULT_OUT

CLUSTER = Path(__file__).parents[2] / "cluster"


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    text = (CLUSTER / "kuberay" / "raycluster.yaml").read_text()
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def pods(documents: dict[str, Any]) -> list[dict[str, Any]]:
    spec = documents["RayCluster"]["spec"]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


def test_the_manifest_and_its_images_name_the_ray_that_is_installed(
    documents: dict[str, Any],
) -> None:
    assert documents["RayCluster"]["spec"]["rayVersion"] == ray.__version__
    for pod in pods(documents):
        assert pod["containers"][0]["image"].endswith(f":{ray.__version__}")


def test_every_pod_runs_without_root_within_limits(documents: dict[str, Any]) -> None:
    for pod in pods(documents):
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] > 0
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}


def test_runs_lie_on_the_shared_volume_where_submit_puts_them(documents: dict[str, Any]) -> None:
    claim = documents["PersistentVolumeClaim"]["metadata"]["name"]
    home_of_the_image = "/home/ray"
    for pod in pods(documents):
        (volume,) = (each for each in pod["volumes"] if "persistentVolumeClaim" in each)
        assert volume["persistentVolumeClaim"]["claimName"] == claim
        mounts = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
        assert mounts[volume["name"]] == DEFAULT_OUT.replace("~", home_of_the_image)


def test_the_head_runs_no_trials_and_demands_a_token(documents: dict[str, Any]) -> None:
    spec = documents["RayCluster"]["spec"]
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    assert spec["authOptions"]["mode"] == "token"


def test_keys_come_by_reference_and_none_is_written_down(documents: dict[str, Any]) -> None:
    assert "Secret" not in documents
    for pod in pods(documents):
        for variable in pod["containers"][0]["env"]:
            secret = variable["name"].endswith(("_KEY", "_TOKEN"))
            assert ("valueFrom" in variable) == secret


def test_the_slurm_script_is_sound_bash() -> None:
    subprocess.run(["bash", "-n", CLUSTER / "slurm" / "sweep.sbatch"], check=True)
