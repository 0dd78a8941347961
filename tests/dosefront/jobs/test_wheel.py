"""The wheel: what is in it, that pip installs it, and that its name tells its contents."""

import base64
import csv
import hashlib
import importlib.metadata
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import dosefront
import posology
from dosefront.errors import UsageError
from dosefront.jobs import wheel
from dosefront.jobs.wheel import package_files, write_wheel


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def archive(written: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(written) as opened:
        yield opened


def metadata(archive: zipfile.ZipFile, name: str) -> str:
    (path,) = (each for each in archive.namelist() if each.endswith(f".dist-info/{name}"))
    return archive.read(path).decode()


def test_every_python_file_of_both_packages_is_in_it_unchanged(archive: zipfile.ZipFile) -> None:
    for package in (dosefront, posology):
        root = Path(package.__path__[0])
        expected = {
            f"{package.__name__}/{path.relative_to(root).as_posix()}": path.read_bytes()
            for path in root.rglob("*.py")
        }
        found = {name: archive.read(name) for name in archive.namelist() if name in expected}
        assert found == expected


def test_the_record_lists_every_file_with_its_digest_and_size(archive: zipfile.ZipFile) -> None:
    rows = {name: (digest, size) for name, digest, size in csv.reader(record(archive))}
    assert sorted(rows) == sorted(archive.namelist())
    (itself,) = (name for name in rows if name.endswith("/RECORD"))
    assert rows.pop(itself) == ("", "")
    for name, (digest, size) in rows.items():
        data = archive.read(name)
        assert int(size) == len(data)
        encoded = digest.removeprefix("sha256=")
        assert base64.urlsafe_b64decode(encoded + "=") == hashlib.sha256(data).digest()


def record(archive: zipfile.ZipFile) -> list[str]:
    return metadata(archive, "RECORD").splitlines()


def test_pip_installs_it_without_an_index_and_without_what_it_requires(
    written: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--target", str(target)]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1"}
    subprocess.run([sys.executable, *install, str(written)], check=True, env=environment)
    assert {path.name for path in target.iterdir()} == {
        "dosefront",
        "posology",
        f"dosefront-{importlib.metadata.version('dosefront')}.dist-info",
    }
    program = (
        f"import sys; sys.path.insert(0, {str(target)!r})\n"
        "import dosefront.errors, importlib.metadata as known\n"
        "print(dosefront.errors.__file__, known.version('dosefront'), known.requires('dosefront'))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == [
        str(target / "dosefront" / "errors.py"),
        importlib.metadata.version("dosefront"),
        "None",
    ]


def test_the_same_files_give_the_same_bytes_and_the_same_name(
    written: Path, tmp_path: Path
) -> None:
    again = write_wheel(tmp_path)
    assert again.name == written.name
    assert again.read_bytes() == written.read_bytes()


def test_an_edited_file_gives_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray takes two wheels of one name for equal, and would run the older."""
    package = tmp_path / "cargopackage"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(wheel, "PACKAGES", ("cargopackage",))
    names = set()
    for text in ("x = 1\n", "x = 2\n"):
        (package / "__init__.py").write_text(text)
        names.add(write_wheel(tmp_path).name)
    assert len(names) == 2


def test_its_name_and_its_metadata_agree(written: Path, archive: zipfile.ZipFile) -> None:
    name, version, build, *tag = written.stem.split("-")
    fields = dict(line.split(": ", 1) for line in metadata(archive, "WHEEL").splitlines())
    assert (fields["Build"], fields["Tag"]) == (build, "-".join(tag))
    described = metadata(archive, "METADATA").splitlines()
    assert {f"Name: {name}", f"Version: {version}"} <= set(described)


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


def test_a_package_inside_a_zip_archive_is_refused_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wheel, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"'posology' as one folder on disk.*Install"):
        package_files("posology")


def test_without_an_installation_one_is_told_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheel, "DISTRIBUTION", "dosefront-that-nobody-installed")
    with pytest.raises(UsageError, match="Install it with pip"):
        write_wheel(tmp_path)
