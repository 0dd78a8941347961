"""The repository stands alone: its files mention no path of the machine they were written on."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_file_mentions_a_path_of_this_machine() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    places = [f"{place}/".encode() for place in (ROOT, Path.home())]
    guilty = [
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.is_file() and any(place in path.read_bytes() for place in places)
    ]
    assert guilty == []
