"""What travels with a job, and what must not."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import dosefront
import posology
from dosefront.jobs import cargo
from dosefront.jobs.cargo import package_files, stage


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    file = tmp_path / "my study.yaml"
    file.write_text("name: my study\n")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "staged"
    folder.mkdir()
    return folder


def test_the_working_folder_holds_the_experiment_and_nothing_else(
    folder: Path, experiment: Path
) -> None:
    staged = stage(folder, experiment)
    assert {path.name: path.read_text() for path in staged.working_folder.iterdir()} == {
        "experiment.yaml": "name: my study\n"
    }


def test_every_python_file_of_both_packages_travels_unchanged(
    folder: Path, experiment: Path
) -> None:
    modules = {module.name: module for module in stage(folder, experiment).modules}
    for package in (dosefront, posology):
        root, sent = Path(package.__path__[0]), modules[package.__name__]
        assert contents(sent) == contents(root)


def contents(root: Path) -> dict[Path, bytes]:
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*.py")}


def test_data_travels_and_machine_code_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "cargopackage"
    (root / "library" / "__pycache__").mkdir(parents=True)
    for name in ("__init__.py", "py.typed", "library/drugs.yaml", "library/a.b.c.nbi"):
        (root / name).touch()
    (root / "library" / "__pycache__" / "kernel-3.py311.nbc").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert [path.as_posix() for path in package_files("cargopackage")] == [
        "__init__.py",
        "library/drugs.yaml",
        "py.typed",
    ]


def test_a_strange_python_imports_what_was_staged_and_knows_its_version(
    folder: Path, experiment: Path
) -> None:
    places = [module.parent for module in stage(folder, experiment).modules]
    program = (
        f"import sys; sys.path[:0] = {sorted({str(place) for place in places})!r}\n"
        "import dosefront.errors, importlib.metadata\n"
        "print(dosefront.errors.__file__, importlib.metadata.version('dosefront'))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split() == [str(folder / "dosefront" / "errors.py"), version("dosefront")]


def test_a_package_inside_a_zip_archive_is_refused_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cargo, "find_spec", lambda name: None)
    with pytest.raises(cargo.UsageError, match=r"'posology' as one folder on disk.*Install"):
        package_files("posology")
