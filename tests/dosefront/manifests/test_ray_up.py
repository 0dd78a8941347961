"""The configurations are what `ray up` takes, by Ray's own schema and checks."""

import csv
import shlex
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
import yaml
from ray.autoscaler._private.docker import docker_start_cmds
from ray.autoscaler._private.util import prepare_config, validate_config

from dosefront.manifests import ClusterPlan, render

CLOUDS = ["aws", "gcp"]
KINDS = [*CLOUDS, "on-premise"]


def plan_for(kind: str, plan: ClusterPlan) -> ClusterPlan:
    """The plan without what machines of one's own have no use for."""
    return replace(plan, min_workers=0) if kind == "on-premise" else plan


def config(kind: str, plan: ClusterPlan) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(render(kind, plan_for(kind, plan)))
    return read


def prepared(kind: str, plan: ClusterPlan) -> dict[str, Any]:
    """As `ray up` fills it out before anything is started."""
    filled: dict[str, Any] = prepare_config(config(kind, plan))
    return filled


def docker_run(kind: str, plan: ClusterPlan) -> list[str]:
    """The words of the command that Ray would run on every machine."""
    read = config(kind, plan)
    command = docker_start_cmds(
        read["auth"]["ssh_user"],
        read["docker"]["image"],
        read["file_mounts"],
        read["docker"]["container_name"],
        read["docker"]["run_options"],
        read["cluster_name"],
        "/home/ray",
        "docker",
    )
    return shlex.split(command)


@pytest.mark.parametrize("kind", KINDS)
def test_ray_accepts_it(kind: str, plan: ClusterPlan, capsys: pytest.CaptureFixture[str]) -> None:
    validate_config(prepared(kind, plan))
    assert capsys.readouterr().out == ""  # where Ray would warn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("place", "right", "wrong"),
    [
        ((), "max_workers", "max_worker"),
        (("docker",), "run_options", "run_option"),
        (("auth",), "ssh_user", "ssh_usr"),
    ],
)
def test_ray_notices_a_misspelt_field(
    kind: str, place: tuple[str, ...], right: str, wrong: str
) -> None:
    whole = prepared(kind, ClusterPlan())
    part = whole
    for name in place:
        part = part[name]
    part[wrong] = part.pop(right)
    with pytest.raises(jsonschema.ValidationError, match=wrong):
        validate_config(whole)


@pytest.mark.parametrize("kind", CLOUDS)
def test_the_cloud_s_workers_are_as_many_and_as_large_as_asked(
    kind: str, plan: ClusterPlan
) -> None:
    filled = prepared(kind, plan)
    head, trials = filled["available_node_types"]["head"], filled["available_node_types"]["trials"]
    assert head["resources"] == {"CPU": 0}
    assert head["max_workers"] == 0
    gpus = {"GPU": plan.gpus} if plan.gpus else {}
    assert trials["resources"] == {"CPU": plan.cpus, **gpus}
    assert (trials["min_workers"], trials["max_workers"]) == (plan.min_workers, plan.workers)
    assert filled["max_workers"] == plan.workers


@pytest.mark.parametrize(
    ("kind", "values", "machine"),
    [
        ("aws", {}, "c7i.2xlarge"),
        ("aws", {"memory_gib": 17}, "m7i.2xlarge"),
        ("aws", {"gpus": 1}, "g6.2xlarge"),
        ("aws", {"gpus": 2}, "g6.12xlarge"),
        ("gcp", {}, "n2-standard-8"),
        ("gcp", {"cpus": 9}, "n2-standard-16"),
        ("gcp", {"gpus": 1}, "g2-standard-8"),
    ],
)
def test_the_worker_s_machine_follows_from_its_size(
    kind: str, values: dict[str, Any], machine: str
) -> None:
    node = config(kind, ClusterPlan(**values))["available_node_types"]["trials"]["node_config"]
    assert node[{"aws": "InstanceType", "gcp": "machineType"}[kind]] == machine


def test_google_s_machines_with_gpus_end_rather_than_migrate() -> None:
    node = config("gcp", ClusterPlan(gpus=1))["available_node_types"]["trials"]["node_config"]
    assert {"preemptible": True, "onHostMaintenance": "TERMINATE"} in node["scheduling"]


