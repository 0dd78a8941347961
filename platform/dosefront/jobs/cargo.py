"""What travels with a job: our two packages, their metadata and the experiment's YAML."""

import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from dosefront.errors import UsageError

PACKAGES = ("dosefront", "posology")
EXPERIMENT_FILE = "experiment.yaml"

_DISTRIBUTION = "dosefront"
# numba keeps machine code for this machine's processor; the cluster compiles its own.
_MACHINE_CODE = {".pyc", ".nbi", ".nbc"}


@dataclass(frozen=True)
class Cargo:
    """Folders staged for upload."""

    working_folder: Path  # holds the experiment's YAML and nothing else
    modules: tuple[Path, ...]  # each becomes importable on every node of the cluster


def stage(folder: Path, experiment: Path) -> Cargo:
    """Copies what travels into `folder` and says where it lies.

    The packages are copied from where this process would import them, so that an editable
    install and an installed wheel ship alike. They travel as folders rather than as a wheel: Ray
    installs a wheel with pip *and its dependencies*, and takes two wheels of one name for equal,
    so that an edited package would not be sent again. Ray names a folder by its content: an
    unchanged package is neither uploaded twice nor compiled twice on a node.

    The working folder becomes the job's current directory. It holds only the YAML, because a
    folder there called like a module of the standard library would take that module's place.
    """
    working_folder = folder / "work"
    working_folder.mkdir()
    shutil.copyfile(experiment, working_folder / EXPERIMENT_FILE)
    modules = [_copy_package(name, folder / name) for name in PACKAGES]
    return Cargo(working_folder, (*modules, *_stage_metadata(folder)))


def package_files(name: str) -> tuple[Path, ...]:
    """The files of a package that travel, relative to the package's folder, sorted."""
    root = _package_folder(name)
    return tuple(
        sorted(
            path.relative_to(root)
            for path in root.rglob("*")
            if path.is_file()
            and "__pycache__" not in path.parts
            and path.suffix not in _MACHINE_CODE
        )
    )


def _package_folder(name: str) -> Path:
    """The folder that `import name` would read."""
    spec = find_spec(name)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if len(locations) != 1 or not Path(locations[0]).is_dir():
        raise UsageError(
            f"a job carries the package {name!r} as one folder on disk; found {locations}. "
            "Install dosefront with pip into an unpacked environment."
        )
    return Path(locations[0])


def _copy_package(name: str, target: Path) -> Path:
    for file in package_files(name):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_package_folder(name) / file, target / file)
    return target


def _stage_metadata(folder: Path) -> tuple[Path, ...]:
    """The distribution's name and version, so that importlib.metadata knows them on the cluster."""
    try:
        installed = distribution(_DISTRIBUTION)
    except PackageNotFoundError:
        return ()
    info = folder / f"{_DISTRIBUTION}-{installed.version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(installed.read_text("METADATA") or "", encoding="utf-8")
    return (info,)
