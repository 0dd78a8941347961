"""A wheel of our two packages, written from the files that this process would import.

A wheel is an archive with three files of metadata beside the packages, so that no build tool, no
network and no source tree is needed: an editable install and an installed wheel ship alike.
"""

import base64
import hashlib
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from dosefront.errors import UsageError

PACKAGES = ("dosefront", "posology")
DISTRIBUTION = "dosefront"

# numba keeps machine code for this machine's processor; the cluster compiles its own.
_MACHINE_CODE = {".pyc", ".nbi", ".nbc"}
# Ray installs a wheel together with what it requires, torch and all, into a folder of the job.
_LEFT_OUT = ("Requires-Dist:", "Provides-Extra:")
_TAG = "py3-none-any"
_DIGITS = 12
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first date that an archive can hold


def write_wheel(folder: Path) -> Path:
    """Writes the wheel into a folder; the same files give the same bytes and the same name.

    Ray takes two wheels of one name for equal. The build number is therefore a digest of the
    contents: a package that was edited is sent anew, one that was not is neither sent nor
    compiled twice on a machine.
    """
    installed = installed_distribution()
    info = f"{DISTRIBUTION}-{installed.version}.dist-info"
    contents = {f"{info}/METADATA": _metadata(installed)}
    for package in PACKAGES:
        root = _package_folder(package)
        for file in package_files(package):
            contents[f"{package}/{file.as_posix()}"] = (root / file).read_bytes()
    build = f"0x{hashlib.sha256(_record(contents).encode()).hexdigest()[:_DIGITS]}"
    contents[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: {DISTRIBUTION} ({installed.version})\n"
        f"Root-Is-Purelib: true\nTag: {_TAG}\nBuild: {build}\n"
    ).encode()
    record = f"{info}/RECORD"
    contents[record] = f"{_record(contents)}{record},,\n".encode()
    wheel = folder / f"{DISTRIBUTION}-{installed.version}-{build}-{_TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return wheel


def installed_distribution() -> Distribution:
    """What is known of dosefront's installation.

    Raises:
        UsageError: dosefront runs without being installed.
    """
    try:
        return distribution(DISTRIBUTION)
    except PackageNotFoundError as fault:
        raise UsageError(
            "a job carries dosefront with its version and asks the cluster for what dosefront "
            "requires; found dosefront running without being installed. Install it with pip "
            "(`pip install -e .` for a source tree)."
        ) from fault


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


def _metadata(installed: Distribution) -> bytes:
    """The installation's METADATA without what it requires and without its description."""
    header, _, _ = (installed.read_text("METADATA") or "").partition("\n\n")
    kept = [line for line in header.splitlines() if not line.startswith(_LEFT_OUT)]
    return ("\n".join(kept) + "\n").encode()


def _record(contents: dict[str, bytes]) -> str:
    """Every file with its digest and its size, as a wheel lists them."""
    lines = []
    for name, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        quoted = f'"{name}"' if "," in name else name
        lines.append(f"{quoted},sha256={digest},{len(data)}\n")
    return "".join(lines)
