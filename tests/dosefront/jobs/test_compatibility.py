"""Which clusters are refused before anything is sent, and what is said of the others."""

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from dosefront.errors import ClusterError
from dosefront.jobs.compatibility import PYTHON, Installation, check_fits, differences
from dosefront.jobs.requirements import Pin, pins

NEEDED = (
    Pin("numpy", "2.4.6", SpecifierSet(">=2.0"), is_needed=True),
    Pin("torch", "2.13.0", SpecifierSet(">=2.8"), is_needed=True),
    Pin("optuna", "5.0.0", SpecifierSet(">=4"), is_needed=False),
)
SAME = Installation(PYTHON, True, {pin.name: pin.version for pin in NEEDED})


def other(versions: Mapping[str, str | None]) -> Installation:
    return replace(SAME, versions={**SAME.versions, **versions})


def told(found: Installation, *, install: bool = False) -> str:
    with pytest.raises(ClusterError) as refusal:
        check_fits(found, NEEDED, address="http://head:8265", install=install)
    assert refusal.value.exit_code == 5
    return str(refusal.value)


def test_the_same_versions_fit_and_do_not_differ() -> None:
    check_fits(SAME, NEEDED, address="http://head:8265", install=False)
    assert differences(SAME, NEEDED) == ()


def test_another_python_is_refused_with_both_named() -> None:
    message = told(replace(SAME, python="3.99"))
    assert f"Python 3.99 where this machine has {PYTHON}" in message


def test_a_version_that_dosefront_does_not_work_with_is_refused() -> None:
    message = told(other({"numpy": "1.26.4"}))
    assert "numpy 1.26.4 where dosefront needs >=2.0" in message
    assert "--install" in message


def test_all_that_is_amiss_is_told_in_one_pass() -> None:
    message = told(replace(other({"numpy": None, "torch": "2.1"}), python="3.99", has_pip=False))
    for reason in ("Python 3.99", "no command `pip`", "no numpy", "torch 2.1 where"):
        assert reason in message


def test_what_the_job_installs_itself_may_be_missing_but_python_may_not() -> None:
    lacking = other({"numpy": None, "torch": "2.1"})
    check_fits(lacking, NEEDED, address="http://head:8265", install=True)
    message = told(replace(lacking, python="3.99"), install=True)
    assert "numpy" not in message


def test_a_version_that_works_but_is_another_is_told_and_let_through() -> None:
    found = other({"numpy": "2.2.0", "optuna": None})
    check_fits(found, NEEDED, address="http://head:8265", install=False)
    assert differences(found, NEEDED) == (
        "numpy 2.2.0 there, 2.4.6 here",
        "optuna missing there, 5.0.0 here",
    )


def test_a_build_of_the_same_version_for_another_device_is_no_difference() -> None:
    assert differences(other({"torch": "2.13.0+cu130"}), NEEDED) == ()


def test_what_is_installed_here_fits() -> None:
    here = pins()
    found = Installation(PYTHON, True, {pin.name: version(pin.name) for pin in here})
    check_fits(found, here, address="http://head:8265", install=False)


def test_every_pin_is_the_version_installed_here_and_one_that_pip_accepts() -> None:
    here = {pin.name: pin for pin in pins()}
    assert {"ray", "torch", "numpy", "gymnasium"} <= here.keys()
    for name, pin in here.items():
        assert Version(version(name)).public == pin.version
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!]*", str(pin))


def test_tools_of_development_are_no_requirement() -> None:
    assert {"pytest", "ruff", "mypy"}.isdisjoint({pin.name for pin in pins()})


def test_ray_is_needed_although_an_extra_names_it_too() -> None:
    (ray,) = (pin for pin in pins() if pin.name == "ray")
    assert ray.is_needed