def test_the_hosts_are_the_head_and_the_workers_in_their_order() -> None:
    hosts = ("10.0.0.1", "10.0.0.2", "10.0.0.3")
    filled = prepared("on-premise", ClusterPlan(hosts=hosts, workers=2))
    assert filled["provider"]["head_ip"] == "10.0.0.1"
    assert filled["provider"]["worker_ips"] == ["10.0.0.2", "10.0.0.3"]
    (node,) = filled["available_node_types"].values()
    assert (node["min_workers"], node["max_workers"]) == (2, 2)


def test_without_hosts_each_worker_has_a_placeholder() -> None:
    provider = config("on-premise", ClusterPlan(workers=10))["provider"]
    assert provider["head_ip"] == "head.example"
    assert provider["worker_ips"] == [f"worker-{number}.example" for number in range(1, 11)]


def test_a_host_of_one_s_own_gives_what_was_asked_and_no_more(plan: ClusterPlan) -> None:
    read = config("on-premise", plan)
    assert "--num-cpus=0" in shlex.split(read["head_start_ray_commands"][-1])
    assert f"--num-cpus={plan.cpus}" in shlex.split(read["worker_start_ray_commands"][-1])
    limits = [f"--cpus={plan.cpus}", f"--memory={plan.memory_gib}g"]
    assert read["docker"]["worker_run_options"][:2] == limits


@pytest.mark.parametrize("kind", KINDS)
def test_containers_see_the_gpus_that_were_asked_for(kind: str, plan: ClusterPlan) -> None:
    options = config(kind, plan)["docker"]["worker_run_options"]
    assert [each for each in options if each.startswith("--gpus")] == (
        [f"--gpus={plan.gpus}"] if plan.gpus else []
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_token_is_a_file_that_every_container_is_pointed_to(
    kind: str, plan: ClusterPlan
) -> None:
    words = docker_run(kind, plan)
    (path,) = (word.partition("PATH=")[2] for word in words if "RAY_AUTH_TOKEN_PATH" in word)
    assert "--env=RAY_AUTH_MODE=token" in words
    assert config(kind, plan)["file_mounts"] == {path: "~/.ray/auth_token"}
    assert any(word.endswith(f":{path}") for word in words)


@pytest.mark.parametrize("kind", KINDS)
def test_the_container_is_the_image_without_privileges(kind: str, plan: ClusterPlan) -> None:
    words = docker_run(kind, plan)
    assert words[-2:] == [plan.image, "bash"]
    assert {"--cap-drop=ALL", "--security-opt=no-new-privileges"} <= set(words)
    assert not {"--privileged", "--user=root"} & set(words)


@pytest.mark.parametrize("kind", KINDS)
def test_the_runs_lie_on_the_nfs_export(kind: str, plan: ClusterPlan) -> None:
    words = docker_run(kind, replace(plan, nfs="10.0.0.5:/exports/runs"))
    (mount,) = (word for word in words if word.startswith("--mount="))
    (values,) = csv.reader([mount.removeprefix("--mount=")])
    options = dict(value.split("=", 1) for value in values if not value.startswith("volume-opt"))
    assert options["target"] == "/home/ray/dosefront-runs"
    assert options["type"] == "volume"
    driver = dict(value.split("=", 2)[1:] for value in values if value.startswith("volume-opt"))
    assert driver["type"] == "nfs"
    assert driver["device"] == ":/exports/runs"
    assert driver["o"].split(",")[0] == "addr=10.0.0.5"


@pytest.mark.parametrize("kind", KINDS)
def test_the_dashboard_listens_on_the_loopback_address_only(kind: str, plan: ClusterPlan) -> None:
    read = config(kind, plan)
    assert "--dashboard-host=127.0.0.1" in shlex.split(read["head_start_ray_commands"][-1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_machine_starts_one_ray(kind: str, plan: ClusterPlan) -> None:
    read = config(kind, plan)
    for role in ("head", "worker"):
        stop, start = read[f"{role}_start_ray_commands"]
        assert stop == "ray stop"
        words = shlex.split(start.partition(";")[2])
        assert words[:2] == ["ray", "start"]
        assert ("--head" in words) == (role == "head")
