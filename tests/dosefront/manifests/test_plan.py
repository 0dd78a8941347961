"""Values of a cluster are checked before anything is written."""

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from dosefront.errors import UsageError
from dosefront.manifests import KINDS, ClusterPlan, gibibytes, render
from dosefront.manifests.machines import AWS, GCP, Machine, smallest
from dosefront.manifests.plan import option

WRONG = [
    ({"workers": 0}, r"--workers is at least 1; got 0"),
    ({"min_workers": 5}, r"--min-workers is at most --workers; got 5 of 4"),
    ({"cpus": 0}, r"--cpus is at least 1"),
    ({"memory_gib": 1}, r"--memory is at least 2; got 1"),
    ({"gpus": -1}, r"--gpus is at least 0"),
    ({"name": "Upper"}, r"--name is small letters.*'Upper'"),
    ({"name": "a" * 41}, r"at most 40"),
    ({"image": "two words"}, r"--image is a container image"),
    ({"image": "x: y\nprivileged: true"}, r"--image is a container image"),
    ({"storage_class": "a b"}, r"--storage-class"),
    ({"redis": "redis"}, r"--redis is HOST:PORT.*'redis'"),
    ({"nfs": "/srv/runs"}, r"--nfs is SERVER:/PATH"),
    ({"hosts": ("head",)}, r"names the head and then every worker"),
    ({"hosts": ("a", "b", "a")}, r"each once"),
    ({"hosts": ("a", "b c"), "workers": 1}, r"--host is a name or an IPv4 address; got 'b c'"),
    ({"hosts": ("a", "b", "c"), "workers": 4}, r"3 hosts are a head and 2 workers"),
]


@pytest.mark.parametrize(("values", "message"), WRONG, ids=lambda each: str(each)[:30])
def test_a_wrong_value_is_refused_by_the_name_it_has_on_the_command_line(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        ClusterPlan(**values)


def test_a_password_in_the_address_of_redis_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="secret dosefront-redis") as refused:
        ClusterPlan(redis="redis://:hunter2@redis:6379")
    assert "hunter2" not in str(refused.value)


def test_a_plan_does_not_change() -> None:
    plan = ClusterPlan()
    with pytest.raises(FrozenInstanceError):
        plan.workers = 2


def test_an_unknown_kind_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'kuberay-jobs'\. Did you mean \"kuberay-job\"\?"):
        render("kuberay-jobs")


GIVEN: dict[str, Any] = {
    "name": "other",
    "workers": 2,
    "min_workers": 1,
    "cpus": 4,
    "memory_gib": 40,
    "gpus": 1,
    "image": "registry.example/other:1",
    "storage_class": "efs-sc",
    "storage_gib": 7,
    "redis": "redis:6379",
    "hosts": ("h", "w1", "w2", "w3", "w4"),
    "nfs": "10.0.0.5:/other",
}


def test_every_field_has_a_value_to_be_tried_with() -> None:
    assert GIVEN.keys() == {field.name for field in fields(ClusterPlan)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", GIVEN)
def test_a_value_changes_the_manifest_or_is_refused(kind: str, field: str) -> None:
    plan = ClusterPlan(**{field: GIVEN[field]})
    if field in KINDS[kind].uses:
        assert render(kind, plan) != render(kind)
    else:
        with pytest.raises(UsageError, match=f"{kind} has no use for {option(field)};"):
            render(kind, plan)


@pytest.mark.parametrize(("text", "size"), [("16", 16), ("16Gi", 16), ("2GiB", 2)])
def test_a_size_is_read_in_gibibytes(text: str, size: int) -> None:
    assert gibibytes(text) == size


@pytest.mark.parametrize("text", ["16G", "16Mi", "0", "1.5", "", "-3"])
def test_a_size_in_another_unit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="whole number of GiB"):
        gibibytes(text)


def fits(machine: Machine, cpus: int, memory_gib: int, gpus: int) -> bool:
    enough = machine.cpus >= cpus and machine.memory_gib >= memory_gib and machine.gpus >= gpus
    return enough and (machine.gpus > 0) == (gpus > 0)


@pytest.mark.parametrize("machines", [AWS, GCP], ids=["AWS", "GCP"])
@pytest.mark.parametrize("gpus", [0, 1, 2, 8])
@pytest.mark.parametrize(("cpus", "memory_gib"), [(1, 2), (8, 16), (8, 17), (48, 100), (64, 200)])
def test_the_machine_holds_what_is_asked_and_no_other_does_with_less(
    machines: tuple[Machine, ...], gpus: int, cpus: int, memory_gib: int
) -> None:
    chosen = smallest(machines, cpus=cpus, memory_gib=memory_gib, gpus=gpus)
    assert fits(chosen, cpus, memory_gib, gpus)
    for other in machines:
        if other is not chosen and fits(other, cpus, memory_gib, gpus):
            less = (
                other.gpus <= chosen.gpus
                and other.cpus <= chosen.cpus
                and other.memory_gib <= chosen.memory_gib
            )
            assert not less


def test_a_machine_larger_than_all_is_refused_with_the_largest() -> None:
    with pytest.raises(UsageError, match=r"the largest that is known here, m7i\.24xlarge"):
        smallest(AWS, cpus=97, memory_gib=2, gpus=0)
