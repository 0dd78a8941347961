"""Where a result comes from: code, versions, machine."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("dosefront", "ray", "torch", "gymnasium", "numpy", "numba")


def provenance() -> dict[str, Any]:
    """Versions, commit and machine, as JSON values."""
    return {
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "commit": _commit(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }


def _commit() -> str | None:
    """Commit of the working tree this code lies in, "+" when it was changed; None elsewhere."""
    folder = Path(__file__).parent
    try:
        commit = _git("rev-parse", "HEAD", folder=folder)
        changed = _git("status", "--porcelain", "--untracked-files=no", folder=folder)
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{commit}+" if changed else commit


def _git(*arguments: str, folder: Path) -> str:
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=10
    ).stdout.strip()
