"""What a cluster is told to set up for a job."""

from dataclasses import replace
from pathlib import Path

from dosefront.jobs import Submission
from dosefront.jobs.cargo import Cargo
from dosefront.jobs.job import _runtime_environment
from dosefront.jobs.requirements import pins

CARGO = Cargo(Path("work"), Path("dosefront-0.1.0-0x1-py3-none-any.whl"))
PLAIN = Submission(Path("tiny.yaml"), "r1", "~/runs", "true", {"WANDB_MODE": "offline"}, False)


def test_by_default_the_cluster_installs_nothing_but_the_wheel() -> None:
    assert _runtime_environment(CARGO, PLAIN) == {
        "working_dir": "work",
        "py_modules": ["dosefront-0.1.0-0x1-py3-none-any.whl"],
        "env_vars": {"WANDB_MODE": "offline"},
    }


def test_where_it_is_asked_to_it_installs_what_is_pinned_here_except_ray_itself() -> None:
    asked = _runtime_environment(CARGO, replace(PLAIN, install=True))
    expected = {str(pin) for pin in pins() if pin.name != "ray"}
    assert set(asked["pip"]) == expected
    assert not any(requirement.startswith("ray==") for requirement in asked["pip"])
