"""The manifests are what KubeRay's own schemas allow, and no pod of theirs may do much."""

import copy
import json
import lzma
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, ValidationError

from dosefront.manifests import ClusterPlan, render

SCHEMAS = json.loads(
    lzma.decompress(Path(__file__).with_name("kuberay_schemas.json.xz").read_bytes())
)
RESOURCES = {"kuberay-cluster": "RayCluster", "kuberay-job": "RayJob"}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with unknown fields refused, which Kubernetes would drop in silence."""
    sealed = dict(schema)
    if "properties" in schema:
        sealed["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
        sealed.setdefault("additionalProperties", False)
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            sealed[inner] = strict(schema[inner])
    return sealed


def validator(kind: str, release: str) -> Draft7Validator:
    return Draft7Validator(strict(SCHEMAS[release][RESOURCES[kind]]))


VALIDATORS = {
    (kind, release): validator(kind, release) for kind in RESOURCES for release in SCHEMAS
}


@pytest.fixture(params=["bare", "with Redis and a storage class"])
def extended(request: pytest.FixtureRequest, plan: ClusterPlan) -> ClusterPlan:
    """Each plan without and with what Kubernetes alone can be given."""
    if request.param == "bare":
        return plan
    return replace(plan, redis="rediss://redis.store:6380", storage_class="efs-sc", storage_gib=9)


@pytest.fixture(params=RESOURCES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of manifest in turn."""
    name: str = request.param
    return name


def documents(kind: str, plan: ClusterPlan) -> tuple[dict[str, Any], dict[str, Any]]:
    """The volume of runs and the resource of the kind."""
    volume, resource = yaml.safe_load_all(render(kind, plan))
    assert (volume["kind"], resource["kind"]) == ("PersistentVolumeClaim", RESOURCES[kind])
    return volume, resource


