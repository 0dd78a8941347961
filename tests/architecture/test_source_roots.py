"""The source roots stay folders: a package `platform` would hide the standard library's."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_from_root(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("source_root", ["platform", "envs"])
def test_a_source_root_is_not_a_package(source_root: str) -> None:
    assert not (ROOT / source_root / "__init__.py").exists()


def test_platform_is_the_standard_librarys_from_the_repository_root() -> None:
    result = run_from_root("import platform; print(platform.system())")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_posology_has_one_name_only() -> None:
    result = run_from_root("import envs.posology.library")
    assert result.returncode != 0, "envs.posology would load every module a second time"
