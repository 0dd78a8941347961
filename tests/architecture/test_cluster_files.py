"""The files in cluster/ agree with the code and give away nothing."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml

from dosefront.cli import main
from dosefront.jobs.submission import DEFAULT_OUT
from dosefront.manifests import KINDS, render

CLUSTER = Path(__file__).parents[2] / "cluster"
FILES = sorted(path for path in CLUSTER.rglob("*") if path.is_file())
DOCKERFILE = (CLUSTER / "docker" / "Dockerfile").read_text()
FOLDERS = sorted(path for path in CLUSTER.iterdir() if path.is_dir())


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_what_is_rendered_with_every_value_left_as_it_is(kind: str) -> None:
    file = CLUSTER / KINDS[kind].file
    assert file.read_text() == render(kind), (
        f"run: dosefront cluster render --kind {kind} --out {file.relative_to(CLUSTER.parent)}"
    )


def test_nothing_but_the_rendered_files_is_a_manifest() -> None:
    manifests = {path for path in FILES if path.suffix in {".yaml", ".sbatch"}}
    assert manifests == {CLUSTER / kind.file for kind in KINDS.values()}


def values_named_like_secrets(node: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Texts of a document whose key speaks of a secret."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from values_named_like_secrets(value, str(key))
    elif isinstance(node, list):
        for value in node:
            yield from values_named_like_secrets(value, name)
    elif re.search(r"(?i)token|password|secret|credential|api_?key|private_?key", name):
        yield name, str(node)


REFERENCES = {  # fields whose value says where a secret is
    "secretName": "dosefront-ray-token",
    "ssh_private_key": "~/.ssh/id_ed25519",
    "/home/ray/ray_token": "~/.ray/auth_token",
    "automountServiceAccountToken": "False",
    "HttpTokens": "required",
}


@pytest.mark.parametrize("file", [kind.file for kind in KINDS.values() if "yaml" in kind.file])
def test_a_secret_is_named_and_never_written_down(file: str) -> None:
    documents = list(yaml.safe_load_all((CLUSTER / file).read_text()))
    assert "Secret" not in {document.get("kind") for document in documents}
    for name, value in values_named_like_secrets(documents):
        assert REFERENCES[name] == value


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(CLUSTER)))
def test_no_file_holds_what_could_be_a_key(file: Path) -> None:
    words = re.findall(r"[A-Za-z0-9+/=]{24,}", file.read_text().replace("/", " "))
    assert [word for word in words if re.search(r"\d", word)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_cluster_demands_a_token(kind: str) -> None:
    text = render(kind)
    assert re.search(r"RAY_AUTH_MODE=token|authOptions:\n +mode: token\n", text)


def test_the_image_s_user_is_not_root() -> None:
    users = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    (number,) = re.findall(r"^ARG UID=(\d+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["${UID}:100"]
    assert int(number) > 0


def test_the_image_s_user_is_the_one_that_pods_run_as(documents: dict[str, Any]) -> None:
    (number,) = re.findall(r"^ARG UID=(\d+)$", DOCKERFILE, re.MULTILINE)
    for pod in pods(documents):
        assert pod["securityContext"]["runAsUser"] == int(number)
        assert pod["securityContext"]["runAsGroup"] == 100


def test_the_image_is_copied_from_nothing_that_is_left_out() -> None:
    ignored = (CLUSTER / "docker" / "Dockerfile.dockerignore").read_text().split()
    assert "*" in ignored
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        word
        for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert copied == kept
    assert all((CLUSTER.parent / name).exists() for name in copied)


@pytest.mark.parametrize(
    ("device", "index"),
    [("cpu", "https://download.pytorch.org/whl/cpu"), ("cuda", "https://pypi.org/simple")],
)
def test_the_device_chooses_where_torch_comes_from(device: str, index: str) -> None:
    (choice,) = re.findall(r"case .*?esac", DOCKERFILE, re.DOTALL)
    script = choice.replace("\\\n", "\n") + '\necho "$index"'
    command = ["bash", "-c", script]
    chosen = subprocess.run(
        command, env={"DEVICE": device}, capture_output=True, text=True, check=True
    )
    assert chosen.stdout.strip() == index
    refused = subprocess.run(
        command, env={"DEVICE": "gpu"}, capture_output=True, text=True, check=False
    )
    assert (refused.returncode, "cpu or cuda; got gpu" in refused.stderr) == (2, True)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_folder_has_five_commands(folder: Path) -> None:
    readme = (folder / "README.md").read_text()
    numbered = re.findall(r"^# (\d)\. ", readme, re.MULTILINE)
    assert numbered == list("12345")
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE))
    subprocess.run(["bash", "-n"], input=blocks, text=True, check=True)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_rendering_that_a_folder_shows_works(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (folder / "README.md").read_text().replace("\\\n", " ")
    for arguments in re.findall(r"^dosefront (cluster render .+)$", readme, re.MULTILINE):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["dosefront", *shlex.split(arguments, comments=True)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code


@pytest.mark.parametrize("readme", sorted(CLUSTER.rglob("*.md")), ids=lambda path: path.parent.name)
def test_every_link_to_a_file_leads_somewhere(readme: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", readme.read_text())
    assert [target for target in targets if not (readme.parent / target).exists()] == []
