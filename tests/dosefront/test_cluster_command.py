"""`dosefront cluster render` as a user meets it."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from dosefront.cli import main
from dosefront.manifests import KINDS, ClusterPlan, render


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dosefront", "cluster", "render", *arguments])
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("kind", KINDS)
def test_stdout_is_the_manifest_and_nothing_else(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--kind", kind) == 0
    assert capsys.readouterr().out == render(kind)


def test_every_option_reaches_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = "--workers 10 --min-workers 3 --cpus 4 --memory 12Gi --gpus 1 --storage 70 --name other"
    given += " --image a/b:1 --storage-class efs-sc --redis redis:6379"
    assert run(monkeypatch, "--kind", "kuberay-cluster", *given.split()) == 0
    plan = ClusterPlan(
        name="other",
        workers=10,
        min_workers=3,
        cpus=4,
        memory_gib=12,
        gpus=1,
        image="a/b:1",
        storage_class="efs-sc",
        storage_gib=70,
        redis="redis:6379",
    )
    assert capsys.readouterr().out == render("kuberay-cluster", plan)


def test_hosts_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = "--host 10.0.0.1 --host 10.0.0.2 --host 10.0.0.3 --nfs 10.0.0.9:/runs"
    assert run(monkeypatch, "--kind", "on-premise", *hosts.split()) == 0
    read = yaml.safe_load(capsys.readouterr().out)
    assert read["provider"]["head_ip"] == "10.0.0.1"
    assert read["max_workers"] == len(read["provider"]["worker_ips"]) == 2


def test_a_file_is_written_and_the_next_command_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "cluster.yaml"
    assert run(monkeypatch, "--kind", "aws", "--out", str(file)) == 0
    assert file.read_text() == render("aws")
    written = capsys.readouterr()
    assert written.out == ""
    assert f"Next: ray up {file}" in written.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "gke"], "no kind of cluster is called 'gke'"),
        (["--kind", "kubray-job"], 'Did you mean "kuberay-job"'),
        (["--kind", "aws", "--workers", "0"], "--workers is at least 1; got 0"),
        (["--kind", "aws", "--memory", "16G"], "whole number of GiB"),
        (["--kind", "slurm", "--redis", "redis:6379"], "slurm has no use for --redis"),
        (["--kind", "on-premise", "--host", "alone"], "the head and then every worker"),
    ],
)
def test_a_wrong_value_is_told_without_a_manifest(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, *arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert message in " ".join(told.err.split())


def test_help_names_every_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    text = re.sub(r"[\s│]+", " ", capsys.readouterr().out)
    assert [kind for kind in KINDS if kind not in text] == []