def cluster_spec(resource: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = resource["spec"]
    return spec.get("rayClusterSpec", spec)


def pods(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of the head, of each group of workers, and of whatever submits the job."""
    spec = cluster_spec(resource)
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        yield group["template"]["spec"]
    if "submitterPodTemplate" in resource["spec"]:
        yield resource["spec"]["submitterPodTemplate"]["spec"]


def containers(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of every pod, and the one that the operator adds for the autoscaler."""
    for pod in pods(resource):
        yield from pod["containers"]
    yield cluster_spec(resource)["autoscalerOptions"]


@pytest.mark.parametrize("release", SCHEMAS)
def test_kuberay_knows_every_field(kind: str, release: str, extended: ClusterPlan) -> None:
    _, resource = documents(kind, extended)
    VALIDATORS[kind, release].validate(resource)


@pytest.mark.parametrize("release", SCHEMAS)
def test_kubernetes_knows_every_field_of_the_volume(release: str, extended: ClusterPlan) -> None:
    volume, _ = documents("kuberay-cluster", extended)
    pod = SCHEMAS[release]["RayCluster"]["properties"]["spec"]["properties"]["headGroupSpec"]
    for name in ("template", "spec", "volumes"):
        pod = pod["properties"][name]
    claim = pod["items"]["properties"]["ephemeral"]["properties"]["volumeClaimTemplate"]
    Draft7Validator(strict(claim["properties"]["spec"])).validate(volume["spec"])
    assert volume["spec"]["accessModes"] == ["ReadWriteMany"]
    assert volume["spec"]["resources"]["requests"]["storage"] == f"{extended.storage_gib}Gi"


def misspell_in_the_cluster(spec: dict[str, Any]) -> None:
    spec["enableInTreeAutoscalling"] = spec.pop("enableInTreeAutoscaling")


def misspell_in_a_container(spec: dict[str, Any]) -> None:
    container = spec["workerGroupSpecs"][0]["template"]["spec"]["containers"][0]
    container["resources"]["limit"] = container["resources"].pop("limits")


def misspell_in_the_security(spec: dict[str, Any]) -> None:
    pod = spec["headGroupSpec"]["template"]["spec"]
    pod["securityContext"]["runAsNonroot"] = pod["securityContext"].pop("runAsNonRoot")


def write_a_number_where_text_belongs(spec: dict[str, Any]) -> None:
    spec["headGroupSpec"]["rayStartParams"]["num-cpus"] = 0


def leave_the_head_out(spec: dict[str, Any]) -> None:
    del spec["headGroupSpec"]


@pytest.mark.parametrize(
    "spoil",
    [
        misspell_in_the_cluster,
        misspell_in_a_container,
        misspell_in_the_security,
        write_a_number_where_text_belongs,
        leave_the_head_out,
    ],
)
def test_the_schemas_notice(kind: str, spoil: Callable[[dict[str, Any]], None]) -> None:
    _, resource = documents(kind, ClusterPlan())
    spoilt = copy.deepcopy(resource)
    spoil(cluster_spec(spoilt))
    for release in SCHEMAS:
        with pytest.raises(ValidationError):
            VALIDATORS[kind, release].validate(spoilt)


def test_every_pod_runs_without_root(kind: str, extended: ClusterPlan) -> None:
    _, resource = documents(kind, extended)
    for pod in pods(resource):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_every_container_has_limits_and_no_privileges(kind: str, extended: ClusterPlan) -> None:
    _, resource = documents(kind, extended)
    seen = list(containers(resource))
    assert len(seen) == (4 if kind == "kuberay-job" else 3)
    for container in seen:
        assert {"cpu", "memory"} <= set(container["resources"]["limits"])
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }


def test_the_autoscaler_alone_may_speak_to_kubernetes(kind: str, extended: ClusterPlan) -> None:
    _, resource = documents(kind, extended)
    for pod in pods(resource):
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert "kubernetes" not in {each["name"] for each in container.get("volumeMounts", ())}
    (mount,) = cluster_spec(resource)["autoscalerOptions"]["volumeMounts"]
    head, *_ = pods(resource)
    assert mount["name"] in {volume["name"] for volume in head["volumes"]}
    assert mount["readOnly"]


def test_every_mount_has_its_volume(kind: str, extended: ClusterPlan) -> None:
    volume, resource = documents(kind, extended)
    for pod in pods(resource):
        volumes = {each["name"]: each for each in pod.get("volumes", ())}
        for container in pod["containers"]:
            assert {each["name"] for each in container.get("volumeMounts", ())} <= set(volumes)
        if "runs" in volumes:
            claim = volumes["runs"]["persistentVolumeClaim"]["claimName"]
            assert claim == volume["metadata"]["name"]


def test_the_cluster_demands_the_token_of_the_secret(kind: str, extended: ClusterPlan) -> None:
    _, resource = documents(kind, extended)
    assert cluster_spec(resource)["authOptions"] == {
        "mode": "token",
        "secretName": f"{extended.name}-ray-token",
    }


def test_the_object_store_s_key_comes_from_an_optional_secret_on_head_and_workers(
    kind: str, extended: ClusterPlan
) -> None:
    _, resource = documents(kind, extended)
    reference = {"secretRef": {"name": f"{extended.name}-s3", "optional": True}}
    given = {each["name"]: each.get("envFrom") for each in containers(resource) if "name" in each}
    assert given.pop("ray-head") == given.pop("ray-worker") == [reference]
    assert set(given.values()) <= {None}


def test_workers_are_as_many_and_as_large_as_asked(kind: str, extended: ClusterPlan) -> None:
    _, resource = documents(kind, extended)
    spec = cluster_spec(resource)
    assert spec["enableInTreeAutoscaling"] is True
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    (group,) = spec["workerGroupSpecs"]
    assert group["minReplicas"] == group["replicas"] == extended.min_workers
    assert group["maxReplicas"] == extended.workers
    limits = {"cpu": str(extended.cpus), "memory": f"{extended.memory_gib}Gi"}
    limits |= {"nvidia.com/gpu": str(extended.gpus)} if extended.gpus else {}
    resources = group["template"]["spec"]["containers"][0]["resources"]
    assert resources == {"requests": limits, "limits": limits}


def test_with_redis_the_head_s_state_outlives_it(kind: str) -> None:
    _, bare = documents(kind, ClusterPlan())
    assert "gcsFaultToleranceOptions" not in cluster_spec(bare)
    _, resource = documents(kind, ClusterPlan(redis="redis:6379"))
    assert cluster_spec(resource)["gcsFaultToleranceOptions"] == {
        "redisAddress": "redis:6379",
        "redisPassword": {
            "valueFrom": {"secretKeyRef": {"name": "dosefront-redis", "key": "password"}}
        },
    }


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("status", [0, 3])
def test_the_job_begins_a_run_or_goes_on_with_it(begun: bool, status: int, tmp_path: Path) -> None:
    """The entrypoint passes through two shells: the submitter's, and the head's after Ray."""
    _, job = documents("kuberay-job", ClusterPlan())
    entrypoint = job["spec"]["entrypoint"].replace("/home/ray", str(tmp_path))
    run = tmp_path / "dosefront-runs" / "dosefront-sweep"
    if begun:
        run.mkdir(parents=True)
        (run / "experiment.yaml").touch()
    dosefront = tmp_path / "dosefront"
    dosefront.write_text(f'#!/bin/sh\necho "$*"\nexit {status}\n')
    dosefront.chmod(0o755)

    joined = "import subprocess, sys; print(subprocess.list2cmdline(sys.argv[1:]))"  # as Ray does
    split = f"{shlex.quote(sys.executable)} -c {shlex.quote(joined)} {entrypoint}"
    command = subprocess.run(["bash", "-c", split], capture_output=True, text=True, check=True)
    ended = subprocess.run(
        command.stdout,
        shell=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = (
        f"resume {run} --address auto"
        if begun
        else f"sweep {tmp_path}/experiment/experiment.yaml --address auto "
        f"--out {run.parent} --run-id {run.name}"
    )
    assert (ended.stdout.strip(), ended.returncode) == (expected, status)


def test_the_job_s_experiment_lies_where_its_head_mounts_it() -> None:
    _, job = documents("kuberay-job", ClusterPlan())
    head, *_ = pods(job)
    (mount,) = (
        each for each in head["containers"][0]["volumeMounts"] if each["name"] == "experiment"
    )
    assert f"{mount['mountPath']}/experiment.yaml" in job["spec"]["entrypoint"]
