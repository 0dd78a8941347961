"""What is decided, refused and described before any cluster is asked."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from dosefront.errors import ExperimentError, UsageError
from dosefront.jobs import prepare

EXPERIMENT = """\
name: tiny
environment:
  id: posology/DocetaxelCisplatin-v0
objectives: [efficacy, toxicity]
cohorts: {seed: 2026, train: 64, select: 32, held_out: 64}
weights: {lattice: 2}
algorithms:
  - {name: PPO, steps: 2000}
seeds: [1]
"""


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.yaml"
    file.write_text(EXPERIMENT)
    return file


def test_the_command_runs_the_experiment_that_travels_not_the_path_on_this_machine(
    experiment: Path,
) -> None:
    submission = prepare(experiment, run_id="r1", out="/shared/runs of 2026")
    assert submission.entrypoint == (
        "python -m dosefront.cli sweep experiment.yaml --address auto "
        "--out '/shared/runs of 2026' --run-id r1"
    )


def test_the_home_folder_is_left_for_the_cluster_to_expand(experiment: Path) -> None:
    submission = prepare(experiment, run_id="r1", out="~/it's here; rm -rf")
    assert " --out ~/'it'\"'\"'s here; rm -rf' " in submission.entrypoint


def test_without_a_run_id_the_files_name_and_the_time_make_one(experiment: Path) -> None:
    assert re.fullmatch(r"tiny-\d{8}-\d{6}", prepare(experiment).run_id)


def test_values_of_variables_appear_neither_in_the_description_nor_in_the_repr(
    experiment: Path,
) -> None:
    submission = prepare(experiment, environment={"WANDB_ENTITY": "quiet-institute"})
    shown = f"{submission!r} {submission.description()}"
    assert "quiet-institute" not in shown
    assert submission.description()["environment"] == ["WANDB_ENTITY"]
    assert submission.environment == {"WANDB_ENTITY": "quiet-institute"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WANDB_API_KEY", "0123"),
        ("RAY_AUTH_TOKEN", "0123"),
        ("aws_secret_access_key", "0123"),
        ("DB_PASSWORD", "0123"),
        ("HTTPS_PROXY", "http://me:0123@proxy:3128"),
    ],
)
def test_secrets_are_refused_and_their_values_not_repeated(
    experiment: Path, name: str, value: str
) -> None:
    with pytest.raises(UsageError, match=f"{name} looks like a secret") as refusal:
        prepare(experiment, environment={name: value})
    assert "0123" not in str(refusal.value)


def test_a_secret_of_this_shell_is_refused_under_any_name(
    experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0123456789")
    with pytest.raises(UsageError, match="WANDB_LOGIN looks like a secret") as refusal:
        prepare(experiment, environment={"WANDB_LOGIN": "0123456789"})
    assert "0123456789" not in str(refusal.value)


def test_an_empty_key_in_the_shell_makes_no_secret_of_empty_values(
    experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "")
    assert prepare(experiment, environment={"WANDB_NOTES": ""}).environment == {"WANDB_NOTES": ""}


def test_the_description_names_the_wheel_its_digest_and_the_requirements(
    experiment: Path,
) -> None:
    described = prepare(experiment, run_id="r1").description()
    assert described == prepare(experiment, run_id="r1").description()
    assert re.fullmatch(
        r"dosefront-[0-9.]+-0x[0-9a-f]{12}-py3-none-any\.whl", described["wheel"]["name"]
    )
    assert re.fullmatch("[0-9a-f]{64}", described["wheel"]["sha256"])
    assert f"ray=={version('ray')}" in described["requirements"]
    assert described["install"] is False


@pytest.mark.parametrize("name", ["", "A B", "1A", "A=B"])
def test_a_variable_that_no_shell_could_set_is_refused(experiment: Path, name: str) -> None:
    with pytest.raises(UsageError, match="environment variable"):
        prepare(experiment, environment={name: "x"})


@pytest.mark.parametrize("out", ["runs", "./runs", "s3://bucket/runs", "~other/runs", ""])
def test_an_out_folder_that_would_vanish_with_the_job_is_refused(
    experiment: Path, out: str
) -> None:
    with pytest.raises(UsageError, match="absolute or in its home"):
        prepare(experiment, out=out)


@pytest.mark.parametrize("run_id", ["../up", "a/b", ".hidden", "-v", "a b", "x" * 101])
def test_a_run_id_that_is_no_plain_name_is_refused(experiment: Path, run_id: str) -> None:
    with pytest.raises(UsageError, match="a run id names a folder"):
        prepare(experiment, run_id=run_id)


def test_a_faulty_experiment_never_reaches_a_cluster(experiment: Path) -> None:
    experiment.write_text(EXPERIMENT.replace("objectives:", "objektives:"))
    with pytest.raises(ExperimentError, match="objektives"):
        prepare(experiment)
